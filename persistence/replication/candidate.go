package replication

import "slices"

const (
	// maxTicks is how many ticks an attempt to own a room may take.
	maxTicks = 100
	// maxTries is how many epochs an attempt to own a room may claim.
	maxTries = 8
)

// attempt is what remains the same from one epoch that is tried to the next.
type attempt struct {
	ticks   int
	tries   int
	highest uint64 // epoch that is known to be promised
	bulk    int    // ticks more, for what is large has to be brought here and elsewhere
	now     uint64 // unix milliseconds, as last told
}

// candidate tries to own the room: it gathers promises, and then fetches the
// copy that holds the most, if that is not its own.
type candidate struct {
	attempt
	claim    Claim
	promises []answered

	source string // node that is asked for its copy; "" while promises are gathered
	order  order  // of that copy
	bytes  uint64 // that it weighs
	asked  []string
	torn   bool // what is known now may leave out what is on torn copies alone

	patience patience
}

// acquire begins an attempt to own the room, unless one is under way.
func (c *Core) acquire(now uint64) {
	if _, claims := c.claim(); claims {
		return
	}
	switch {
	case c.mute:
		c.depose(ReasonNoQuorum)
	case !c.present().first(c.opts.Self):
		c.depose(ReasonMoved)
	default:
		c.campaign(attempt{now: now})
	}
}

// attempt returns the attempt under way.
func (c *Core) attempt() attempt {
	if c.candidate != nil {
		return c.candidate.attempt
	}
	return c.owner.attempt
}

// campaign claims an epoch above all that is known, and asks for promises. The
// clock and the store's life only make it likely that an epoch which everybody
// has forgotten is not taken again.
func (c *Core) campaign(a attempt) {
	c.candidate, c.owner = nil, nil
	a.highest = max(a.highest, c.fence.Promised)
	epoch, ok := successor(a.highest)
	if a.tries++; !ok || a.tries > maxTries {
		c.depose(ReasonFenced)
		return
	}
	epoch = max(epoch, a.now, c.opts.Life)
	if c.broken == epochRepeated && a.highest > 0 {
		epoch = a.highest
	}
	ring := c.present().Ring
	c.candidate = &candidate{
		attempt: a,
		claim:   Claim{Epoch: epoch, Holder: c.opts.Incarnation, Ring: ring, Since: ring},
	}
	c.candidate.patience.renew()
	c.ask()
}

// ask asks every node that has not promised yet.
func (c *Core) ask() {
	asked := make([]string, 0, 8)
	for _, cf := range c.configs {
		for _, m := range cf.Members {
			if find(c.candidate.promises, m.Node) == nil && !slices.Contains(asked, m.Node) {
				asked = append(asked, m.Node)
				c.send(m.Node, Prepare{Claim: c.candidate.claim})
			}
		}
	}
}

// heardAll reports whether every node that is asked has promised.
func (c *Core) heardAll() bool {
	for _, cf := range c.configs {
		for _, m := range cf.Members {
			if find(c.candidate.promises, m.Node) == nil {
				return false
			}
		}
	}
	return true
}

// listed reports whether the node is a member of a home set in force.
func (c *Core) listed(node string) bool {
	for _, cf := range c.configs {
		if cf.member(node) >= 0 {
			return true
		}
	}
	return false
}

func (c *Core) onPromise(from string, m Promise) {
	switch {
	case c.owner != nil && c.owner.claim.same(m.Claim):
		c.late(from, m)
	case c.candidate != nil && c.candidate.claim.same(m.Claim) && c.listed(from):
		k := c.candidate
		switch a := find(k.promises, from); {
		case a == nil:
			k.promises = append(k.promises, answered{from, m})
		case m.Life > a.Life:
			a.Promise = m // it came back, and may have lost what it told before
		case m.Life == a.Life && (&answered{Promise: m}).state() > a.state():
			c.damage(a, m) // it came back, and something of it is damaged
		default:
			return
		}
		if top := max(m.Accepted, m.Last.Epoch); top >= k.claim.Epoch && c.broken != epochRepeated {
			// The epoch was another's, whom nobody else remembers.
			c.retry(top)
			return
		}
		c.choose()
	}
}

// damage takes note that a copy lacks some of what was told of it. What is being
// fetched may not be the best any more.
func (c *Core) damage(a *answered, m Promise) {
	a.Promise = m
	c.candidate.source, c.candidate.asked = "", nil
}

// retry claims a higher epoch.
func (c *Core) retry(promised uint64) {
	a := c.attempt()
	a.highest = max(a.highest, promised)
	c.campaign(a)
}

// choose takes the copy that holds the most once enough nodes have promised.
func (c *Core) choose() {
	k := c.candidate
	required := c.required(k.promises)
	for _, cf := range required {
		if !c.readable(cf, k.promises) {
			return
		}
	}
	if !decided(c.present(), k.promises) {
		return
	}
	best := c.best(required, k.promises)
	if k.torn = best == nil; k.torn {
		if c.heardAll() {
			c.depose(ReasonTorn)
		}
		return
	}
	if k.source != "" && best.order().compare(k.order) == 0 {
		return // is being fetched
	}
	k.order, k.bytes = best.order(), best.Bytes
	k.bulk = max(k.bulk, bulkOf(best.Bytes))
	if best.node == c.opts.Self {
		c.establish(&c.log)
		return
	}
	k.asked = k.asked[:0]
	c.fetch(best.node)
}

// onRefuse hears that a claim is too low. A member of the present home set that
// refuses an owner ends its ownership: it has promised a higher epoch.
func (c *Core) onRefuse(from string, m Refuse) {
	own, ok := c.claim()
	if !ok || !own.same(m.Claim) {
		return
	}
	if c.owner != nil && c.owner.config.member(from) < 0 || !c.listed(from) {
		return
	}
	switch {
	case m.Ring > own.Ring:
		c.depose(ReasonOldRing)
	case m.Promised < own.Epoch || m.Promised == own.Epoch && m.Claim.Ring < own.Ring:
		// The ring was too old, and is not any more.
	case c.owner != nil && c.owner.established:
		c.depose(ReasonFenced)
	default:
		c.retry(m.Promised)
	}
}
