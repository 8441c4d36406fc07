package proctest

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Command prepares a process that never outlives the test, not even when the test
// runs out of time or is killed. It has the test's environment, without Parlor's
// variables.
func Command(t *testing.T, program string, args ...string) *exec.Cmd {
	ctx := context.Background()
	if deadline, ok := t.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-2*time.Second))
		t.Cleanup(cancel)
	}
	cmd := exec.CommandContext(ctx, program, args...)
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "PARLOR_") {
			cmd.Env = append(cmd.Env, kv)
		}
	}
	// A program with the race detector naps before it ends, unless told not to.
	cmd.Env = append(cmd.Env, "GORACE=atexit_sleep_ms=0")
	tie(cmd)
	return cmd
}

// LookPath returns where a program of a Debian package is, and skips the test
// where it is not installed.
func LookPath(t *testing.T, program, from string) string {
	t.Helper()
	for _, place := range []string{program, filepath.Join("/usr/sbin", program)} {
		if path, err := exec.LookPath(place); err == nil {
			return path
		}
	}
	t.Skipf("%s is missing: install the package %s", program, from)
	return ""
}
