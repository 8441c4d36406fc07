package replication

import "slices"

// tick passes time.
func (c *Core) tick(now uint64) {
	switch {
	case c.candidate != nil:
		c.candidate.now = now
		if c.spend(&c.candidate.attempt) {
			c.remind()
		}
	case c.owner != nil:
		c.owner.now = now
		if c.owner.established || c.spend(&c.owner.attempt) {
			c.repeat()
		}
	}
}

// spend takes a tick of an attempt, and ends the attempt when it was the last.
func (c *Core) spend(a *attempt) bool {
	if a.ticks++; a.ticks <= maxTicks+a.bulk {
		return true
	}
	if c.candidate != nil && c.candidate.torn {
		c.depose(ReasonTorn)
	} else {
		c.depose(ReasonNoQuorum)
	}
	return false
}

// remind repeats what a candidate has no answer to. A copy that does not come is
// fetched from another node that has the same.
func (c *Core) remind() {
	k := c.candidate
	if !k.patience.lost(k.bytes) {
		return
	}
	c.ask()
	if k.source == "" {
		return
	}
	for i := range k.promises {
		a := &k.promises[i]
		if a.order() == k.order && !a.Damaged && !slices.Contains(k.asked, a.node) {
			c.fetch(a.node)
			return
		}
	}
	if len(k.asked) > 2*len(k.promises) {
		c.campaign(k.attempt) // nobody has it any more
		return
	}
	c.fetch(k.asked[len(k.asked)-1])
}

// repeat sends again what members have not acknowledged for long. One that stays
// silent is only asked what it holds, which is little to send for ever.
func (c *Core) repeat() {
	o := c.owner
	for i := range o.peers {
		p := &o.peers[i]
		if p.phase == streaming && p.acked+1 >= o.next || !p.patience.lost(c.underWay(p)) {
			continue
		}
		if p.stalls++; p.stalls > stallsBeforeAsk {
			p.phase, p.whole = asking, nil
		}
		p.sent = p.acked
		c.pump(p)
	}
	if o.checks.open > 0 && o.checks.patience.lost(0) {
		c.inquire()
	}
}
