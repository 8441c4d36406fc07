package proctest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Build builds a program, with the race detector if the test has it, and returns
// the path of the executable, which is gone when t ends. The program is named by
// its import path, or by its folder, which begins with a dot.
func Build(t *testing.T, program string) string {
	t.Helper()
	path, err := BuildIn(t.TempDir(), program)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// BuildIn is Build for what several tests use: the executable is in dir. It may be
// called from any goroutine.
func BuildIn(dir, program string) (string, error) {
	full, err := filepath.Abs(program) // a dot has no name to call the executable by
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, filepath.Base(full))
	args := []string{"build", "-o", path}
	if Race {
		args = append(args, "-race")
	}
	if out, err := exec.Command("go", append(args, program)...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", program, err, out)
	}
	return path, nil
}

// Main runs the tests of a package and returns the exit code. Before, it has
// prepare fill a directory for all of them, which it removes in the end.
func Main(m *testing.M, prepare func(dir string) error) int {
	dir, err := os.MkdirTemp("", "parlor-test-")
	if err == nil {
		defer os.RemoveAll(dir)
		err = prepare(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}
