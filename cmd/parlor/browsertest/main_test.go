package browsertest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// patience bounds every wait. It is long because a busy machine is no fault of
// the program's; a wait that succeeds takes as long as it must.
const patience = 30 * time.Second

// glance is the time between two looks at a condition.
const glance = 20 * time.Millisecond

// binaries is where the programs under test are built.
var binaries string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "parlor-browsertest-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	binaries = dir
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

var (
	buildParlor = sync.OnceValues(func() (string, error) { return build("parlor", "../../parlor") })
	buildChat   = sync.OnceValues(func() (string, error) { return build("chat", "../../../examples/browser") })
)

func build(name, pkg string) (string, error) {
	path := filepath.Join(binaries, name)
	if out, err := exec.Command("go", "build", "-o", path, pkg).CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", pkg, err, out)
	}
	return path, nil
}

// eventually waits until cond holds. What it waits for is told if it never does.
func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	tick := time.NewTicker(glance)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !cond(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("after %s there is still not: %s", patience, what)
		}
	}
}
