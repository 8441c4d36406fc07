package replication

import "github.com/parlor-sse/parlor/persistence"

// fetch asks the node for its copy, or for what this node's copy lacks of it.
func (c *Core) fetch(node string) {
	k := c.candidate
	k.source, k.idle, k.patience = node, 0, firstPatience
	k.asked = append(k.asked, node)
	c.send(node, c.fetchFrom())
}

func (c *Core) fetchFrom() Fetch {
	f := Fetch{Claim: c.candidate.claim}
	if c.extends(c.candidate.order) {
		f.Accepted, f.After = c.fence.Accepted, c.log.last.Seq
	}
	return f
}

// extends reports whether a copy of that order is this node's own and more.
func (c *Core) extends(o order) bool {
	own := c.order()
	return !c.damaged && own.epoch != 0 && own.ring == o.ring && own.epoch == o.epoch && own.seq <= o.seq
}

func (c *Core) onFetched(from string, m Fetched) {
	k := c.candidate
	if k == nil || k.source != from || !k.claim.same(m.Claim) {
		return
	}
	if m.Accepted != k.order.epoch || m.Log.Last.Seq != k.order.seq || m.Log.Last.Epoch >= k.claim.Epoch {
		return // is not what was promised any more: another copy, or another try
	}
	if !m.Partial {
		whole := m.Log
		f := persistence.Fence{Promised: k.claim.Epoch}
		if len(whole.Keys) > maxKeys || !valid(persistence.Write{Copy: &whole, Fence: &f}) {
			c.dropped++
			return
		}
		l := newLog(whole, &c.opts)
		c.establish(&l)
		return
	}
	if !c.extends(k.order) || !c.takes(m.Log.History, m.Log.Keys, k.claim.Epoch) {
		c.dropped++
		return
	}
	l := c.log.clone()
	for _, r := range m.Log.History {
		l.add(r, keyAt(m.Log.Keys, r.Position))
	}
	if l.last == m.Log.Last {
		c.establish(&l)
	}
}
