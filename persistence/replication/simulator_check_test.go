package replication_test

import (
	"slices"

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
	turns    map[uint32]*made   // all that were ever proposed, by token
	proposed map[place]*made    // and by where
	fates    []fate             // fates[turn-1]: what is committed
	owned    map[uint64]bool    // epochs that somebody owned
	top      ownedAt            // of the highest epoch owned
	orders   map[order][]uint32 // tokens by turn-1 of all copies that follow an order
	reached  [][]reach          // by node: what was durable at it, ever
}

// place is where an owner proposed a turn.
type place struct{ epoch, turn uint64 }

// fate is a committed turn and the lowest epoch known to have committed it.
type fate struct {
	*made
	under uint64
}

type ownedAt struct{ epoch, turn uint64 }

// reach says that a node had, durable under its life, everything up to the turn
// of the order of an epoch.
type reach struct{ epoch, life, turn uint64 }

func newGhost(nodes int) *ghost {
	return &ghost{
		turns:    map[uint32]*made{},
		proposed: map[place]*made{},
		owned:    map[uint64]bool{},
		orders:   map[order][]uint32{},
		reached:  make([][]reach, nodes),
	}
}

// durableAt counts the members that held everything up to the turn, durable,
// under the lives that count.
func (g *ghost) durableAt(c replication.Config, epoch, turn uint64) int {
	n := 0
	for _, m := range c.Members {
		for _, r := range g.reached[nodeIndex(m.Node)] {
			if r.epoch == epoch && r.life == m.Life && r.turn >= turn {
				n++
				break
			}
		}
	}
	return n
}

// find returns the newest turn of a copy, nil if it has none. What nobody
// proposed is not found.
func (g *ghost) find(c *persistence.Copy) (*made, bool) {
	if c.Turn == 0 {
		return nil, true
	}
	m, ok := g.turns[newest(c)]
	return m, ok
}

func (w *world) checkProposed(n *simNode, room int, m *made) {
	g := w.ghosts[room]
	at := place{m.epoch, m.number}
	if other := g.proposed[at]; other != nil {
		w.fail("%s proposes %d as turn %v, which is %d", n.name, m.token, at, other.token)
	}
	g.proposed[at], g.turns[m.token] = m, m
}

// commit notes that a turn is committed.
func (w *world) commit(n *simNode, g *ghost, m *made, under uint64) {
	done := uint64(len(g.fates))
	switch {
	case m.number <= done:
		f := &g.fates[m.number-1]
		if f.made != m {
			w.fail("%s has %d as turn %d, where %d is committed under %d", n.name, m.token, m.number, f.token, f.under)
		}
		f.under = min(f.under, under)
	case m.number == done+1:
		if done > 0 && g.fates[done-1].epoch > m.epoch {
			w.fail("%s commits turn %d of epoch %d after one of %d", n.name, m.number, m.epoch, g.fates[done-1].epoch)
		}
		g.fates = append(g.fates, fate{m, under})
	default:
		w.fail("%s commits turn %d, before which only %d are committed", n.name, m.number, done)
	}
}

// commitAll notes that a turn is committed, and all before it.
func (w *world) commitAll(n *simNode, g *ghost, m *made, under uint64) {
	if m == nil {
		return
	}
	chain := make([]*made, m.number)
	for ; m != nil; m = m.parent {
		chain[m.number-1] = m
	}
	for _, m := range chain {
		if w.err == nil {
			w.commit(n, g, m, under)
		}
	}
}

