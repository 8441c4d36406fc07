package replication

// checks is how far an owner is with asking whether it still is the owner. Of
// all that is asked of it one round of messages is under way at most, and what
// is asked meanwhile shares the next.
type checks struct {
	waiting  int    // asked since the round under way began
	open     int    // that the round under way answers; 0 if there is none
	round    uint64 // newest
	patience patience
}

// confirm asks the members, now or when they have answered what they were asked
// before: an answer to that may be from before this was asked.
func (c *Core) confirm() {
	o := c.owner
	if o == nil || !o.established {
		return
	}
	o.checks.waiting++
	if o.checks.open == 0 {
		c.nextRound()
	}
}

// nextRound begins a round that answers all that was asked. The node's own copy
// has promised nothing else, or it would have ended the ownership.
func (c *Core) nextRound() {
	o := c.owner
	k := &o.checks
	k.round++
	k.open, k.waiting = k.waiting, 0
	k.patience.renew()
	if self := o.peer(c.opts.Self); self != nil && self.member.Life == c.opts.Life {
		self.checked = k.round
	}
	c.inquire()
	c.conclude()
}

// inquire asks the members that have not answered the round.
func (c *Core) inquire() {
	o := c.owner
	for i := range o.peers {
		if p := &o.peers[i]; p.member.Node != c.opts.Self && p.checked < o.checks.round {
			c.send(p.member.Node, Check{Claim: o.claim, Round: o.checks.round})
		}
	}
}

// onCheck answers for a claim that nothing was promised above. It needs no write:
// a promise from before a crash was written before it was given.
func (c *Core) onCheck(from string, m Check) {
	if c.good(from, m.Claim) {
		c.send(from, Checked{Claim: m.Claim, Life: c.opts.Life, Round: m.Round})
	}
}

func (c *Core) onChecked(from string, m Checked) {
	o := c.owner
	if o == nil || !o.claim.same(m.Claim) || m.Round != o.checks.round && c.broken != roundIgnored {
		return
	}
	if p := o.peer(from); p != nil && p.member.Life == m.Life {
		p.checked = o.checks.round
		c.conclude()
	}
}

// conclude ends the round under way when W members have answered it.
func (c *Core) conclude() {
	o := c.owner
	k := &o.checks
	n, w := 0, o.config.Quorum()
	for i := range o.peers {
		if o.peers[i].checked == k.round {
			n++
		}
	}
	if c.broken == confirmAlone {
		w = 1
	}
	if k.open == 0 || n < w {
		return
	}
	c.out.Events = append(c.out.Events, Confirmed{N: k.open})
	if k.open = 0; k.waiting > 0 {
		c.nextRound()
	}
}
