package replication

import (
	"math"

	"github.com/parlor-sse/parlor/persistence"
)

const (
	maxAppendBytes  = 256 << 10 // of turns in one message, unless it is a single one
	maxInFlight     = 1024      // turns sent to a member and not acknowledged
	maxFlyingBytes  = 1 << 20   // of these turns
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

	// What a member that is syncing was sent.
	base  uint64            // the turn that it ends with
	bytes uint64            // that it weighs
	whole *persistence.Copy // of it, so that it is the same when it is repeated; nil if it is not whole

	acked uint64 // is durable at it, under whatever life
	sent  uint64 // >= acked
	large uint64 // newest turn sent that is more than a message should hold
	known bool   // it has acknowledged under the life that counts
	safe  uint64 // is durable at it under the life that counts; if known

	checked uint64 // newest round of checks that it answered under the life that counts

	holed    uint64 // turn after which it lacked something, and was sent it; 0 for none
	patience patience
	stalls   int // how often that was lost without progress
}

// told takes note of what the member holds. A damaged copy may have to be
// replaced by more than it was sent before.
func (p *peer) told(a answered) {
	if p.phase, p.holds = syncing, a; a.Damaged {
		p.whole = nil
	}
}

// progress takes note that the member has answered something new.
func (p *peer) progress() {
	p.patience.renew()
	p.stalls, p.holed = 0, 0
}

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
// whole. A whole copy on its way may take long, and the room goes on meanwhile:
// it stays the same until the member has it, as long as memory holds what comes
// after it.
func (c *Core) syncFor(p *peer) Sync {
	o, l := c.owner, c.ordered()
	s := Sync{Claim: o.claim, Birth: o.birth}
	if a := &p.holds; c.lacksLittle(a) {
		s.BaseAccepted, s.BaseTurn = a.Accepted, a.Turn
		s.Turns = l.after(a.Turn, o.start.turn, math.MaxUint64)
		p.whole, p.base, p.bytes = nil, o.start.turn, l.size(a.Turn, o.start.turn)
		return s
	}
	if p.whole == nil || !l.reaches(p.whole.Turn) {
		whole := l.whole(maxAppendBytes)
		p.whole, p.base, p.bytes = &whole, whole.Turn, l.bytes()
	}
	s.Log = *p.whole
	return s
}

// lacksLittle reports whether a copy is a part of the order that the owner
// continues, and what it lacks of that is at hand.
func (c *Core) lacksLittle(a *answered) bool {
	start := c.owner.start
	part := !a.Damaged && a.AcceptedRing == start.ring && a.Accepted == start.epoch || c.broken == baseUnchecked
	return part && a.Accepted != 0 && a.Turn <= start.turn && c.ordered().cheap(a.Turn, start.turn)
}

// keepsUp reports whether a member may be sent a turn more before it has
// acknowledged those that it was sent. Nothing is sent past a large one, which it
// would only overtake.
func (c *Core) keepsUp(p *peer) bool {
	return p.sent-p.acked < maxInFlight && c.ordered().size(p.acked, p.sent) < maxFlyingBytes &&
		(p.large <= p.acked || p.large > p.sent)
}

// stream sends a member that follows what it has not been sent yet, as far as
// it keeps up. What is in memory no more comes as a whole copy.
func (c *Core) stream(p *peer) {
	o, l := c.owner, c.ordered()
	for p.sent < l.head.Turn {
		if !l.reaches(p.sent) {
			p.told(answered{})
			c.pump(p)
			return
		}
		if p.sent > p.acked && l.size(p.acked, p.sent) >= maxAppendBytes {
			return // the next part comes with the acknowledgement of this one
		}
		m := Append{Claim: o.claim, First: p.sent + 1, Turns: l.after(p.sent, l.head.Turn, maxAppendBytes)}
		p.sent += uint64(len(m.Turns))
		if l.size(p.sent-1, p.sent) >= maxAppendBytes {
			p.large = p.sent
		}
		c.send(p.member.Node, m)
	}
}

// underWay returns how much a member was sent that it has not answered.
func (c *Core) underWay(p *peer) uint64 {
	switch p.phase {
	case syncing:
		return p.bytes
	case streaming:
		return c.ordered().size(p.acked, p.sent)
	}
	return 0
}

// needed returns the turn after which members that are being brought up to date
// need all turns. One that has fallen silent needs none: nobody knows whether it
// comes back.
func (c *Core) needed() uint64 {
	turn := c.log.head.Turn
	if c.owner == nil {
		return turn
	}
	for i := range c.owner.peers {
		switch p := &c.owner.peers[i]; {
		case p.member.Node == c.opts.Self:
		case p.phase == streaming:
			turn = min(turn, p.acked)
		case p.phase == syncing || p.whole != nil:
			turn = min(turn, p.base)
		}
	}
	return turn
}