// checkOwned checks a new owner: nobody owned its epoch before, it begins with
// all that was committed under lower epochs, and all it begins with is what was
// proposed, and durable on a quorum.
func (w *world) checkOwned(n *simNode, room int, e replication.Owned) {
	g, own := w.ghosts[room], &n.owns[room]
	if g.owned[e.Epoch] {
		w.fail("%s owns epoch %d, which was owned before", n.name, e.Epoch)
	}
	g.owned[e.Epoch] = true
	turn := e.Log.Turn
	for i := len(g.fates); i > 0; i-- {
		if f := g.fates[i-1]; f.under < e.Epoch {
			if turn < f.number {
				w.fail("%s owns epoch %d up to turn %d, without turn %d of epoch %d", n.name, e.Epoch, turn, f.number, f.under)
			}
			break
		}
	}
	if w.checkLog(n, g, own, e); w.err != nil {
		return
	}
	if held := g.durableAt(own.config, e.Epoch, turn); held < own.config.Quorum() && !w.blind {
		w.fail("%s owns epoch %d, but turn %d is durable on %d members", n.name, e.Epoch, turn, held)
	}
	if e.Epoch > g.top.epoch {
		g.top = ownedAt{e.Epoch, turn}
	} else if turn > g.top.turn {
		w.fail("%s owns epoch %d up to %d, after epoch %d was owned up to %d", n.name, e.Epoch, turn, g.top.epoch, g.top.turn)
	}
}

// checkLog checks what an owner begins with, and that it is what is committed.
func (w *world) checkLog(n *simNode, g *ghost, own *ownership, e replication.Owned) {
	log := e.Log
	m, ok := g.find(&log)
	if !ok {
		w.fail("%s owns epoch %d up to turn %d, which nobody proposed", n.name, e.Epoch, log.Turn)
		return
	}
	if log.Lineage.Current() != e.Epoch || m == nil && len(log.Lineage) != 1 {
		w.fail("%s owns epoch %d under lineage %v", n.name, e.Epoch, log.Lineage)
	}
	if log.Lineage = nil; m != nil {
		log.Lineage = m.head.Lineage
		if !slices.Equal(e.Log.Lineage, log.Lineage.Begin(e.Epoch, log.Last.Seq+1)) {
			w.fail("%s owns epoch %d under lineage %v, not %v and its own", n.name, e.Epoch, e.Log.Lineage, log.Lineage)
		}
	}
	if err := m.differs(&log); err != nil {
		w.fail("%s owns epoch %d up to turn %d, but %v", n.name, e.Epoch, log.Turn, err)
	}
	if uint64(len(log.History)) < min(log.Last.Seq, uint64(w.history)) {
		w.fail("%s owns epoch %d with %d messages up to %v", n.name, e.Epoch, len(log.History), log.Last)
	}
	own.tip = m
	w.commitAll(n, g, m, e.Epoch)
}

// checkCommitted checks that what an owner calls committed is durable on a
// quorum, and that nobody who owned the room since has missed it.
func (w *world) checkCommitted(n *simNode, room int, e replication.Committed) {
	g, own := w.ghosts[room], &n.owns[room]
	if e.Turn >= own.next() || e.Turn <= own.committed {
		w.fail("%s commits %d after %d, before %d", n.name, e.Turn, own.committed, own.next())
		return
	}
	if own.epoch < g.top.epoch && e.Turn > g.top.turn {
		w.fail("%s commits %d under %d, after epoch %d was owned up to %d", n.name, e.Turn, own.epoch, g.top.epoch, g.top.turn)
	}
	held := g.durableAt(own.config, own.epoch, e.Turn)
	if !w.blind && (held < own.config.Quorum() || e.Replicas > held) {
		w.fail("%s commits %d on %d members, it is durable on %d", n.name, e.Turn, e.Replicas, held)
	}
	for turn := own.committed + 1; turn <= e.Turn && w.err == nil; turn++ {
		w.commit(n, g, g.proposed[place{own.epoch, turn}], own.epoch)
	}
}

// checkConfirmed checks that an owner knows all as committed that was committed,
// wherever, before it asked whether it still was the owner.
func (w *world) checkConfirmed(n *simNode, room int, e replication.Confirmed) {
	own := &n.owns[room]
	if e.N < 1 || e.N > len(own.reads) {
		w.fail("%s confirms %d of %d", n.name, e.N, len(own.reads))
		return
	}
	for _, committed := range own.reads[:e.N] {
		if own.committed < committed {
			w.fail("%s reads up to turn %d under epoch %d, after turn %d was committed", n.name, own.committed, own.epoch, committed)
		}
	}
	own.reads = own.reads[e.N:]
}
