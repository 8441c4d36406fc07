package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"github.com/parlor-sse/parlor/cmd/parlor/bench/control"
)

// stopWait is how long a process may take to end after each request to do so.
const stopWait = 10 * time.Second

// outputWait is how long the output of a process may outlive it: a child of its
// own that holds the descriptor must not hold up bench.
const outputWait = 2 * time.Second

// child is a process that bench has started.
type child struct {
	cmd    *exec.Cmd
	ended  chan struct{} // closed once the process has ended
	stderr *tail
}

// startChild starts a process. It is killed when ctx ends.
func startChild(ctx context.Context, cmd *exec.Cmd) (*child, error) {
	c := &child{cmd: cmd, ended: make(chan struct{}), stderr: &tail{}}
	cmd.Stderr = c.stderr
	cmd.WaitDelay = outputWait
	isolate(cmd)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	forget := context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })
	go func() {
		defer close(c.ended)
		defer forget()
		_ = cmd.Wait() // how it ended is in cmd.ProcessState
	}()
	return c, nil
}

// pid is the process's id.
func (c *child) pid() int { return c.cmd.Process.Pid }

// stop asks the process to end, twice, then kills it, and waits for the end. A
// server takes a second request as the end of its patience with open streams.
func (c *child) stop() {
	for _, signal := range []os.Signal{syscall.SIGTERM, syscall.SIGTERM, syscall.SIGKILL} {
		_ = c.cmd.Process.Signal(signal) // it may have ended already
		timer := time.NewTimer(stopWait)
		select {
		case <-c.ended:
			timer.Stop()
			return
		case <-timer.C:
		}
	}
	<-c.ended
}

// failure is err with what the process last wrote to its standard error.
func (c *child) failure(err error) error {
	if text := c.stderr.String(); text != "" {
		return fmt.Errorf("%w; it wrote: %s", err, text)
	}
	return err
}

// worker is a child that takes orders: a process of this program in a role.
type worker struct {
	*child
	*control.Caller
	orders io.Closer // closing it ends the process
}

// startWorker starts this program in a role.
func startWorker(ctx context.Context, exe, role string) (*worker, error) {
	cmd := exec.Command(exe, commandName, roleFlag+role)
	orders, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	replies, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c, err := startChild(ctx, cmd)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", role, err)
	}
	return &worker{child: c, Caller: control.NewCaller(orders, replies), orders: orders}, nil
}

// Call performs an operation, and says what the process wrote if it is gone.
func (w *worker) Call(ctx context.Context, op string, args, result any) error {
	err := w.Caller.Call(ctx, op, args, result)
	if errors.Is(err, control.ErrGone) {
		return w.failure(err)
	}
	return err
}

// stop ends the process.
func (w *worker) stop() {
	w.orders.Close()
	w.child.stop()
}

// tail keeps the last bytes written to it.
type tail struct {
	mu   sync.Mutex
	data []byte // guarded by mu
}

// tailSize is how many bytes a tail keeps.
const tailSize = 2048

func (t *tail) Write(data []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.data = append(t.data, data...)
	if extra := len(t.data) - tailSize; extra > 0 {
		t.data = append(t.data[:0], t.data[extra:]...)
	}
	return len(data), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.data)
}
