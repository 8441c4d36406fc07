package replication

const (
	maxAppendBytes  = 256 << 10 // of records in one message
	maxInFlight     = 1024      // records sent to a member and not acknowledged
	maxFlyingBytes  = 1 << 20   // of these records
	stallsBeforeAsk = 2
)

// phase is how far an owner is with a member.
type phase uint8

const (
	asking    phase = iota // what it holds is not known
	syncing                // it was sent the order that the owner begins with
	streaming              // it follows: it is sent what comes
)

// peer is a member of the owner's home set as the owner sees it.
type peer struct {
	member Member
	phase  phase

	life  uint64 // newest under which it answered
	holds answered

	acked uint64 // is durable at it, under whatever life
	sent  uint64 // >= acked
	known bool   // it has acknowledged under the life that counts
	safe  uint64 // is durable at it under the life that counts; if known

	holed    uint64 // seq after which it lacked something, and was sent it; 0 for none
	idle     int    // ticks without progress
	patience int
	stalls   int
}

// progress takes note that the member has answered something new.
func (p *peer) progress() { p.idle, p.patience, p.stalls, p.holed = 0, firstPatience, 0, 0 }

// revive takes note of the life that a member answered under, and reports
// whether the answer is of its present one. One that comes back with another
// life may have lost anything.
func (p *peer) revive(life uint64) bool {
	if life > p.life {
		if p.life != 0 {
			p.acked, p.sent = 0, 0
		}
		p.life = life
	}
	return life == p.life
}

// pump sends the member what it needs next.
func (c *Core) pump(p *peer) {
	o := c.owner
	switch p.phase {
	case asking:
		c.send(p.member.Node, Prepare{Claim: o.claim})
	case syncing:
		c.send(p.member.Node, c.syncFor(p))
	case streaming:
		c.stream(p)
	}
}

// syncFor returns what makes the member follow the owner: what it lacks of the
// order that the owner began with, if it followed that order before, else the
// whole.
func (c *Core) syncFor(p *peer) Sync {
	o, l := c.owner, c.ordered()
	s := Sync{Claim: o.claim, Birth: o.birth}
	a := &p.holds
	based := !a.Damaged && a.AcceptedRing == o.start.ring && a.Accepted == o.start.epoch || c.broken == baseUnchecked
	if based && a.Accepted != 0 && a.Last.Seq <= o.base.Seq && l.reaches(a.Last.Seq) {
		s.BaseAccepted, s.BaseSeq = a.Accepted, a.Last.Seq
		s.Log.Lineage, s.Log.Last = o.lineage, o.base
		s.Log.History, s.Log.Keys = l.after(a.Last.Seq, o.base.Seq, 1<<63)
		return s
	}
	s.Log = l.whole(maxAppendBytes)
	return s
}

// keepsUp reports whether a member may be sent a message more before it has
// acknowledged those that it was sent.
func (c *Core) keepsUp(p *peer) bool {
	return p.sent-p.acked < maxInFlight && c.ordered().size(p.acked, p.sent) < maxFlyingBytes
}

// stream sends a member that follows what it has not been sent yet, as far as
// it keeps up. What is in memory no more comes as a whole copy.
func (c *Core) stream(p *peer) {
	o, l := c.owner, c.ordered()
	for p.sent < l.last.Seq {
		if !l.reaches(p.sent) {
			p.phase, p.holds = syncing, answered{}
			c.pump(p)
			return
		}
		if p.sent > p.acked && l.size(p.acked, p.sent) >= maxAppendBytes {
			return // the next part comes with the acknowledgement of this one
		}
		var m Append
		m.Claim = o.claim
		m.Records, m.Keys = l.after(p.sent, l.last.Seq, maxAppendBytes)
		p.sent += uint64(len(m.Records))
		c.send(p.member.Node, m)
	}
}
