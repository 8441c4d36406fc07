package replication

import (
	"cmp"

	"github.com/parlor-sse/parlor/persistence"
)

// order says how much a copy holds. A copy that follows a later owner holds all
// that was committed before that owner, so it is above every copy that follows
// an earlier one, however long that is. Owners come in the order of the rings
// under which they claimed the room, then of their epochs.
type order struct{ ring, epoch, seq uint64 }

func (o order) compare(p order) int {
	return cmp.Or(cmp.Compare(o.ring, p.ring), cmp.Compare(o.epoch, p.epoch), cmp.Compare(o.seq, p.seq))
}

// order returns that of the node's own copy.
func (c *Core) order() order {
	return order{c.fence.AcceptedRing, c.fence.Accepted, c.log.last.Seq}
}

// follows reports whether the copy follows the order that the claim's owner
// began, so that the owner's next messages may be appended to it.
func (c *Core) follows(cl Claim) bool {
	f := &c.fence
	return f.Accepted == cl.Epoch && f.AcceptedRing == cl.Since && !c.damaged
}

func (c *Core) onSync(from string, m Sync) {
	if !c.admit(from, m.Claim) {
		return
	}
	whole := m.BaseAccepted == 0
	switch shorter := m.Log.Last.Seq <= c.log.last.Seq; {
	case c.follows(m.Claim) && (!whole || shorter):
		if c.promise(m.Claim) {
			c.writeFence()
		}
		c.disk.ack(from, m.Claim, c.log.last.Seq, c)
	case !whole:
		c.extend(from, m)
	case c.damaged && c.held.compare(order{m.Claim.Since, m.Claim.Epoch, m.Log.Last.Seq}) > 0:
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
	c.disk.ack(from, m.Claim, c.log.last.Seq, c)
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
	w := persistence.Write{Copy: &log, Fence: &f}
	if len(log.Keys) > maxKeys || !valid(w) {
		return false
	}
	c.write(w)
	c.log = newLog(log, &c.opts)
	c.damaged = false
	c.raise(f)
	return true
}

// extend appends what the copy lacks of the order that the owner begins with,
// and only then follows the owner: a crash between the two leaves a longer part
// of the order that the copy followed before, which is a good copy.
func (c *Core) extend(from string, m Sync) {
	based := c.fence.Accepted == m.BaseAccepted && c.log.last.Seq == m.BaseSeq && !c.damaged
	if !based && c.broken != baseUnchecked {
		c.behind(from, m.Claim)
		return
	}
	if !c.takes(m.Log.History, m.Log.Keys, m.Claim.Epoch) {
		c.dropped++
		return
	}
	for i := range m.Log.History {
		c.append(m.Log.History[i], m.Log.Keys)
	}
	c.raise(c.fenceOf(m))
	c.writeFence()
	c.disk.ack(from, m.Claim, c.log.last.Seq, c)
}

func (c *Core) onAppend(from string, m Append) {
	if c.broken != appendUnfenced && !c.admit(from, m.Claim) {
		return
	}
	if !c.follows(m.Claim) || c.fence.Promised == m.Claim.Epoch && c.fence.Holder != m.Claim.Holder {
		c.behind(from, m.Claim)
		return
	}
	fresh := m.Records
	for len(fresh) > 0 && fresh[0].Seq <= c.log.last.Seq {
		fresh = fresh[1:]
	}
	if len(fresh) > 0 && fresh[0].Seq != c.log.last.Seq+1 && c.broken != holeAccepted {
		c.behind(from, m.Claim)
		return
	}
	if !c.takes(fresh, m.Keys, m.Claim.Epoch) {
		c.dropped++
		return
	}
	for i := range fresh {
		c.append(fresh[i], m.Keys)
		c.disk.ack(from, m.Claim, c.log.last.Seq, c)
	}
	if len(fresh) == 0 {
		c.disk.ack(from, m.Claim, c.log.last.Seq, c)
	}
}

// behind tells an owner where this copy is. A damaged one follows nobody.
func (c *Core) behind(from string, cl Claim) {
	b := Behind{Claim: cl, Life: c.opts.Life, Last: c.log.last}
	if c.follows(cl) && c.fence.Holder == cl.Holder {
		b.Accepted = c.fence.Accepted
	}
	c.send(from, b)
}

// takes reports whether the records may all be appended under an owner of the
// epoch: messages come from outside, and a store that is given nonsense ends
// the process.
func (c *Core) takes(records []persistence.Record, keys []persistence.KeyEntry, epoch uint64) bool {
	last := c.log.last
	if c.broken == holeAccepted && len(records) > 0 {
		last.Seq = records[0].Seq - 1
	}
	for i := range records {
		r := &records[i]
		if r.Seq != last.Seq+1 || r.Epoch == 0 || r.Epoch < last.Epoch || r.Epoch > epoch {
			return false
		}
		w := persistence.Write{Record: *r, Lineage: persistence.Lineage{{Epoch: r.Epoch, First: r.Seq}}}
		if !valid(w) {
			return false
		}
		last = r.Position
	}
	return len(records) == 0 || len(c.log.keys)+len(keys) <= maxKeys || c.log.knows(keys)
}

// append adds a record that the copy takes, with its key if it has one.
func (c *Core) append(r persistence.Record, keys []persistence.KeyEntry) {
	key := keyAt(keys, r.Position)
	c.log.add(r, key)
	c.write(persistence.Write{Record: r, Lineage: c.log.lineage, Key: key})
}

// valid reports whether a store will take the write.
func valid(w persistence.Write) bool {
	w.Room = persistence.RoomKey{Kind: "any", Name: "any"}
	return w.Validate() == nil
}
