package e2e_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/cluster/clustertest/ports"
	"github.com/parlor-sse/parlor/cmd/proctest"
)

// fleet is a cluster of servers on this machine, n1 to nN. Its methods are for
// the test's goroutine.
type fleet struct {
	t     *testing.T
	nodes []*node
}

// node is a place in a fleet: where it is reached and what it holds outlast the
// process that runs there.
type node struct {
	*server        // replaced by start
	name    string // static, as are the addresses
	public  string // address for clients
	cluster string // address of gossip

	life   uint64 // of its store, when the ring was last settled
	sudden bool   // it ended without notice, and comes back as another life

	mu   sync.Mutex
	away bool // guarded by mu; whoever is connected may lose the connection
	run  int  // guarded by mu; how often it went away
}

// fleetFlags suit tests that look at every message: the history holds all of
// them, and updates are frequent so that no reader waits for long.
var fleetFlags = []string{"--history", "1000", "--update", "100ms"}

// newFleet returns a fleet of that many servers, none of which runs. Flags count
// for all of them.
func newFleet(t *testing.T, size int, flags ...string) *fleet {
	t.Helper()
	f := &fleet{t: t}
	for range size {
		f.add(flags...)
	}
	return f.joined()
}

// add adds a node that does not run, and that nobody was told of yet.
func (f *fleet) add(flags ...string) *node {
	f.t.Helper()
	port := ports.Take(f.t)
	n := &node{name: fmt.Sprintf("n%d", len(f.nodes)+1), public: ports.Local(port + 3), cluster: ports.Local(port), away: true}
	n.server = &server{
		t: f.t, data: f.t.TempDir(), addr: n.public,
		flags: slices.Concat(fleetFlags, []string{"--node", n.name, "--cluster", n.cluster}, flags),
	}
	f.nodes = append(f.nodes, n)
	return n
}

// joined tells every node of all others, and how many begin the cluster.
func (f *fleet) joined() *fleet {
	var join []string
	for _, n := range f.nodes {
		join = append(join, n.cluster)
	}
	for _, n := range f.nodes {
		n.flags = append(n.flags, "--join", strings.Join(join, ","), "--expect", strconv.Itoa(len(f.nodes)))
	}
	return f
}

// startFleet starts a fleet and waits until all of its nodes hold rooms.
func startFleet(t *testing.T, size int, flags ...string) *fleet {
	t.Helper()
	f := newFleet(t, size, flags...)
	f.start(f.nodes...)
	f.settled()
	return f
}

// start starts nodes that do not run, and returns when they answer.
func (f *fleet) start(nodes ...*node) {
	f.t.Helper()
	for _, n := range nodes {
		n.server = launch(f.t, *n.server)
	}
	for _, n := range nodes {
		proctest.Eventually(f.t, n.name+" is ready", func() error {
			if n.notReady() {
				return fmt.Errorf("it is not")
			}
			return nil
		})
		n.here(true)
	}
}

// here says whether the node can be expected to serve.
func (n *node) here(yes bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !yes {
		n.run++
	}
	n.away = !yes
}

// visit reports whether the node can be expected to serve, and how often it has
// gone away before.
func (n *node) visit() (run int, ok bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.run, !n.away
}

// crash ends nodes as kill -9 does, all at once.
func (f *fleet) crash(nodes ...*node) {
	f.t.Helper()
	for _, n := range nodes {
		n.here(false)
		n.sudden = true
		n.Signal(syscall.SIGKILL)
	}
	for _, n := range nodes {
		n.Wait()
	}
}

// retire asks a node to stop, and wants it to end well.
func (f *fleet) retire(n *node) {
	f.t.Helper()
	n.here(false)
	n.terminate()
}

// freeze stops nodes where they stand, until they are thawed. Clients stay
// connected. When it returns no thread of theirs runs.
func (f *fleet) freeze(nodes ...*node) {
	f.t.Helper()
	for _, n := range nodes {
		n.here(false)
		n.Signal(syscall.SIGSTOP)
		var status syscall.WaitStatus
		if _, err := syscall.Wait4(n.Cmd.Process.Pid, &status, syscall.WUNTRACED, nil); err != nil || !status.Stopped() {
			f.t.Fatalf("%s did not stop: %v, %v", n.name, status, err)
		}
	}
}

