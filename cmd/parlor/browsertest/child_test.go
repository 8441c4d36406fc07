package browsertest

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// child is a process that a test has started.
type child struct {
	cmd   *exec.Cmd
	ended chan struct{} // closed once the process has ended
}

// startChild starts a process that does not outlive the test.
func startChild(t *testing.T, cmd *exec.Cmd) *child {
	t.Helper()
	cmd.WaitDelay = time.Second // a child of its own may hold its output open
	tie(cmd)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := &child{cmd: cmd, ended: make(chan struct{})}
	go func() {
		defer close(c.ended)
		_ = cmd.Wait() // how it ended is in cmd.ProcessState
	}()
	t.Cleanup(c.kill)
	return c
}

// kill ends the process at once, as a power cut would.
func (c *child) kill() {
	_ = c.cmd.Process.Signal(os.Kill) // it may have ended already
	<-c.ended
}

// stop asks the process to end in good order and waits until it has.
func (c *child) stop(t *testing.T) {
	t.Helper()
	_ = c.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-c.ended:
	case <-time.After(patience):
		t.Fatalf("%s does not end", c.cmd.Path)
	}
}
