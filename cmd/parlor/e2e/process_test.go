package e2e_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

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

// lines returns the complete lines.
func (o *output) lines() []string {
	text := o.String()
	text = text[:strings.LastIndexByte(text, '\n')+1]
	return strings.Split(text, "\n")[:strings.Count(text, "\n")]
}

// process is a child of the test. It is killed when the test ends.
type process struct {
	t              *testing.T
	cmd            *exec.Cmd
	stdout, stderr output
	ended          chan struct{} // closed when the process was waited for
}

// command prepares a process that never outlives the test, not even when the
// test runs out of time.
func command(t *testing.T, name string, args ...string) *exec.Cmd {
	ctx := context.Background()
	if deadline, ok := t.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-2*time.Second))
		t.Cleanup(cancel)
	}
	cmd := exec.CommandContext(ctx, name, args...)
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "PARLOR_") {
			cmd.Env = append(cmd.Env, kv)
		}
	}
	// A program with the race detector naps before it ends, unless told not to.
	cmd.Env = append(cmd.Env, "GORACE=atexit_sleep_ms=0")
	return cmd
}

// spawn starts a process and collects what it writes, unless cmd says where its
// standard error goes.
func spawn(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{t: t, cmd: cmd, ended: make(chan struct{})}
	cmd.Stdout = &p.stdout
	if cmd.Stderr == nil {
		cmd.Stderr = &p.stderr
	}
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

// bury kills the process if it still runs, and looks for signs of faults that
// did not show otherwise.
func (p *process) bury() {
	_ = p.cmd.Process.Kill()
	<-p.ended
	said := p.stderr.String()
	for _, sign := range []string{"WARNING: DATA RACE", "panic:", "fatal error:", "panicked"} {
		if strings.Contains(said, sign) {
			p.t.Errorf("the process said %q", sign)
		}
	}
	if p.t.Failed() {
		p.t.Logf("%s wrote:\n%s%s", strings.Join(p.cmd.Args, " "), p.stdout.String(), said)
	}
}

// wait returns how the process ended.
func (p *process) wait() *os.ProcessState {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.t.Fatalf("process did not end within %v", patience)
	}
	return p.cmd.ProcessState
}

// signal sends the process a signal.
func (p *process) signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatalf("signal %v: %v", s, err)
	}
}

// kill ends the process as kill -9 does.
func (p *process) kill() {
	p.t.Helper()
	p.signal(os.Kill)
	p.wait()
}