func (f *fleet) thaw(nodes ...*node) {
	f.t.Helper()
	for _, n := range nodes {
		n.Signal(syscall.SIGCONT)
	}
	for _, n := range nodes {
		n.here(true)
	}
}

// up returns the nodes that can be expected to serve.
func (f *fleet) up() []*node {
	return slices.DeleteFunc(slices.Clone(f.nodes), func(n *node) bool { _, ok := n.visit(); return !ok })
}

// any returns one of them.
func (f *fleet) any() *node { return f.up()[0] }

// ring asks a node for the ring that it knows.
func (n *node) ring() (actors.RingInfo, error) {
	var ring actors.RingInfo
	return ring, n.fetch("/members", &ring)
}

// settled waits until every node that serves holds rooms, as all of them know,
// and nothing is left to hand over.
func (f *fleet) settled() actors.RingInfo {
	f.t.Helper()
	begin := time.Now()
	var ring actors.RingInfo
	proctest.Eventually(f.t, "the ring is settled", func() error {
		for i, n := range f.up() {
			seen, err := n.ring()
			if err != nil {
				return err
			}
			if i > 0 && seen.Version != ring.Version {
				return fmt.Errorf("%s knows ring %d, others %d", n.name, seen.Version, ring.Version)
			}
			if err := f.whole(seen); err != nil {
				return fmt.Errorf("as seen from %s: %w", n.name, err)
			}
			ring = seen
		}
		return nil
	})
	for _, n := range f.up() {
		n.life, n.sudden = member(ring, n.name).Life, false
	}
	f.t.Logf("ring %d of %d settled after %v", ring.Version, len(ring.Members), time.Since(begin).Round(time.Millisecond))
	return ring
}

// whole says what a ring lacks that all nodes that serve have settled in.
func (f *fleet) whole(ring actors.RingInfo) error {
	up := f.up()
	if len(ring.Members) != len(up) || ring.Rings != 1 || !ring.Handover.Done || !ring.Quorate || ring.Leader == "" {
		return fmt.Errorf("%d serve in %+v", len(up), ring)
	}
	for _, n := range up {
		m := member(ring, n.name)
		if m == nil || m.State != "full" || !m.Handover || !m.Voter {
			return fmt.Errorf("%s is %+v", n.name, m)
		}
		if n.sudden && m.Life == n.life {
			return fmt.Errorf("%s has the life it had before", n.name)
		}
	}
	return nil
}

// member returns what a ring says of a node, or nil.
func member(ring actors.RingInfo, name string) *actors.MemberInfo {
	i := slices.IndexFunc(ring.Members, func(m actors.MemberInfo) bool { return m.Name == name })
	if i < 0 {
		return nil
	}
	return &ring.Members[i]
}

// ownerOf returns the node that owns a room.
func (f *fleet) ownerOf(room string) *node {
	f.t.Helper()
	return f.named(f.any().info(room).Owner)
}

func (f *fleet) named(name string) *node {
	f.t.Helper()
	i := slices.IndexFunc(f.nodes, func(n *node) bool { return n.name == name })
	if i < 0 {
		f.t.Fatalf("there is no node %q", name)
	}
	return f.nodes[i]
}

// roomOf returns a room that the node owns.
func (f *fleet) roomOf(n *node) string {
	f.t.Helper()
	for i := range 1000 {
		if room := fmt.Sprintf("room%d", i); f.ownerOf(room) == n {
			return room
		}
	}
	f.t.Fatalf("%s owns none of 1,000 rooms", n.name)
	return ""
}

// others returns all nodes but these.
func (f *fleet) others(but ...*node) []*node {
	return slices.DeleteFunc(slices.Clone(f.nodes), func(n *node) bool { return slices.Contains(but, n) })
}
