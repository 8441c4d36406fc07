package nodetest

import (
	"fmt"
	"net/http"
	"slices"
	"syscall"
	"testing"

	"github.com/parlor-sse/parlor/cluster/clustertest/ports"
	"github.com/parlor-sse/parlor/cmd/proctest"
)

// Node is a place where a program runs. Where it is reached and what it keeps
// outlast the process that runs there. Starting and killing is for the test's
// goroutine; requests may be made from any.
type Node struct {
	Name string

	// Token is what requests show to say who makes them; empty for nothing.
	Token string

	// Static after newNode.
	t       *testing.T
	program string
	address string // for clients
	cluster string // for other nodes
	data    string
	flags   []string
	client  *http.Client

	proc *proctest.Process // that runs there, or ran last; the test's goroutine's
}

// Start starts a program that is a node of its own, and returns when it serves.
func Start(t *testing.T, program string, flags ...string) *Node {
	t.Helper()
	n := newNode(t, program, "n1", flags)
	n.Run()
	return n
}

func newNode(t *testing.T, program, name string, flags []string) *Node {
	t.Helper()
	port := ports.Take(t)
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	t.Cleanup(transport.CloseIdleConnections)
	return &Node{
		Name: name, t: t, program: program, data: t.TempDir(), flags: slices.Clone(flags),
		cluster: ports.Local(port), address: ports.Local(port + 3),
		client: &http.Client{Transport: transport, Timeout: proctest.Patience},
	}
}

// At returns a place that others look after, such as a proxy at an address
// HOST:PORT. It can be asked, but not started or killed.
func At(t *testing.T, name, address string) *Node {
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	t.Cleanup(transport.CloseIdleConnections)
	return &Node{Name: name, t: t, address: address, client: &http.Client{Transport: transport, Timeout: proctest.Patience}}
}

// Address returns where clients reach the node, as HOST:PORT.
func (n *Node) Address() string { return n.address }

// URL returns the address of a path of the node, with its query.
func (n *Node) URL(path string) string { return "http://" + n.address + path }

// Run starts the program where none runs, over what an earlier one kept, and
// returns when it serves: in a cluster, once there is a ring.
func (n *Node) Run() {
	n.t.Helper()
	n.launch()
	n.untilReady()
}

// Kill ends the program as kill -9 does, and returns when it has ended.
func (n *Node) Kill() { n.t.Helper(); n.proc.Kill() }

// End asks the program to end in good order, waits until it has, and wants it to
// have ended well.
func (n *Node) End() { n.t.Helper(); n.proc.End(syscall.SIGTERM) }

// Stop freezes the program: its connections stay, and it does nothing, until
// Continue or Kill.
func (n *Node) Stop() { n.t.Helper(); n.proc.Signal(syscall.SIGSTOP) }

// Continue lets a program that was stopped go on.
func (n *Node) Continue() { n.t.Helper(); n.proc.Signal(syscall.SIGCONT) }

// Running reports whether the program was started and has not ended.
func (n *Node) Running() bool { return n.proc != nil && !n.proc.Ended() }

// launch starts the program and returns when it can be connected to.
func (n *Node) launch() {
	n.t.Helper()
	// Flags come first, so that the first may be the name of a command.
	args := append(slices.Clone(n.flags), "--listen", n.address, "--admin", "off", "--data", n.data, "--ready-fd", proctest.ReadyFD)
	n.proc, _ = proctest.StartReady(n.t, proctest.Command(n.t, n.program, args...))
}

func (n *Node) untilReady() {
	n.t.Helper()
	proctest.Eventually(n.t, n.Name+" is ready", func() error {
		if a, err := n.Ask(http.MethodGet, "/ready", "", ""); err != nil || a.Status != http.StatusOK {
			return fmt.Errorf("%v, %w", a, err)
		}
		return nil
	})
}

// Apart runs the program over the same data where nobody looks for it, lets f
// use it, and kills it. It must not run at its own place meanwhile.
func (n *Node) Apart(f func(*Node)) {
	n.t.Helper()
	apart := newNode(n.t, n.program, n.Name, n.flags)
	apart.data, apart.Token = n.data, n.Token
	apart.Run()
	f(apart)
	apart.Kill()
}

// Forget loses all that the node keeps. It must not run meanwhile.
func (n *Node) Forget() { n.data = n.t.TempDir() }
