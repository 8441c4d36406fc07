package browsertest

import (
	"os"
	"sync"
	"testing"

	"github.com/parlor-sse/parlor/cmd/proctest"
)

// binaries is where the programs under test are built, once a browser is there.
var binaries string

func TestMain(m *testing.M) {
	os.Exit(proctest.Main(m, func(dir string) error { binaries = dir; return nil }))
}

var (
	buildParlor = sync.OnceValues(func() (string, error) { return proctest.BuildIn(binaries, "../../parlor") })
	buildChat   = sync.OnceValues(func() (string, error) { return proctest.BuildIn(binaries, "../../../examples/browser") })
)

// parlor returns the path of the program.
func parlor(t *testing.T) string {
	t.Helper()
	path, err := buildParlor()
	if err != nil {
		t.Fatal(err)
	}
	return path
}
