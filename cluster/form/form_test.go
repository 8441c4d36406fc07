package form_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cluster/agree"
	"github.com/parlor-sse/parlor/cluster/form"
)

// world is a set of nodes, a network that fails and a clock, without goroutines.
type world struct {
	t      *testing.T
	random *rand.Rand
	now    time.Time
	loss   float64
	nodes  []*node
}

type node struct {
	w      *world
	name   string
	path   string
	expect int
	up     bool
	record *form.Record
	former *form.Former
	hides  map[string]bool // peers that it does not see
	busy   bool            // in a step
}

func newWorld(t *testing.T, seed uint64, expect int, names ...string) *world {
	w := &world{t: t, random: rand.New(rand.NewPCG(seed, 7)), now: time.Unix(1000, 0)}
	dir := t.TempDir()
	for _, name := range names {
		n := &node{w: w, name: name, path: filepath.Join(dir, name), expect: expect, hides: map[string]bool{}}
		w.nodes = append(w.nodes, n)
	}
	return w
}

func (w *world) node(name string) *node {
	for _, n := range w.nodes {
		if n.name == name {
			return n
		}
	}
	w.t.Fatalf("no node %s", name)
	return nil
}

// start begins a process on what the node's disk holds.
func (n *node) start() {
	n.w.t.Helper()
	r, err := form.OpenRecord(n.path, n.name)
	if err != nil {
		n.w.t.Fatal(err)
	}
	n.up, n.record = true, r
	n.former = form.New(form.Config{
		Node: n.name, Expect: n.expect, Replicas: 3, History: 10, Record: r, Network: n, Logger: slog.New(slog.DiscardHandler),
	})
}

func (n *node) step() bool {
	n.w.t.Helper()
	n.busy = true
	defer func() { n.busy = false }()
	done, err := n.former.Step(context.Background(), n.w.now)
	if err != nil {
		n.w.t.Fatal(err)
	}
	return done
}

func (n *node) Peers() []form.Peer {
	var all []form.Peer
	for _, o := range n.w.nodes {
		if o.up && !n.hides[o.name] {
			all = append(all, form.Peer{Member: agree.Member{Name: o.name, Room: true}, Cluster: o.record.Cluster()})
		}
	}
	return all
}

var errLost = errors.New("lost")

// reach returns the node asked, or an error before or after it was.
func (n *node) reach(to form.Peer, ask func(*node)) error {
	o := n.w.node(to.Member.Name)
	if other := n.w.nodes[n.w.random.IntN(len(n.w.nodes))]; n.w.loss > 0 && other.up && !other.busy {
		other.step() // others go on while one asks
	}
	if !o.up || n.w.random.Float64() < n.w.loss {
		return errLost
	}
	ask(o)
	if n.w.random.Float64() < n.w.loss {
		return errLost
	}
	return nil
}

func (n *node) Propose(_ context.Context, to form.Peer, p form.Proposal) (a form.Answer, err error) {
	err = n.reach(to, func(o *node) {
		ok, err := o.record.Accept(p)
		if err != nil {
			n.w.t.Fatal(err)
		}
		a.Accepted = ok
		if held := o.record.Held(); !ok && held != nil {
			a.Proposer = held.Proposer
		}
	})
	return a, err
}

func (n *node) Pending(_ context.Context, to form.Peer, cluster string) (pending bool, err error) {
	err = n.reach(to, func(o *node) { pending = o.record.Pending(cluster) })
	return pending, err
}

func (n *node) Identify(_ context.Context, to form.Peer) error {
	return n.reach(to, func(*node) {})
}

// clusters returns how many nodes belong to each.
func (w *world) clusters() map[string]int {
	ids := map[string]int{}
	for _, n := range w.nodes {
		if n.up && n.record.Cluster() != "" {
			ids[n.record.Cluster()]++
		}
	}
	return ids
}

// run steps all nodes until all belong to a cluster.
func (w *world) run(what string) {
	w.t.Helper()
	for range 1000 {
		settled := true
		for _, n := range w.nodes {
			settled = !n.up || n.step() && settled
		}
		if settled {
			return
		}
		w.now = w.now.Add(200 * time.Millisecond)
	}
	w.t.Fatalf("%s: %v", what, w.clusters())
}

func TestAlone(t *testing.T) {
	w := newWorld(t, 1, 1, "a")
	w.node("a").start()
	if !w.node("a").step() {
		t.Fatal("had to wait")
	}
}

