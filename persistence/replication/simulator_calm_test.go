package replication_test

import (
	"reflect"
	"slices"

	"github.com/parlor-sse/parlor/persistence/replication"
)

// maxRounds is how long peace may last until everything has come right.
const maxRounds = 1500

// calm ends all trouble and waits until every room is owned, takes a message,
// and all members of its home set hold the same.
func (w *world) calm() {
	w.tracef("peace")
	w.net.heal()
	w.rings.limit = 16
	for _, n := range w.nodes {
		n.paused = false
		if !n.up && !n.dead {
			n.start()
		}
	}
	asked := make([]uint64, len(w.ghosts)) // the epoch under which each room was asked
	for round := 0; w.err == nil; round++ {
		if round == maxRounds {
			w.fail("no end: %v", w.rings.latest())
			return
		}
		w.step++
		w.clock++
		w.round()
		if w.quietRings(round) && w.err == nil && w.finished(asked) {
			w.checkEqual()
			return
		}
	}
}

// round lets everybody do what there is to do.
func (w *world) round() {
	for k := len(w.net.flying); k > 0 && len(w.net.flying) > 0; k-- {
		m := w.net.take(0)
		if to := w.nodes[m.to]; to.up {
			to.step(m.room, replication.Receive{From: nodeName(m.from), Message: m.message})
		}
	}
	for _, n := range w.nodes {
		if !n.up {
			continue
		}
		n.write(len(n.disk.pending))
		n.learn(len(w.rings.docs) - 1)
		for room := range n.cores {
			if n.first(room) {
				n.step(room, replication.Acquire{Now: w.clock})
			}
			if c := n.cores[room]; c != nil && c.Busy() {
				n.step(room, replication.Tick{Now: w.clock})
			}
			w.adopt(n, room)
		}
		w.report(n)
	}
}

// quietRings ends old rings, and brings everybody in who is not. It reports
// whether there is nothing left to do.
func (w *world) quietRings(round int) bool {
	for _, n := range w.nodes {
		if n.dead {
			w.rings.giveUp(n.index)
		}
	}
	d := w.rings.latest()
	alive := slices.DeleteFunc(slices.Clone(d.present().holders), func(h simHolder) bool { return w.nodes[h.node].dead })
	switch {
	case w.rings.retire():
		return false
	case len(alive) == 0:
		// Nobody is left to hand anything over, so there is nothing to wait for.
		w.join(nil, len(w.nodes))
		return false
	case len(alive) < len(d.present().holders):
		w.rings.change(alive)
		return false
	case w.relive():
		return false
	case len(d.rings) > 1:
		return false
	}
	return !w.join(slices.Clone(d.present().holders), len(w.nodes))
}

// finished asks every owner for one turn more and whether it is the owner, and
// reports whether all are committed, confirmed and settled.
func (w *world) finished(asked []uint64) bool {
	done := true
	for room := range w.ghosts {
		i := w.rings.latest().owner(room)
		n := w.nodes[i]
		own := &n.owns[room]
		switch {
		case own.epoch == 0 || own.epoch < asked[room]:
			done = false
		case asked[room] != own.epoch:
			asked[room] = own.epoch
			w.propose(n, room)
			w.ask(n, room)
			done = false
		default:
			done = done && own.committed+1 == own.next() && len(own.reads) == 0 && n.cores[room].Settled() && !n.cores[room].Busy()
		}
	}
	return done && len(w.net.flying) == 0
}

// checkEqual compares the disks of each home set.
func (w *world) checkEqual() {
	for room, g := range w.ghosts {
		configs := w.rings.latest().configs[room]
		members := configs[len(configs)-1].Members
		first := w.nodes[nodeIndex(members[0].Node)].disk.rooms[room]
		if first.head.Turn != uint64(len(g.fates)) {
			w.fail("room %d ends with turn %d, %d are committed", room, first.head.Turn, len(g.fates))
		}
		for _, m := range members {
			r := w.nodes[nodeIndex(m.Node)].disk.rooms[room]
			if !sameHead(r.head, first.head) || r.order() != first.order() ||
				!reflect.DeepEqual(r.keys, first.keys) || !sameItems(r.items, first.items) {
				w.fail("room %d: %s holds %+v, %s holds %+v", room, m.Node, *r, members[0].Node, *first)
			}
			short := min(len(r.history), len(first.history))
			if !reflect.DeepEqual(r.history[len(r.history)-short:], first.history[len(first.history)-short:]) {
				w.fail("room %d: the histories of %s and %s differ", room, m.Node, members[0].Node)
			}
		}
	}
}
