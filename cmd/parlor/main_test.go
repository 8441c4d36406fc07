package main

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"go.uber.org/goleak"
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
		stdin: strings.NewReader(stdin), stdout: &stdout, stderr: &stderr, environ: environ,
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
		{"", exitUsage, "", "Usage:"},
		{"help", exitOK, "serve ", ""},
		{"--help", exitOK, "Commands:", ""},
		{"-h", exitOK, "Commands:", ""},
		{"help publish", exitOK, "parlor publish [FLAGS] ROOM", ""},
		{"help help", exitOK, "Commands:", ""},
		{"help nonsense", exitUsage, "", `no command "nonsense"`},
		{"srve", exitUsage, "", "did you mean serve?"},
		{"version", exitOK, "parlor ", ""},
		{"--version", exitOK, "parlor ", ""},
		{"version x", exitUsage, "", "parlor version"},
		{"version --x", exitUsage, "", "--x"},
		{"publish", exitUsage, "", "ROOM"},
		{"publish a b c", exitUsage, "", "wrong number of arguments"},
		{"publish --evnt x a b", exitUsage, "", "did you mean --event?"},
		{"publish a b --event", exitUsage, "", "--event needs a value"},
		{"publish a b --timeout soon", exitUsage, "", "--timeout"},
		{"publish a b --timeout 0s", exitUsage, "", "timeout"},
		{"publish a b --server ftp://x", exitUsage, "", "server"},
		{"tail", exitUsage, "", "ROOM..."},
		{"tail --format xml a", exitUsage, "", "format"},
		{"tail --count -1 a", exitUsage, "", "count"},
		{"rooms x", exitUsage, "", "parlor rooms"},
		{"members --server nonsense", exitUsage, "", "server"},
		{"inspect", exitUsage, "", "DIR"},
		{"cert", exitUsage, "", "NODE..."},
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
		if got.code != exitOK || got.stderr != "" || !strings.Contains(got.stdout, "Usage:") {
			t.Errorf("%s --help: %+v", c.name, got)
		}
	}
	for _, name := range []string{"serve", "publish", "tail", "rooms", "members", "cert", "inspect"} {
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

func TestParseArgs(t *testing.T) {
	fs := newFlagSet("x", "", "")
	text := fs.String("text", "", "")
	on := fs.Bool("on", false, "")
	rest, err := fs.parse([]string{"a", "-text", "-1", "b", "--on", "-", "--text=x=y", "--", "--on"}, 0, 9, nil)
	if err != nil || strings.Join(rest, " ") != "a b - --on" || *text != "x=y" || !*on {
		t.Errorf("rest %q, text %q, on %v, error %v", rest, *text, *on, err)
	}
	if _, err := fs.parse([]string{"--on=false"}, 0, 9, nil); err != nil || *on {
		t.Errorf("on %v, error %v", *on, err)
	}
	if _, err := fs.parse([]string{"--on=perhaps"}, 0, 9, nil); err == nil {
		t.Error("a switch takes any value")
	}
}

func TestDidYouMean(t *testing.T) {
	names := []string{"listen", "log-level", "log-format", "host", "idle"}
	for name, want := range map[string]string{
		"lisen": "listen", "liste": "listen", "lsiten": "listen", "log_level": "log-level",
		"hots": "host", "queue": "", "": "", "zzzz": "",
	} {
		got := didYouMean(name, names)
		if want == "" && got != "" || want != "" && got != " (did you mean "+want+"?)" {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
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
