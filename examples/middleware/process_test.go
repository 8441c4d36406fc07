package main

import (
	"os"
	"testing"

	"github.com/parlor-sse/parlor/cmd/proctest"
)

// binary is the program under test.
var binary string

func TestMain(m *testing.M) {
	os.Exit(proctest.Main(m, func(dir string) (err error) {
		binary, err = proctest.BuildIn(dir, ".")
		return err
	}))
}

// process is the program, running.
type process struct {
	*proctest.Process
	t    *testing.T
	addr string
}

// start runs the program on a free port and waits until it listens. It is killed
// when the test ends.
func start(t *testing.T, args ...string) *process {
	t.Helper()
	p := proctest.Start(t, proctest.Command(t, binary, append([]string{"-listen", "127.0.0.1:0"}, args...)...))
	return &process{p, t, p.Says(`^listening on http://(\S+)/\n`)}
}
