package replication

import (
	"math"

	"github.com/parlor-sse/parlor/persistence"
)

// refuses reports whether nothing may be accepted under the claim any more.
func (c *Core) refuses(cl Claim) bool {
	f := &c.fence
	if c.broken != ringIgnored && (cl.Ring < f.Ring || c.outdated(cl.Ring)) {
		return true
	}
	if cl.Epoch != f.Promised {
		return cl.Epoch < f.Promised
	}
	// A copy that another node brought has no holder: it promised the epoch to
	// nobody yet.
	return f.Holder != 0 && cl.Holder != f.Holder && c.broken != holderIgnored
}

// outdated reports whether the room's home set is another by now than it was
// under the ring, or may be. It is what makes a ring that is not listed any
// more powerless, in rooms, too, of which this node has never heard.
func (c *Core) outdated(ring uint64) bool {
	now := c.present()
	if ring >= now.Ring {
		return false
	}
	for _, cf := range c.configs {
		if cf.Ring == ring {
			return !cf.Equal(now)
		}
	}
	return true
}

// good reports whether the claim is good, and tells the sender if it is not.
func (c *Core) good(from string, cl Claim) bool {
	if cl.Holder == 0 || cl.Epoch == 0 || cl.Since > cl.Ring {
		c.dropped++
		return false
	}
	if c.refuses(cl) {
		c.send(from, Refuse{Claim: cl, Promised: c.fence.Promised, Ring: max(c.fence.Ring, c.present().Ring)})
		return false
	}
	return true
}

// admit reports whether the claim is good, and something may be written for it.
func (c *Core) admit(from string, cl Claim) bool {
	if !c.good(from, cl) {
		return false
	}
	if from != c.opts.Self && c.disk.full() {
		c.dropped++
		return false
	}
	return true
}

// promise raises the fence to a good claim and reports whether that changed
// anything.
func (c *Core) promise(cl Claim) bool {
	f := c.fence
	f.Promised, f.Holder, f.Ring = cl.Epoch, cl.Holder, max(f.Ring, cl.Ring)
	changed := f != c.fence
	c.raise(f)
	return changed
}

// raise sets the fence, which may end what this node claims itself.
func (c *Core) raise(f persistence.Fence) {
	c.fence = f
	if own, ok := c.claim(); ok && c.refuses(own) {
		c.depose(ReasonFenced)
	}
}

func (c *Core) onPrepare(from string, m Prepare) {
	if !c.admit(from, m.Claim) {
		return
	}
	if c.promise(m.Claim) && c.broken != promiseUnwritten {
		c.writeFence()
	}
	c.disk.hold(from, c.tell(m.Claim), c)
}

// tell tells what the copy holds, or, if it is torn, what it held.
func (c *Core) tell(cl Claim) Promise {
	o := c.order()
	if c.torn {
		o = c.held
	}
	return Promise{
		Claim:        cl,
		Life:         c.opts.Life,
		Accepted:     o.epoch,
		AcceptedRing: o.ring,
		Birth:        c.fence.Birth,
		Turn:         o.turn,
		Last:         c.log.head.Last,
		Bytes:        c.log.bytes(),
		Damaged:      c.damaged,
		Torn:         c.torn,
	}
}

// onFetch answers with the copy, or with what the candidate lacks of it if both
// follow one order: the candidate knows, for it compared the promises.
func (c *Core) onFetch(from string, m Fetch) {
	if !c.admit(from, m.Claim) {
		return
	}
	if c.torn {
		c.disk.hold(from, c.tell(m.Claim), c) // the candidate was told otherwise, before a crash
		return
	}
	l := &c.log
	answer := Fetched{Claim: m.Claim, Accepted: c.order().epoch, Damaged: c.damaged}
	if m.Accepted != 0 && m.Accepted == answer.Accepted && l.cheap(m.After, l.head.Turn) {
		answer.Partial = true
		answer.Turns = l.after(m.After, l.head.Turn, math.MaxUint64)
	} else {
		answer.Log = l.whole(math.MaxUint64)
	}
	c.disk.hold(from, answer, c)
}

// onCopied takes a copy that another node brought, if it is above this one and
// breaks no promise. The epoch counts as promised to nobody: its owner may
// still ask for it.
func (c *Core) onCopied(m Copied) {
	if _, claims := c.claim(); claims || m.Accepted == 0 || c.fence.Promised > m.Accepted {
		return
	}
	offered := order{m.AcceptedRing, m.Accepted, m.Log.Turn}
	if c.damaged && c.held.compare(offered) > 0 || !c.damaged && c.order().compare(offered) >= 0 {
		return
	}
	f := c.fence
	if f.Promised < m.Accepted {
		f.Promised, f.Holder = m.Accepted, 0
	}
	f.Ring = max(f.Ring, m.AcceptedRing)
	f.Accepted, f.AcceptedRing, f.Birth = m.Accepted, m.AcceptedRing, max(f.Birth, m.Birth)
	if c.disk.full() || m.Log.Last.Epoch > m.Accepted || !c.install(m.Log, f) {
		c.dropped++
	}
}
