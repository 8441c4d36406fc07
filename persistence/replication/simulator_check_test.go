package replication_test

import (
	"encoding/binary"

	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/replication"
)

// order names the order that a copy follows.
type order struct{ ring, epoch uint64 }

func (o order) below(p order) bool {
	return o.ring < p.ring || o.ring == p.ring && o.epoch < p.epoch
}

// ghost is what an all-knowing observer remembers of a room.
type ghost struct {
	proposed map[persistence.Position]uint32  // what was proposed at a position, ever
	fates    []fate                           // fates[seq-1]: what is committed
	owned    map[uint64]bool                  // epochs that somebody owned
	top      ownedAt                          // of the highest epoch owned
	orders   map[order][]persistence.Position // positions by seq-1 of all copies that follow an order
	reached  [][]reach                        // by node: what was durable at it, ever
}

// fate is a committed message and the lowest epoch known to have committed it.
type fate struct {
	at    persistence.Position
	under uint64
}

type ownedAt struct{ epoch, last uint64 }

// reach says that a node had, durable under its life, everything up to seq of
// the order of an epoch.
type reach struct{ epoch, life, seq uint64 }

func newGhost(nodes int) *ghost {
	return &ghost{
		proposed: map[persistence.Position]uint32{},
		owned:    map[uint64]bool{},
		orders:   map[order][]persistence.Position{},
		reached:  make([][]reach, nodes),
	}
}

// durableAt counts the members that held everything up to seq, durable, under
// the lives that count.
func (g *ghost) durableAt(c replication.Config, epoch, seq uint64) int {
	n := 0
	for _, m := range c.Members {
		for _, r := range g.reached[nodeIndex(m.Node)] {
			if r.epoch == epoch && r.life == m.Life && r.seq >= seq {
				n++
				break
			}
		}
	}
	return n
}

func (w *world) checkProposed(n *simNode, room int, p persistence.Position, token uint32) {
	g := w.ghosts[room]
	if other, given := g.proposed[p]; given {
		w.fail("%s gives %v to message %d, which message %d has", n.name, p, token, other)
	}
	g.proposed[p] = token
}

// commit notes that a message is committed.
func (w *world) commit(n *simNode, g *ghost, at persistence.Position, under uint64) {
	switch {
	case at.Seq <= uint64(len(g.fates)):
		f := &g.fates[at.Seq-1]
		if f.at != at {
			w.fail("%s has %v where %v is committed under %d", n.name, at, f.at, f.under)
		}
		f.under = min(f.under, under)
	case at.Seq == uint64(len(g.fates))+1:
		if len(g.fates) > 0 && g.fates[at.Seq-2].at.Epoch > at.Epoch {
			w.fail("%s commits %v after %v", n.name, at, g.fates[at.Seq-2].at)
		}
		g.fates = append(g.fates, fate{at, under})
	default:
		w.fail("%s commits %v, before which only %d are committed", n.name, at, len(g.fates))
	}
}

// checkOwned checks a new owner: nobody owned its epoch before, it begins with
// all that was committed under lower epochs, and all it begins with is durable
// on a quorum.
func (w *world) checkOwned(n *simNode, room int, e replication.Owned) {
	g := w.ghosts[room]
	if g.owned[e.Epoch] {
		w.fail("%s owns epoch %d, which was owned before", n.name, e.Epoch)
	}
	g.owned[e.Epoch] = true
	last := e.Log.Last.Seq
	for i := len(g.fates); i > 0; i-- {
		if f := g.fates[i-1]; f.under < e.Epoch {
			if last < f.at.Seq {
				w.fail("%s owns epoch %d up to %v, without %v of epoch %d", n.name, e.Epoch, e.Log.Last, f.at, f.under)
			}
			break
		}
	}
	w.checkLog(n, g, e)
	if w.err != nil {
		return
	}
	if held := g.durableAt(n.owns[room].config, e.Epoch, last); held < n.owns[room].config.Quorum() && !w.blind {
		w.fail("%s owns epoch %d, but %v is durable on %d members", n.name, e.Epoch, e.Log.Last, held)
	}
	if e.Epoch > g.top.epoch {
		g.top = ownedAt{e.Epoch, last}
	} else if last > g.top.last {
		w.fail("%s owns epoch %d up to %d, after epoch %d was owned up to %d", n.name, e.Epoch, last, g.top.epoch, g.top.last)
	}
}

// checkLog checks what an owner begins with, and that it is what is committed.
func (w *world) checkLog(n *simNode, g *ghost, e replication.Owned) {
	log := e.Log
	if log.Lineage.Current() != e.Epoch {
		w.fail("%s owns epoch %d under lineage %v", n.name, e.Epoch, log.Lineage)
	}
	for i, r := range log.History {
		if r.Seq != log.Last.Seq-uint64(len(log.History)-1-i) {
			w.fail("%s owns a history with %v as number %d up to %v", n.name, r.Position, i, log.Last)
			return
		}
		if token, ok := g.proposed[r.Position]; !ok || token != tokenOf(r) {
			w.fail("%s has %v with what was never proposed there", n.name, r.Position)
		}
	}
	for seq := uint64(1); seq <= log.Last.Seq && w.err == nil; seq++ {
		epoch, known := log.Lineage.EpochOf(seq)
		if known {
			w.commit(n, g, persistence.Position{Epoch: epoch, Seq: seq}, e.Epoch)
		} else if seq > uint64(len(g.fates)) {
			w.fail("%s owns %d messages of which no epoch is known, %d are committed", n.name, seq, len(g.fates))
		}
	}
}

