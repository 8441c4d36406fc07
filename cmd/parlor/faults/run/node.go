package run

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// ErrNotRunning says that a node has no process to be told anything.
var ErrNotRunning = errors.New("the node is not running")

// ErrEnded says that a process ended before it was ready.
var ErrEnded = errors.New("the node ended before it was ready")

// readyEvery is how often a node is asked whether it is ready.
const readyEvery = 50 * time.Millisecond

// Node is one node, running or not. Its methods may be called from any
// goroutine, but starting and stopping one node is for one at a time.
type Node struct {
	// Static after construction.
	Name   string
	Index  int    // of its host
	Host   string // its address
	Data   string // its data directory
	Log    string // what its processes wrote
	params []string
	cfg    *Config
	client *http.Client

	mu    sync.Mutex
	cmd   *exec.Cmd     // guarded by mu; nil before the first start
	ended chan struct{} // guarded by mu; closed once cmd was waited for
}

// Public returns the address for clients.
func (n *Node) Public() string { return n.Host + ":" + publicPort }

// Cluster returns the address for other nodes: that of gossip.
func (n *Node) Cluster() string { return n.Host + ":" + clusterPort }

// newNode prepares a node. flags come after those that every node has.
func newNode(cfg *Config, index int, name, data string, flags []string) (*Node, error) {
	host, err := cfg.Network.Host(index)
	if err != nil {
		return nil, fmt.Errorf("make host of %s: %w", name, err)
	}
	n := &Node{
		Name: name, Index: index, Host: host, cfg: cfg,
		Data: data, Log: filepath.Join(cfg.Dir, filepath.Base(data)+".log"),
		client: &http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}},
	}
	n.params = append([]string{"serve", "--node", name, "--listen", n.Public(), "--admin", host + ":" + adminPort,
		"--data", data, "--history", fmt.Sprint(cfg.History), "--drain", "2s"}, flags...)
	n.params = append(n.params, cfg.Args...)
	return n, nil
}

// Start starts a process on the node's data. It does not wait for it to serve.
func (n *Node) Start() error {
	if n.Running() {
		return fmt.Errorf("start %s: it is running", n.Name)
	}
	log, err := os.OpenFile(n.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	line := n.cfg.Network.Command(n.Index, append([]string{n.cfg.Binary}, n.params...))
	cmd := exec.Command(line[0], line[1:]...)
	cmd.Stdout, cmd.Stderr, cmd.Env = log, log, environment()
	// A terminal's interrupt is for the harness alone.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	fmt.Fprintf(log, "--- %s\n", strings.Join(line, " "))
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", n.Name, err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // what it says is in ProcessState
	}()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cmd, n.ended = cmd, ended
	return nil
}

// environment is that of the harness, less what would configure a node.
func environment() []string {
	var env []string
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "PARLOR_") {
			env = append(env, kv)
		}
	}
	return env
}

// process returns what Start made last.
func (n *Node) process() (*exec.Cmd, chan struct{}) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.cmd, n.ended
}

// Running reports whether there is a process that has not ended.
func (n *Node) Running() bool {
	cmd, ended := n.process()
	if cmd == nil {
		return false
	}
	select {
	case <-ended:
		return false
	default:
		return true
	}
}

// Signal sends a signal to the process.
func (n *Node) Signal(s syscall.Signal) error {
	cmd, _ := n.process()
	if cmd == nil || !n.Running() {
		return fmt.Errorf("signal %s: %w", n.Name, ErrNotRunning)
	}
	if err := cmd.Process.Signal(s); err != nil {
		return fmt.Errorf("signal %s: %w", n.Name, err)
	}
	return nil
}

// Kill ends the process as kill -9 does and waits for its end. It does nothing
// to a node that is not running.
func (n *Node) Kill() {
	cmd, ended := n.process()
	if cmd == nil {
		return
	}
	_ = cmd.Process.Kill() // it may have ended already
	<-ended
}

// Wait waits for the process to end by itself and returns its exit code, -1
// after a signal.
func (n *Node) Wait(ctx context.Context) (int, error) {
	cmd, ended := n.process()
	if cmd == nil {
		return 0, fmt.Errorf("wait for %s: %w", n.Name, ErrNotRunning)
	}
	select {
	case <-ended:
		return cmd.ProcessState.ExitCode(), nil
	case <-ctx.Done():
		return 0, fmt.Errorf("wait for the end of %s: %w", n.Name, context.Cause(ctx))
	}
}

// Terminate asks the process to stop in good order and wants it to do so.
func (n *Node) Terminate(ctx context.Context) error {
	if err := n.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	code, err := n.Wait(ctx)
	if err == nil && code != 0 {
		err = fmt.Errorf("%s stopped with exit code %d", n.Name, code)
	}
	return err
}

// Ready waits until the node says that it is ready. The error is ErrEnded if the
// process ended meanwhile.
func (n *Node) Ready(ctx context.Context) error {
	ticker := time.NewTicker(readyEvery)
	defer ticker.Stop()
	_, ended := n.process()
	for {
		if n.isReady(ctx) {
			return nil
		}
		select {
		case <-ended:
			return fmt.Errorf("start %s: %w; see %s", n.Name, ErrEnded, n.Log)
		case <-ctx.Done():
			return fmt.Errorf("wait for %s to be ready: %w", n.Name, context.Cause(ctx))
		case <-ticker.C:
		}
	}
}

func (n *Node) isReady(ctx context.Context) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+n.Host+":"+adminPort+"/ready", nil)
	if err != nil {
		return false
	}
	answer, err := n.client.Do(request)
	if err != nil {
		return false
	}
	_ = answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

// Restart starts the node again and waits until it is ready.
func (n *Node) Restart(ctx context.Context) error {
	if err := n.Start(); err != nil {
		return err
	}
	return n.Ready(ctx)
}
