package replication

import (
	"cmp"

	"github.com/parlor-sse/parlor/persistence"
)

// order says how much a copy holds. A copy that follows a later owner holds all
// that was committed before that owner, so it is above every copy that follows
// an earlier one, however many turns that has. Owners come in the order of the
// rings under which they claimed the room, then of their epochs.
type order struct{ ring, epoch, turn uint64 }

func (o order) compare(p order) int {
	return cmp.Or(cmp.Compare(o.ring, p.ring), cmp.Compare(o.epoch, p.epoch), cmp.Compare(o.turn, p.turn))
}

// order returns that of what can be given of the node's own copy.
func (c *Core) order() order {
	if c.bare {
		return order{}
	}
	return order{c.fence.AcceptedRing, c.fence.Accepted, c.log.head.Turn}
}

// follows reports whether the copy follows the order that the claim's owner
// began, so that the owner's next turns may be appended to it.
func (c *Core) follows(cl Claim) bool {
	f := &c.fence
	return f.Accepted == cl.Epoch && f.AcceptedRing == cl.Since && !c.damaged
}

func (c *Core) onSync(from string, m Sync) {
	if !c.admit(from, m.Claim) {
		return
	}
	whole := m.BaseAccepted == 0
	switch shorter := m.Log.Turn <= c.log.head.Turn; {
	case c.follows(m.Claim) && (!whole || shorter):
		if c.promise(m.Claim) {
			c.writeFence()
		}
		c.disk.ack(from, m.Claim, c.log.head.Turn, c)
	case !whole:
		c.extend(from, m)
	case c.damaged && c.held.compare(order{m.Claim.Since, m.Claim.Epoch, m.Log.Turn}) > 0:
		c.behind(from, m.Claim) // is late, and lacks what this copy has acknowledged
	default:
		c.replace(from, m)
	}
}

// replace takes the order that the owner begins with in place of the copy's own,
// in one write.
func (c *Core) replace(from string, m Sync) {
	if m.Log.Last.Epoch > m.Claim.Epoch || !c.install(m.Log, c.fenceOf(m)) {
		c.dropped++
		return
	}
	c.disk.ack(from, m.Claim, c.log.head.Turn, c)
}

// fenceOf returns the fence of a copy that follows the owner.
func (c *Core) fenceOf(m Sync) persistence.Fence {
	return persistence.Fence{
		Promised: m.Claim.Epoch, Holder: m.Claim.Holder, Ring: max(c.fence.Ring, m.Claim.Ring),
		Accepted: m.Claim.Epoch, AcceptedRing: m.Claim.Since, Birth: m.Birth,
	}
}

// install replaces the copy and its fence, if both are well formed.
func (c *Core) install(log persistence.Copy, f persistence.Fence) bool {
	if !c.takesWhole(log, f) {
		return false
	}
	c.write(persistence.Write{Copy: &log, Fence: &f})
	stored := c.log.storage
	if c.log = newLog(log, &c.opts); c.broken == storageKept {
		c.log.storage = stored
	}
	c.damaged, c.bare, c.torn = false, false, false
	c.raise(f)
	return true
}

// extend appends what the copy lacks of the order that the owner begins with,
// and only then follows the owner: a crash between the two leaves a longer part
// of the order that the copy followed before, which is a good copy.
func (c *Core) extend(from string, m Sync) {
	based := c.fence.Accepted == m.BaseAccepted && c.log.head.Turn == m.BaseTurn && !c.damaged
	if !based && c.broken != baseUnchecked {
		c.behind(from, m.Claim)
		return
	}
	if !c.log.takes(m.BaseTurn+1, m.Turns, m.Claim.Epoch) {
		c.dropped++
		return
	}
	for i := range m.Turns {
		alarm := c.log.head.Alarm
		if c.log.add(&m.Turns[i]); c.broken == alarmLost {
			c.log.head.Alarm = alarm
		}
		c.writeTurn(&m.Turns[i])
	}
	c.raise(c.fenceOf(m))
	c.writeFence()
	c.disk.ack(from, m.Claim, c.log.head.Turn, c)
}

func (c *Core) onAppend(from string, m Append) {
	if c.broken != appendUnfenced && !c.admit(from, m.Claim) {
		return
	}
	if !c.follows(m.Claim) || c.fence.Promised == m.Claim.Epoch && c.fence.Holder != m.Claim.Holder {
		c.behind(from, m.Claim)
		return
	}
	first, fresh := m.First, m.Turns
	for len(fresh) > 0 && first <= c.log.head.Turn {
		if c.broken == changeRepeated {
			c.log.repeat(&fresh[0])
		}
		first, fresh = first+1, fresh[1:]
	}
	if len(fresh) > 0 && c.broken == holeAccepted {
		c.log.leap(first, &fresh[0])
	}
	if len(fresh) > 0 && first != c.log.head.Turn+1 {
		c.behind(from, m.Claim)
		return
	}
	if !c.log.takes(first, fresh, m.Claim.Epoch) {
		c.dropped++
		return
	}
	for i := range fresh {
		c.log.add(&fresh[i])
		c.writeTurn(&fresh[i])
		c.disk.ack(from, m.Claim, c.log.head.Turn, c)
	}
	if len(fresh) == 0 {
		c.disk.ack(from, m.Claim, c.log.head.Turn, c)
	}
}

// behind tells an owner where this copy is. A damaged one follows nobody.
func (c *Core) behind(from string, cl Claim) {
	b := Behind{Claim: cl, Life: c.opts.Life, Turn: c.log.head.Turn}
	if c.follows(cl) && c.fence.Holder == cl.Holder {
		b.Accepted = c.fence.Accepted
	}
	c.send(from, b)
}
