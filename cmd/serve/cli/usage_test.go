package cli

import (
	"errors"
	"flag"
	"fmt"
	"strings"
	"testing"
)

func TestReport(t *testing.T) {
	for name, tc := range map[string]struct {
		err  error
		code int
		want string
	}{
		"nothing":        {nil, ExitOK, ""},
		"help":           {flag.ErrHelp, ExitOK, ""},
		"failure":        {errors.New("no disk"), ExitFailure, "x: no disk\n"},
		"usage":          {Usagef("data: %d", 7), ExitUsage, "x: data: 7\n"},
		"usage, wrapped": {fmt.Errorf("so: %w", Usagef("a")), ExitUsage, "x: so: a\n"},
		"both":           {errors.Join(errors.New("a"), Usagef("b")), ExitUsage, "x: a\nx: b\n"},
	} {
		var out strings.Builder
		if code := Report(&out, "x", tc.err); code != tc.code || out.String() != tc.want {
			t.Errorf("%s: code %d, %q; want %d, %q", name, code, out.String(), tc.code, tc.want)
		}
	}
}
