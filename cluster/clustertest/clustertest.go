// Package clustertest runs clusters of real nodes in one process, on loopback,
// for tests.
package clustertest

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cluster"
	"github.com/parlor-sse/parlor/cluster/clustertest/ports"
)

// Patience is how long Eventually waits. It is long, so that a busy machine
// fails no test; a condition that holds ends the wait at once.
const Patience = 60 * time.Second

// look is how often Eventually looks.
const look = 10 * time.Millisecond

// Net is a set of nodes that know each other's addresses. Its methods are for
// the test's goroutine.
type Net struct {
	t     testing.TB
	nodes []*Node
	incs  uint64
}

// Node is one of them, running or not.
type Node struct {
	*cluster.Cluster // nil while it does not run
	Config           cluster.Config

	stop chan struct{} // ends obey
	wait sync.WaitGroup
}

// New returns a net of nodes with these names, none of which runs. Each is told
// to join all of them and to expect that many; change, if not nil, may change
// what a node is told. All are closed when the test ends.
func New(t testing.TB, change func(*cluster.Config), names ...string) *Net {
	n := &Net{t: t, incs: uint64(time.Now().UnixNano())}
	var join []string
	for _, name := range names {
		node := n.add(name)
		join = append(join, node.Config.Bind)
	}
	for _, node := range n.nodes {
		node.Config.Join = join
		node.Config.Expect = len(names)
		if change != nil {
			change(&node.Config)
		}
	}
	t.Cleanup(n.Close)
	return n
}

func (n *Net) add(name string) *Node {
	cfg := cluster.DefaultConfig()
	cfg.Node = name
	cfg.Bind = ports.Local(ports.Take(n.t))
	cfg.Dir = n.t.TempDir()
	cfg.Name = n.t.Name()
	cfg.Life = 1
	cfg.Logger = slog.New(slog.NewTextHandler(logWriter{n.t}, &slog.HandlerOptions{Level: slog.LevelInfo})).With("node", name)
	node := &Node{Config: cfg}
	n.nodes = append(n.nodes, node)
	return node
}

// Add adds a node that is told to join the others, expecting nobody.
func (n *Net) Add(name string) *Node {
	var join []string
	for _, o := range n.nodes {
		join = append(join, o.Config.Bind)
	}
	node := n.add(name)
	node.Config.Join = join
	return node
}

// Node returns the node of the name.
func (n *Net) Node(name string) *Node {
	n.t.Helper()
	i := slices.IndexFunc(n.nodes, func(o *Node) bool { return o.Config.Node == name })
	if i < 0 {
		n.t.Fatalf("there is no node %q", name)
	}
	return n.nodes[i]
}

// Start starts the nodes, as new processes on what their disks hold.
func (n *Net) Start(names ...string) {
	n.t.Helper()
	for _, name := range names {
		node := n.Node(name)
		n.incs++
		node.Config.Incarnation = n.incs
		c, err := cluster.Open(node.Config)
		if err != nil {
			n.t.Fatalf("start %s: %v", name, err)
		}
		node.Cluster = c
		node.stop = make(chan struct{})
	}
}

// Obey makes running nodes report, of every ring, that they have handed over
// and caught up, as nodes without any room would.
func (n *Net) Obey(names ...string) {
	for _, name := range names {
		node := n.Node(name)
		c, stop := node.Cluster, node.stop
		node.wait.Go(func() {
			for {
				v, changed := c.Watch()
				if v != nil {
					c.Done(v.Ring().Version())
					c.CaughtUp(v.Ring().Version())
				}
				select {
				case <-changed:
				case <-stop:
					return
				}
			}
		})
	}
}

// Kill ends nodes as a crash does: the others are not told.
func (n *Net) Kill(names ...string) {
	n.t.Helper()
	for _, name := range names {
		node := n.Node(name)
		if node.Cluster == nil {
			continue
		}
		close(node.stop)
		node.wait.Wait()
		if err := node.Cluster.Close(); err != nil {
			n.t.Errorf("close %s: %v", name, err)
		}
		node.Cluster = nil
	}
}

// Unclean gives stopped nodes another life, as an unclean end does.
func (n *Net) Unclean(names ...string) {
	for _, name := range names {
		n.Node(name).Config.Life++
	}
}

// Running returns the names of the nodes that run.
func (n *Net) Running() []string {
	var names []string
	for _, node := range n.nodes {
		if node.Cluster != nil {
			names = append(names, node.Config.Node)
		}
	}
	return names
}

// Close ends all nodes.
func (n *Net) Close() { n.Kill(n.Running()...) }

// Eventually waits until ok holds and fails the test if it never does.
func (n *Net) Eventually(what string, ok func() bool) {
	n.t.Helper()
	deadline := time.Now().Add(Patience)
	for !ok() {
		if time.Now().After(deadline) {
			n.t.Fatalf("%s: not within %v; %s", what, Patience, n)
		}
		time.Sleep(look)
	}
}

// Ring waits until every running node knows a ring of exactly these members,
// in the words of Describe, with no other unretired, and all of them are in
// contact with a leader.
func (n *Net) Ring(members ...string) {
	n.t.Helper()
	slices.Sort(members)
	n.Eventually(fmt.Sprintf("a ring of %v", members), func() bool {
		for _, name := range n.Running() {
			c := n.Node(name).Cluster
			v := c.View()
			if v == nil || len(v.Rings) != 1 || !slices.Equal(Describe(v.Ring()), members) || !c.Quorate() {
				return false
			}
		}
		return true
	})
}

// Describe returns the members of a ring: the name, and what it is unless full.
func Describe(r *cluster.Ring) []string {
	var all []string
	for _, m := range r.Members() {
		s := m.Name
		if m.State != cluster.StateFull {
			s += ":" + m.State.String()
		}
		all = append(all, s)
	}
	return all
}

// Leader waits for a leader that all running nodes know, and returns its name.
func (n *Net) Leader() string {
	n.t.Helper()
	var leader string
	n.Eventually("a leader", func() bool {
		leader = ""
		for _, name := range n.Running() {
			v := n.Node(name).View()
			if v == nil || v.Leader == "" || leader != "" && v.Leader != leader {
				return false
			}
			leader = v.Leader
		}
		return slices.Contains(n.Running(), leader)
	})
	return leader
}

// String says what the running nodes know.
func (n *Net) String() string {
	var b strings.Builder
	for _, name := range n.Running() {
		c := n.Node(name).Cluster
		fmt.Fprintf(&b, "\n%s: quorate %v", name, c.Quorate())
		if v := c.View(); v != nil {
			fmt.Fprintf(&b, ", leader %q", v.Leader)
			for _, r := range v.Rings {
				fmt.Fprintf(&b, ", ring %d %v", r.Version(), Describe(r))
			}
		}
	}
	return b.String()
}

// logWriter writes a log into a test's output.
type logWriter struct{ t testing.TB }

func (w logWriter) Write(b []byte) (int, error) {
	w.t.Logf("%s", strings.TrimSuffix(string(b), "\n"))
	return len(b), nil
}
