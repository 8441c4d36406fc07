package exampletest

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// Build builds the program whose tests these are, with the race detector if they
// have it, and returns the path of the executable, which is gone when t ends.
func Build(t *testing.T) string {
	t.Helper()
	return BuildAt(t, ".") // tests run in the folder of their package
}

// BuildAt builds the program in a folder, otherwise as Build.
func BuildAt(t *testing.T, folder string) string {
	t.Helper()
	folder, err := filepath.Abs(folder)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), filepath.Base(folder))
	args := []string{"build", "-o", path}
	if raceEnabled {
		args = append(args, "-race")
	}
	if out, err := exec.Command("go", append(args, folder)...).CombinedOutput(); err != nil {
		t.Fatalf("build the program: %v\n%s", err, out)
	}
	return path
}

// output collects what a process writes.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer // guarded by mu
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// process is a child of the test, which kills it at its end.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	said  output
	ended chan struct{} // closed when the process was waited for
}

// command prepares a process that does not outlive the test even if the test
// runs out of time.
func command(t *testing.T, program string, args ...string) *exec.Cmd {
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
	return cmd
}

func spawn(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{t: t, cmd: cmd, ended: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = &p.said, &p.said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		_ = cmd.Wait() // what it says is in ProcessState
	}()
	t.Cleanup(p.bury)
	return p
}

// kill ends the process as kill -9 does, and returns when it has ended.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended by itself
	<-p.ended
}

// bury kills the process if it still runs, and looks for signs of faults that
// did not show otherwise.
func (p *process) bury() {
	p.kill()
	said := p.said.String()
	for _, sign := range []string{"WARNING: DATA RACE", "panic:", "fatal error:", "panicked"} {
		if strings.Contains(said, sign) {
			p.t.Errorf("the process said %q", sign)
		}
	}
	if p.t.Failed() {
		p.t.Logf("%s wrote:\n%s", strings.Join(p.cmd.Args, " "), said)
	}
}
