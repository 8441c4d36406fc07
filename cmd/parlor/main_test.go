package main

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/parlor-sse/parlor/cmd/serve/cli"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// result is what a run of the program left behind.
type result struct {
	code           int
	stdout, stderr string
}

// parlor runs the program with a command line, KEY=value pairs of environment
// and nothing on standard input.
func parlor(t *testing.T, args []string, environ ...string) result {
	t.Helper()
	return parlorIn(t.Context(), "", args, environ...)
}

func parlorIn(ctx context.Context, stdin string, args []string, environ ...string) result {
	var stdout, stderr bytes.Buffer
	code := run(ctx, args, process{
		stdin: strings.NewReader(stdin), stdout: &stdout, stderr: &stderr,
		environ: append([]string{}, environ...), // never that of the tests
	})
	return result{code, stdout.String(), stderr.String()}
}

func TestDispatch(t *testing.T) {
	for _, tc := range []struct {
		args   string
		code   int
		stdout string // a part of it
		stderr string // likewise
	}{
		{"", cli.ExitUsage, "", "Usage:"},
		{"help", cli.ExitOK, "serve ", ""},
		{"--help", cli.ExitOK, "Commands:", ""},
		{"-h", cli.ExitOK, "Commands:", ""},
		{"help publish", cli.ExitOK, "parlor publish [FLAGS] ROOM", ""},
		{"help help", cli.ExitOK, "Commands:", ""},
		{"help nonsense", cli.ExitUsage, "", `no command "nonsense"`},
		{"srve", cli.ExitUsage, "", "did you mean serve?"},
		{"version", cli.ExitOK, "parlor ", ""},
		{"--version", cli.ExitOK, "parlor ", ""},
		{"version x", cli.ExitUsage, "", "parlor version"},
		{"version --x", cli.ExitUsage, "", "--x"},
		{"publish", cli.ExitUsage, "", "ROOM"},
		{"publish a b c", cli.ExitUsage, "", "wrong number of arguments"},
		{"publish --evnt x a b", cli.ExitUsage, "", "did you mean --event?"},
		{"publish a b --event", cli.ExitUsage, "", "--event needs a value"},
		{"publish a b --timeout soon", cli.ExitUsage, "", "--timeout"},
		{"publish a b --timeout 0s", cli.ExitUsage, "", "timeout"},
		{"publish a b --server ftp://x", cli.ExitUsage, "", "server"},
		{"tail", cli.ExitUsage, "", "ROOM..."},
		{"tail --format xml a", cli.ExitUsage, "", "format"},
		{"tail --count -1 a", cli.ExitUsage, "", "count"},
		{"rooms x", cli.ExitUsage, "", "parlor rooms"},
		{"members --server nonsense", cli.ExitUsage, "", "server"},
		{"inspect", cli.ExitUsage, "", "DIR"},
		{"cert", cli.ExitUsage, "", "NODE..."},
		{"token x", cli.ExitUsage, "", "parlor token"},
	} {
		got := parlor(t, strings.Fields(tc.args))
		if got.code != tc.code || !strings.Contains(got.stdout, tc.stdout) || !strings.Contains(got.stderr, tc.stderr) {
			t.Errorf("parlor %s: %+v, want code %d, %q and %q", tc.args, got, tc.code, tc.stdout, tc.stderr)
		}
		if tc.stderr == "" && got.stderr != "" || tc.stdout == "" && got.stdout != "" {
			t.Errorf("parlor %s: wrote %q and %q", tc.args, got.stdout, got.stderr)
		}
	}
}

// TestHelp wants help for every command, and every flag in it with a default.
func TestHelp(t *testing.T) {
	list := parlor(t, []string{"help"}).stdout
	for _, c := range commands() {
		if !strings.Contains(list, "  "+c.name+" ") || !strings.Contains(list, c.summary) {
			t.Errorf("help does not list %s", c.name)
		}
		got := parlor(t, []string{c.name, "--help"})
		if got.code != cli.ExitOK || got.stderr != "" || !strings.Contains(got.stdout, "Usage:") {
			t.Errorf("%s --help: %+v", c.name, got)
		}
	}
	for _, name := range []string{"serve", "publish", "tail", "rooms", "members", "cert", "token", "inspect"} {
		flags := strings.Split(parlor(t, []string{name, "-h"}).stdout, "\n  --")[1:]
		if len(flags) == 0 {
			t.Errorf("%s --help lists no flags", name)
		}
		for _, f := range flags {
			if !strings.Contains(f, "(default") && !strings.HasPrefix(f, "tls-key") {
				t.Errorf("%s --help names no default: --%s", name, f)
			}
		}
	}
}

// TestServe checks only that a command line and an environment get to the node,
// and that its complaints come back.
func TestServe(t *testing.T) {
	for _, tc := range []struct {
		args, environ []string
		want          string
	}{
		{[]string{"--histroy", "3"}, nil, "parlor serve: there is no flag --histroy (did you mean --history?)\n"},
		{[]string{"x"}, nil, "parlor serve: wrong number of arguments; the usage is: parlor serve [FLAGS]\n"},
		{nil, []string{"PARLOR_HISTORY=x"}, "parlor serve: history: \"x\" is not a whole number from 1 to 1000 (set by PARLOR_HISTORY)\n"},
	} {
		got := parlor(t, append([]string{"serve"}, tc.args...), tc.environ...)
		if want := (result{cli.ExitUsage, "", tc.want}); got != want {
			t.Errorf("%q, %q: %+v, want %+v", tc.args, tc.environ, got, want)
		}
	}
}

func TestGetenv(t *testing.T) {
	p := process{environ: []string{"A=1", "AB=2", "A=3"}}
	if p.getenv("A") != "3" || p.getenv("AB") != "2" || p.getenv("B") != "" {
		t.Errorf("A is %q, AB is %q, B is %q", p.getenv("A"), p.getenv("AB"), p.getenv("B"))
	}
}

func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"plain, äöü 🎉":             "plain, äöü 🎉",
		"\x1b[31mred":              `\u001b[31mred`,
		"a\nb\x7f":                 `a\u000ab\u007f`,
		"\u009b1m":                 `\u009b1m`,
		"\xff":                     `\ufffd`,
		"\uFFFD":                   "\uFFFD",
		"right\u202Eto left":       `right\u202eto left`,
		`{"a":"` + "\u0085" + `"}`: `{"a":"\u0085"}`,
	} {
		if got := printable(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
