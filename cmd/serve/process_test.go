package serve

import (
	"context"
	"flag"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/parlor-sse/parlor/cmd/proctest"
)

// asProgram is the variable that makes the executable of these tests the program
// stubborn.
const asProgram = "SERVE_TEST_AS_PROGRAM"

// stubborn says on standard output what happens to it and, with --stay, does not
// end when it is told to.
func stubborn() Program {
	stay := false
	return Program{
		Name:  "stubborn",
		Flags: func(fs *flag.FlagSet) { fs.BoolVar(&stay, "stay", false, "stay") },
		Started: func(ctx context.Context, _ *Node) error {
			_, _ = os.Stdout.WriteString("started\n")
			<-ctx.Done()
			_, _ = os.Stdout.WriteString("told\n")
			if stay {
				select {}
			}
			return ctx.Err()
		},
	}
}

// TestMainProcess runs the program as a process and sends it signals, each once
// it has said that it is time.
func TestMainProcess(t *testing.T) {
	for name, tc := range map[string]struct {
		args       []string
		signals    []syscall.Signal // after "started", after "told"
		want       string           // how the process ends
		stderr     string           // a part of it
		background bool             // started as scripts do it with &: without SIGINT
	}{
		"end":                       {nil, []syscall.Signal{syscall.SIGTERM}, "exit status 0", "msg=stopped", false},
		"interrupt":                 {nil, []syscall.Signal{syscall.SIGINT}, "exit status 0", "msg=stopped", false},
		"end now":                   {[]string{"--stay"}, []syscall.Signal{syscall.SIGTERM, syscall.SIGTERM}, "signal: terminated", "msg=draining", false},
		"background":                {nil, []syscall.Signal{syscall.SIGINT}, "exit status 0", "msg=stopped", true},
		"background, interrupt now": {[]string{"--stay"}, []syscall.Signal{syscall.SIGINT, syscall.SIGINT}, "exit status 1", "msg=draining", true},
		"background, end now":       {[]string{"--stay"}, []syscall.Signal{syscall.SIGINT, syscall.SIGTERM}, "signal: terminated", "msg=draining", true},
		"help":                      {[]string{"--help"}, nil, "exit status 0", "", false},
		"bad flag":                  {[]string{"--sty"}, nil, "exit status 2", "stubborn: there is no flag --sty (did you mean --stay?)", false},
		"no address":                {[]string{"--listen", "203.0.113.1:1", "--insecure"}, nil, "exit status 1", "stubborn: public address: ", false},
	} {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"--listen", "127.0.0.1:0", "--admin", "off", "--data", t.TempDir()}, tc.args...)
			cmd := proctest.Command(t, os.Args[0], args...)
			if tc.background {
				cmd = proctest.Command(t, "sh", append([]string{"-c", `trap "" INT; exec "$0" "$@"`, os.Args[0]}, args...)...)
			}
			cmd.Env = []string{asProgram + "=1"}
			p := proctest.Start(t, cmd)
			for i, s := range tc.signals {
				p.Says([]string{"(started)\n", "(told)\n"}[i])
				p.Signal(s)
			}
			if got := p.Wait().String(); got != tc.want || !strings.Contains(p.Stderr.String(), tc.stderr) {
				t.Errorf("%s, want %s and %q; log:\n%s", got, tc.want, tc.stderr, &p.Stderr)
			}
		})
	}
}
