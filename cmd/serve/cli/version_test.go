package cli

import (
	"runtime/debug"
	"testing"
)

func TestVersion(t *testing.T) {
	of := func(path, version string) *debug.Module { return &debug.Module{Path: path, Version: version} }
	for name, tc := range map[string]struct {
		info *debug.BuildInfo
		want string
	}{
		"nothing known":    {nil, "dev"},
		"no version":       {&debug.BuildInfo{Main: *of(module, "")}, "dev"},
		"a working copy":   {&debug.BuildInfo{Main: *of(module, "(devel)")}, "dev"},
		"parlor":           {&debug.BuildInfo{Main: *of(module, "v1.2.3")}, "v1.2.3"},
		"another program":  {&debug.BuildInfo{Main: *of("example.com/x", "v9.0.0"), Deps: []*debug.Module{of("a", "v0.1.0"), of(module, "v1.2.3")}}, "v1.2.3"},
		"a replaced copy":  {&debug.BuildInfo{Deps: []*debug.Module{{Path: module, Version: "v1.2.3", Replace: of("../parlor", "")}}}, "dev"},
		"a replaced other": {&debug.BuildInfo{Deps: []*debug.Module{{Path: module, Version: "v1.2.3", Replace: of("fork", "v1.2.4")}}}, "v1.2.4"},
	} {
		if got := Version(tc.info); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}
