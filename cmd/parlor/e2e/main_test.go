package e2e_test

import (
	"os"
	"testing"

	"github.com/parlor-sse/parlor/cmd/proctest"
)

// binary is the program under test.
var binary string

func TestMain(m *testing.M) {
	os.Exit(proctest.Main(m, func(dir string) (err error) {
		binary, err = proctest.BuildIn(dir, "github.com/parlor-sse/parlor/cmd/parlor")
		return err
	}))
}

// parlor starts the program.
func parlor(t *testing.T, args ...string) *proctest.Process {
	t.Helper()
	return proctest.Start(t, proctest.Command(t, binary, args...))
}