// checkCommitted checks that what an owner calls committed is durable on a
// quorum, and that nobody who owned the room since has missed it.
func (w *world) checkCommitted(n *simNode, room int, e replication.Committed) {
	g, own := w.ghosts[room], &n.owns[room]
	if e.Seq >= own.next || e.Seq <= own.committed {
		w.fail("%s commits %d after %d, before %d", n.name, e.Seq, own.committed, own.next)
		return
	}
	if own.epoch < g.top.epoch && e.Seq > g.top.last {
		w.fail("%s commits %d under %d, after epoch %d was owned up to %d", n.name, e.Seq, own.epoch, g.top.epoch, g.top.last)
	}
	held := g.durableAt(own.config, own.epoch, e.Seq)
	if !w.blind && (held < own.config.Quorum() || e.Replicas > held) {
		w.fail("%s commits %d on %d members, it is durable on %d", n.name, e.Seq, e.Replicas, held)
	}
	for seq := own.committed + 1; seq <= e.Seq && w.err == nil; seq++ {
		w.commit(n, g, persistence.Position{Epoch: own.epoch, Seq: seq}, own.epoch)
	}
}

// checkDisk checks what became durable: fences only rise, and copies that follow
// one order are parts of each other.
func (w *world) checkDisk(n *simNode, room int, before, after *simRoom) {
	g := w.ghosts[room]
	b, a := before.fence, after.fence
	if w.blind {
		return
	}
	if a.Promised < b.Promised || a.Ring < b.Ring || after.order().below(before.order()) && !before.damaged {
		w.fail("%s: fence goes back from %+v to %+v", n.name, b, a)
	}
	if a.Accepted == 0 {
		return
	}
	if after.order() != before.order() || len(after.history) != len(before.history)+1 {
		for i := range after.history {
			w.checkOrder(n, g, after.order(), after.history[i].Position)
		}
	}
	w.checkOrder(n, g, after.order(), after.last)
	g.reach(n, after)
}

// reach notes what is durable at a node under its life.
func (g *ghost) reach(n *simNode, r *simRoom) {
	if r.fence.Accepted == 0 {
		return
	}
	now := reach{r.fence.Accepted, n.life, r.last.Seq}
	reached := g.reached[n.index]
	if i := len(reached) - 1; i >= 0 && reached[i].epoch == now.epoch && reached[i].life == now.life {
		reached[i].seq = max(reached[i].seq, now.seq)
		return
	}
	g.reached[n.index] = append(reached, now)
}

func (w *world) checkOrder(n *simNode, g *ghost, o order, p persistence.Position) {
	if p.Seq == 0 {
		return
	}
	known := g.orders[o]
	for uint64(len(known)) < p.Seq {
		known = append(known, persistence.Position{})
	}
	if at := &known[p.Seq-1]; at.Seq == 0 {
		*at = p
	} else if *at != p {
		w.fail("%s follows %v with %v, another copy has %v", n.name, o, p, *at)
	}
	g.orders[o] = known
}

// checkSend checks that what a message says is durable.
func (w *world) checkSend(n *simNode, room int, s replication.Send) {
	if w.blind {
		return
	}
	disk := n.disk.rooms[room]
	switch m := s.Message.(type) {
	case replication.Promise:
		f := disk.fence
		if f.Promised < m.Claim.Epoch || f.Promised == m.Claim.Epoch && f.Holder != m.Claim.Holder {
			w.fail("%s promises %v, durable is %+v", n.name, m.Claim, f)
		}
		if !m.Damaged && disk.order().below(order{m.AcceptedRing, m.Accepted}) {
			w.fail("%s promises what is not durable: %+v", n.name, m)
		}
	case replication.Ack:
		for _, r := range w.ghosts[room].reached[n.index] {
			if r.epoch == m.Claim.Epoch && r.life == m.Life && r.seq >= m.Seq {
				return
			}
		}
		w.fail("%s acknowledges %d under %v, which is not durable", n.name, m.Seq, m.Claim)
	}
}

// checkStep checks that nothing is accepted past a durable promise.
func (w *world) checkStep(n *simNode, room int, in replication.Input, eff replication.Effects) {
	if w.blind {
		return
	}
	r, ok := in.(replication.Receive)
	if !ok || len(eff.Writes) == 0 {
		return
	}
	var c replication.Claim
	switch m := r.Message.(type) {
	case replication.Prepare:
		c = m.Claim
	case replication.Sync:
		c = m.Claim
	case replication.Append:
		c = m.Claim
	default:
		return
	}
	f := n.disk.rooms[room].fence
	if c.Epoch < f.Promised || c.Epoch == f.Promised && f.Holder != 0 && c.Holder != f.Holder || c.Ring < f.Ring {
		w.fail("%s accepts %v, although it promised %+v", n.name, c, f)
	}
}

func tokenOf(r persistence.Record) uint32 { return binary.BigEndian.Uint32(r.Data) }
