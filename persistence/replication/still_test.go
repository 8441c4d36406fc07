package replication_test

import (
	"math/rand/v2"
	"testing"

	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/replication"
)

// still is a simulated cluster of one room in which nothing happens but what the
// test does.
type still struct {
	*testing.T
	*world
	events []replication.Event // of all nodes, in order
	lost   func(simMessage) bool
}

// newStill returns a cluster in which node n0 is to own the room, n1 comes next,
// and so on.
func newStill(t *testing.T, nodes, replicas int) *still {
	t.Helper()
	w := &world{rng: rand.New(rand.NewPCG(1, 1)), replicas: replicas, history: 3, window: 100, windowBytes: 1 << 20, pace: 1, clock: 1, plain: true}
	w.net = newSimNet(nodes)
	w.ghosts = append(w.ghosts, newGhost(nodes))
	w.rings = newSimRings(w, 1, nodes)
	first := ring{version: 1}
	for i := range nodes {
		w.lives++
		w.rings.preferred[0][i] = i
		w.nodes = append(w.nodes, &simNode{w: w, index: i, name: nodeName(i), life: w.lives, disk: newSimDisk(1),
			cores: make([]*replication.Core, 1), owns: make([]ownership, 1), adopted: make([]uint64, 1)})
		first.holders = append(first.holders, simHolder{node: i, life: w.lives})
	}
	s := &still{T: t, world: w, lost: func(simMessage) bool { return false }}
	w.heard = func(e replication.Event) { s.events = append(s.events, e) }
	w.rings.publish([]ring{first})
	for _, n := range w.nodes {
		n.start()
	}
	return s
}

// flow delivers messages and makes writes durable until there are none left.
func (s *still) flow() {
	s.Helper()
	for moved := true; moved; {
		moved = false
		for len(s.net.flying) > 0 {
			m := s.net.take(0)
			moved = true
			if to := s.nodes[m.to]; to.up && !to.paused && !s.net.cut[m.from][m.to] && !s.lost(m) {
				to.step(m.room, replication.Receive{From: nodeName(m.from), Message: m.message})
			}
		}
		for _, n := range s.nodes {
			if n.up && !n.paused && len(n.disk.pending) > 0 {
				n.write(len(n.disk.pending))
				moved = true
			}
		}
	}
	if s.err != nil {
		s.Fatal(s.err)
	}
}

// ticks passes time at the nodes that are not cut off by a pause.
func (s *still) ticks(count int) {
	s.Helper()
	for range count {
		for _, n := range s.nodes {
			if c := n.cores[0]; n.up && !n.paused && c != nil && c.Busy() {
				n.step(0, replication.Tick{Now: s.clock})
			}
		}
		s.flow()
	}
}

func (s *still) acquire(node int) {
	s.Helper()
	s.nodes[node].step(0, replication.Acquire{Now: s.clock})
	s.flow()
}

func (s *still) say(node, count int) {
	s.Helper()
	for range count {
		s.propose(s.nodes[node], 0)
	}
	s.flow()
}

// offer has a node propose the turn, of which a test made all parts. It is told
// by the token that w.tokens ends with.
func (s *still) offer(node int, t persistence.Turn) {
	s.Helper()
	n := s.nodes[node]
	own := &n.owns[0]
	next := own.tip.follow(t, s.tokens, own.epoch)
	s.checkProposed(n, 0, next)
	own.tip = next
	n.step(0, replication.Propose{Number: next.number, Turn: t})
}

// sized returns so many bytes that tell a new turn.
func (s *still) sized(n int) []byte {
	s.tokens++
	return append(s.marked(), make([]byte, n-4)...)
}

// everybody who runs learns the newest rings.
func (s *still) everybody() {
	s.Helper()
	for _, n := range s.nodes {
		if n.up && !n.paused {
			n.learn(len(s.rings.docs) - 1)
		}
	}
	s.flow()
}

// last returns the newest event and forgets all.
func (s *still) last() replication.Event {
	if len(s.events) == 0 {
		return nil
	}
	e := s.events[len(s.events)-1]
	s.events = nil
	return e
}

// deposed fails unless the newest event says so.
func (s *still) deposed(want replication.Reason) {
	s.Helper()
	if e := s.last(); e != (replication.Deposed{Reason: want}) {
		s.Fatalf("%s, want Deposed: %v", describe(e), want)
	}
}

// owned fails unless the newest event says so, and returns it.
func (s *still) owned() replication.Owned {
	s.Helper()
	e := s.last()
	o, ok := e.(replication.Owned)
	if !ok {
		s.Fatalf("%s, want Owned", describe(e))
	}
	return o
}
