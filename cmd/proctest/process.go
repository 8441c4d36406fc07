package proctest

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// Process is a child of a test, which kills it at its end.
type Process struct {
	Cmd            *exec.Cmd // its ProcessState is there once the process has ended
	Stdout, Stderr Output    // what it writes, unless Cmd says where that goes

	t     *testing.T
	ended chan struct{} // closed when the process was waited for
}

// Start starts a process, and collects what it writes to its standard output and
// error unless cmd says where they go.
func Start(t *testing.T, cmd *exec.Cmd) *Process {
	t.Helper()
	p := &Process{Cmd: cmd, t: t, ended: make(chan struct{})}
	if cmd.Stdout == nil {
		cmd.Stdout = &p.Stdout
	}
	if cmd.Stderr == nil {
		cmd.Stderr = &p.Stderr
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
func (p *Process) bury() {
	_ = p.Cmd.Process.Kill() // it may have ended by itself
	<-p.ended
	said := p.Said()
	for _, sign := range []string{"WARNING: DATA RACE", "panic:", "fatal error:", "panicked"} {
		if strings.Contains(said, sign) {
			p.t.Errorf("the process said %q", sign)
		}
	}
	if p.t.Failed() {
		p.t.Logf("%s wrote:\n%s", strings.Join(p.Cmd.Args, " "), said)
	}
}

// Said returns what the process has written so far: all of its standard output,
// and then its standard error. It may be called from any goroutine.
func (p *Process) Said() string { return p.Stdout.String() + p.Stderr.String() }

// Ended reports whether the process has ended. It may be called from any goroutine.
func (p *Process) Ended() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// Wait returns how the process ended, which it has to within Patience.
func (p *Process) Wait() *os.ProcessState {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(Patience):
		p.t.Fatalf("%s did not end within %v", p.Cmd.Path, Patience)
	}
	return p.Cmd.ProcessState
}

// Signal sends a signal to the process, which must not have ended.
func (p *Process) Signal(s os.Signal) {
	p.t.Helper()
	if err := p.Cmd.Process.Signal(s); err != nil {
		p.t.Fatalf("signal %v: %v", s, err)
	}
}

// Kill ends the process as kill -9 does, or a power cut, and returns when it has
// ended. It must not have done so by itself.
func (p *Process) Kill() {
	p.t.Helper()
	p.Signal(os.Kill)
	p.Wait()
}

// End asks the process by a signal to end in good order, waits until it has, and
// wants exit code 0.
func (p *Process) End(s os.Signal) {
	p.t.Helper()
	p.Signal(s)
	if state := p.Wait(); state.ExitCode() != 0 {
		p.t.Fatalf("ended with %v", state)
	}
}
