package replication_test

import (
	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/replication"
)

// checkWritten checks that a turn, or a copy, is one that was proposed, and that
// it follows on what the disk has.
func (w *world) checkWritten(n *simNode, room int, before *simRoom, write *persistence.Write) {
	g := w.ghosts[room]
	switch {
	case w.blind:
	case write.Copy != nil:
		m, ok := g.find(write.Copy)
		if !ok {
			w.fail("%s takes a copy up to turn %d, which nobody proposed", n.name, write.Copy.Turn)
		} else if err := m.differs(write.Copy); err != nil {
			w.fail("%s takes a copy up to turn %d, but %v", n.name, write.Copy.Turn, err)
		}
	case write.Turn != nil:
		m := g.turns[tokenOfTurn(write.Turn)]
		if m == nil || before.head.Turn+1 != m.number || !sameHead(write.Head, m.head) {
			w.fail("%s takes turn %d after turn %d with a head %+v", n.name, tokenOfTurn(write.Turn), before.head.Turn, write.Head)
		}
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
	if a.Promised < b.Promised || a.Ring < b.Ring || after.order().below(before.order()) {
		w.fail("%s: fence goes back from %+v to %+v", n.name, b, a)
	}
	if a.Accepted == 0 || after.damaged {
		return
	}
	c := copyOf(after)
	if m, ok := g.find(&c); ok {
		w.checkOrder(n, g, after.order(), m)
	}
	g.reach(n, after)
}

// reach notes what is durable at a node under its life.
func (g *ghost) reach(n *simNode, r *simRoom) {
	if r.fence.Accepted == 0 || r.damaged {
		return
	}
	now := reach{r.fence.Accepted, n.life, r.head.Turn}
	reached := g.reached[n.index]
	if i := len(reached) - 1; i >= 0 && reached[i].epoch == now.epoch && reached[i].life == now.life {
		reached[i].turn = max(reached[i].turn, now.turn)
		return
	}
	g.reached[n.index] = append(reached, now)
}

// checkOrder checks that a copy that follows the order, and ends with the turn,
// has the turns that others have which follow it.
func (w *world) checkOrder(n *simNode, g *ghost, o order, m *made) {
	if m == nil {
		return
	}
	known := g.orders[o]
	for uint64(len(known)) < m.number {
		known = append(known, 0)
	}
	g.orders[o] = known
	for ; m != nil; m = m.parent {
		switch at := &known[m.number-1]; *at {
		case m.token:
			return // and so it was looked at before
		case 0:
			*at = m.token
		default:
			w.fail("%s follows %v with %d as turn %d, another copy has %d", n.name, o, m.token, m.number, *at)
			return
		}
	}
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
		if o := (order{m.AcceptedRing, m.Accepted}); !m.Damaged && disk.order() == o && disk.head.Turn < m.Turn {
			w.fail("%s promises turn %d, durable is %d", n.name, m.Turn, disk.head.Turn)
		}
	case replication.Ack:
		for _, r := range w.ghosts[room].reached[n.index] {
			if r.epoch == m.Claim.Epoch && r.life == m.Life && r.turn >= m.Turn {
				return
			}
		}
		w.fail("%s acknowledges %d under %v, which is not durable", n.name, m.Turn, m.Claim)
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
