package replication

import (
	"slices"

	"github.com/parlor-sse/parlor/persistence"
)

// fetch asks the node for its copy, or for what this node's copy lacks of it.
func (c *Core) fetch(node string) {
	k := c.candidate
	k.source = node
	k.patience.renew()
	k.asked = append(k.asked, node)
	c.send(node, c.fetchFrom())
}

func (c *Core) fetchFrom() Fetch {
	f := Fetch{Claim: c.candidate.claim}
	if c.extends(c.candidate.order) {
		f.Accepted, f.After = c.fence.Accepted, c.log.head.Turn
	}
	return f
}

// extends reports whether a copy of that order is this node's own and more.
func (c *Core) extends(o order) bool {
	own := c.order()
	return !c.damaged && own.epoch != 0 && own.ring == o.ring && own.epoch == o.epoch && own.turn <= o.turn
}

// onFetched takes the copy that was promised, from whichever node brings it
// first.
func (c *Core) onFetched(from string, m Fetched) {
	k := c.candidate
	if k == nil || k.torn || !k.claim.same(m.Claim) || !slices.Contains(k.asked, from) || m.Accepted != k.order.epoch {
		return
	}
	if a := find(k.promises, from); m.Damaged && a.state() == whole {
		p := a.Promise
		p.Damaged = true
		c.damage(a, p)
		c.choose()
		return
	}
	if m.Partial {
		c.fetchedRest(m.Turns)
		return
	}
	if m.Log.Turn != k.order.turn || m.Log.Last.Epoch >= k.claim.Epoch {
		return // is not what was promised any more: another copy, or another try
	}
	if !c.takesWhole(m.Log, persistence.Fence{Promised: k.claim.Epoch}) {
		c.dropped++
		return
	}
	l := newLog(m.Log, &c.opts)
	c.establish(&l)
}

// fetchedRest takes what this node's own copy lacks of the one that was promised.
func (c *Core) fetchedRest(turns []persistence.Turn) {
	k, own := c.candidate, c.log.head.Turn
	if !c.extends(k.order) || uint64(len(turns)) != k.order.turn-own {
		return
	}
	if !c.log.takes(own+1, turns, k.claim.Epoch-1) {
		c.dropped++
		return
	}
	l := c.log.clone()
	for i := range turns {
		l.add(&turns[i])
	}
	c.establish(&l)
}
