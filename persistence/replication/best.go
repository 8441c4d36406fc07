package replication

// state says what is known to be missing of a copy.
type state uint8

const (
	whole   state = iota
	damaged       // less than it held, but it can be given
	torn          // it cannot be given
)

func (a *answered) state() state {
	switch {
	case a.Torn:
		return torn
	case a.Damaged:
		return damaged
	}
	return whole
}

// best returns the promise of the copy that is to be taken, or nil if what was
// committed may be on torn copies alone. A damaged copy counts as lost, unless
// more of them than may be lost at once held more than every whole one: then it is
// better than nothing, for who asks for a lost message is told. Nobody could be
// told of lost items, so that nothing is taken in place of as many torn ones.
func (c *Core) best(required []Config, promises []answered) *answered {
	best := c.most(promises, whole)
	if best == nil || c.beyond(required, promises, best, damaged) {
		best = c.most(promises, damaged)
	}
	if best == nil || c.beyond(required, promises, best, torn) {
		return nil
	}
	return best
}

// most returns the promise of the copy that holds the most, whole ones before
// damaged ones, and this node's own before others, of those that are at worst in
// the state; nil if there is none.
func (c *Core) most(promises []answered, worst state) *answered {
	var most *answered
	for i := range promises {
		a := &promises[i]
		if a.state() > worst {
			continue
		}
		if most == nil {
			most = a
			continue
		}
		by := a.order().compare(most.order())
		if c.broken == longestWins {
			by = order{0, 0, a.Turn}.compare(order{0, 0, most.Turn})
		}
		if by > 0 || by == 0 && (a.state() < most.state() || a.state() == most.state() && a.node == c.opts.Self) {
			most = a
		}
	}
	return most
}

// beyond reports whether of some home set more copies than may be lost at once
// are in the state, or in a worse one, and held more than the best. What was
// committed may then be on these alone; and what a node committed while it was
// alone is on its disk alone.
func (c *Core) beyond(required []Config, promises []answered, best *answered, s state) bool {
	above := func(a *answered) bool {
		return a != nil && a.state() >= s && a.order().compare(best.order()) > 0
	}
	for i := range promises {
		if a := &promises[i]; above(a) && a.AcceptedRing == 0 {
			return true
		}
	}
	for _, cf := range required {
		n, lost := 0, 0
		for _, m := range cf.Members {
			switch a := find(promises, m.Node); {
			case a == nil && m.Lost:
				lost++
			case above(a) && c.committedOn(cf, a.AcceptedRing):
				n++
			}
		}
		if n > 0 && n > cf.tolerated()-lost {
			return true
		}
	}
	return false
}

// committedOn reports whether an owner that claimed the room under the ring may
// have committed on the home set: an ownership ends when the home set changes.
func (c *Core) committedOn(home Config, ring uint64) bool {
	for _, cf := range c.configs {
		if cf.Ring >= ring && cf.Ring <= home.Ring && !cf.Equal(home) {
			return false
		}
	}
	return ring <= home.Ring
}