func TestWaitsForAll(t *testing.T) {
	w := newWorld(t, 1, 3, "a", "b", "c")
	w.node("b").start()
	w.node("c").start()
	for range 20 {
		if w.node("b").step() || w.node("c").step() {
			t.Fatal("formed without a")
		}
	}
	w.node("a").start()
	w.run("three nodes")
}

func TestMoreThanExpectedJoin(t *testing.T) {
	w := newWorld(t, 1, 2, "a", "b", "c", "d")
	for _, n := range w.nodes {
		n.start()
	}
	w.run("four nodes")
	if ids := w.clusters(); len(ids) != 1 {
		t.Fatalf("clusters %v", ids)
	}
	if held := w.node("d").record.Held(); held != nil {
		t.Fatalf("d is bound to %+v", held)
	}
}

// TestProposerGivesUpOnTheDead proposes anew when a member has gone.
func TestProposerGivesUpOnTheDead(t *testing.T) {
	w := newWorld(t, 1, 3, "a", "b", "c", "d")
	for _, name := range []string{"a", "b", "c"} {
		w.node(name).start()
	}
	w.loss = 1 // nobody answers
	w.node("a").step()
	w.loss = 0
	w.node("c").up = false
	w.node("d").start()
	w.run("a, b and d")
	if ids := w.clusters(); len(ids) != 1 {
		t.Fatalf("clusters %v", ids)
	}
}

// TestBoundUntilReleased keeps a node to its word while the proposer is away.
func TestBoundUntilReleased(t *testing.T) {
	w := newWorld(t, 1, 3, "a", "b", "c")
	for _, n := range w.nodes {
		n.start()
	}
	a, b := w.node("a"), w.node("b")
	if _, err := b.record.Accept(form.Proposal{Cluster: "x", Proposer: "a"}); err != nil {
		t.Fatal(err)
	}
	a.up = false
	for range 50 {
		w.now = w.now.Add(time.Second)
		if b.step() || b.record.Held().Cluster != "x" {
			t.Fatal("b broke its word")
		}
	}
	a.up = true
	b.start() // its word outlives its process
	w.run("after a is back and knows nothing of it")
	if ids := w.clusters(); len(ids) != 1 || ids["x"] != 0 {
		t.Fatalf("clusters %v", ids)
	}
}

func TestRecordIsANodes(t *testing.T) {
	w := newWorld(t, 1, 1, "a")
	n := w.node("a")
	n.start()
	n.step()
	if _, err := form.OpenRecord(n.path, "b"); !errors.Is(err, form.ErrOtherNode) {
		t.Fatalf("opened by another node: %v", err)
	}
	if ok, err := n.record.Join("other"); ok || err != nil {
		t.Fatalf("joined a second cluster: %v", err)
	}
}

// TestNeverTwoClusters starts, stops and cuts off nodes at random, with half of
// all requests or answers lost. Since any two proposals of three of five nodes
// share a member, there must never be two clusters.
func TestNeverTwoClusters(t *testing.T) {
	const seeds = 150
	formed := 0
	for seed := range uint64(seeds) {
		w := newWorld(t, seed, 3, "a", "b", "c", "d", "e")
		w.loss = 0.5
		for range 300 {
			n := w.nodes[w.random.IntN(len(w.nodes))]
			switch k := w.random.IntN(20); {
			case k == 0:
				n.up = false
			case k == 1 || !n.up:
				n.start()
			case k == 2:
				clear(n.hides)
				for range 2 {
					n.hides[w.nodes[w.random.IntN(len(w.nodes))].name] = true
				}
				delete(n.hides, n.name)
			default:
				n.step()
			}
			w.now = w.now.Add(100 * time.Millisecond)
			if ids := w.clusters(); len(ids) > 1 {
				t.Fatalf("seed %d: clusters %v", seed, ids)
			}
		}
		if len(w.clusters()) == 1 {
			formed++
		}
		w.loss = 0
		for _, n := range w.nodes {
			clear(n.hides)
			n.start()
		}
		w.run(fmt.Sprintf("seed %d, everything healed", seed))
		if ids := w.clusters(); len(ids) != 1 {
			t.Fatalf("seed %d: clusters %v", seed, ids)
		}
	}
	if formed < seeds/4 {
		t.Errorf("only %d of %d formed in trouble: the schedules are too hard to say much", formed, seeds)
	}
}
