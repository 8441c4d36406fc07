package main

import (
	"runtime/debug"
	"strings"
	"testing"
)

func TestVersionLine(t *testing.T) {
	for _, tc := range []struct {
		info *debug.BuildInfo
		want string
	}{
		{nil, "parlor dev go"},
		{&debug.BuildInfo{Main: debug.Module{Version: "(devel)"}}, "parlor dev go"},
		{&debug.BuildInfo{
			Main: debug.Module{Version: "v1.2.3"},
			Settings: []debug.BuildSetting{
				{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.time", Value: "2026-01-02T15:04:05Z"},
				{Key: "vcs.modified", Value: "true"},
			},
		}, "parlor v1.2.3 commit abc (modified) of 2026-01-02T15:04:05Z go"},
	} {
		if got := versionLine(tc.info); !strings.HasPrefix(got, tc.want) {
			t.Errorf("got %q, want %q", got, tc.want)
		}
	}
}
