package replication

import (
	"slices"

	"github.com/parlor-sse/parlor/persistence"
)

// owner gives the room its order. Until it is established, W members have not
// said yet that they hold what it begins with.
type owner struct {
	attempt
	claim  Claim
	config Config // by which it is established; equal to the present one
	peers  []peer // one a member

	fetched *log                 // what it begins with, until the node's own copy holds it
	start   order                // the order that it continues
	base    persistence.Position // of the newest record in it
	lineage persistence.Lineage  // up to base
	birth   uint64

	established bool
	next        uint64 // seq of the next message
	committed   uint64
}

// establish makes the candidate an owner that begins with the log, and gives the
// log to the members.
func (c *Core) establish(l *log) {
	k := c.candidate
	o := &owner{
		attempt: k.attempt, claim: k.claim, config: c.present(),
		fetched: l, start: k.order, base: l.last, lineage: l.lineage, next: l.last.Seq + 1,
	}
	for i := range k.promises {
		o.birth = max(o.birth, k.promises[i].Birth)
	}
	if o.birth == 0 {
		o.birth = k.claim.Epoch
	}
	o.peers = make([]peer, len(o.config.Members))
	c.candidate, c.owner = nil, o
	for i, m := range o.config.Members {
		p := &o.peers[i]
		p.member = m
		p.progress()
		a := find(k.promises, m.Node)
		if m.Node == c.opts.Self {
			// The node's own copy has to follow before anything is proposed, and
			// what it holds is known, however slow its disk is.
			a = &answered{m.Node, c.tell(k.claim)}
		}
		if a != nil {
			p.phase, p.holds, p.life = syncing, *a, a.Life
			c.pump(p)
		}
	}
	if c.broken == skipSync {
		c.begin()
	}
}

// ordered returns the log that the owner orders: the node's own copy, as soon as
// that holds what the owner begins with.
func (c *Core) ordered() *log {
	if c.owner.fetched == nil || c.follows(c.owner.claim) {
		c.owner.fetched = nil
		return &c.log
	}
	return c.owner.fetched
}

func (o *owner) peer(node string) *peer {
	for i := range o.peers {
		if o.peers[i].member.Node == node {
			return &o.peers[i]
		}
	}
	return nil
}

// settled reports whether every member has everything.
func (o *owner) settled() bool {
	for i := range o.peers {
		if p := &o.peers[i]; p.phase != streaming || p.acked+1 < o.next {
			return false
		}
	}
	return true
}

// propose gives the room its next message. It goes to every member that has all
// before it; the others get it when they have caught up.
func (c *Core) propose(in Propose) {
	o := c.owner
	if o == nil || !o.established || in.Record.Epoch != o.claim.Epoch || in.Record.Seq != o.next {
		return
	}
	m := Append{Claim: o.claim, Records: []persistence.Record{in.Record}}
	if in.Key != nil {
		m.Keys = []persistence.KeyEntry{*in.Key}
	}
	o.next++
	for i := range o.peers {
		p := &o.peers[i]
		if p.member.Node != c.opts.Self && (p.phase != streaming || p.sent+1 != in.Record.Seq || !c.keepsUp(p)) {
			continue
		}
		p.sent = in.Record.Seq
		c.send(p.member.Node, m)
	}
}

// late hears what a member holds that had not answered in time, or that has lost
// what it held.
func (c *Core) late(from string, m Promise) {
	p := c.owner.peer(from)
	if p == nil || !p.revive(m.Life) || p.phase != asking {
		return
	}
	if m.Accepted == m.Claim.Epoch && m.AcceptedRing == c.owner.claim.Since && !m.Damaged {
		c.onAck(from, Ack{Claim: m.Claim, Life: m.Life, Seq: m.Last.Seq}) // it follows already
		return
	}
	p.phase, p.holds = syncing, answered{from, m}
	p.progress()
	c.pump(p)
}

func (c *Core) onAck(from string, m Ack) {
	o := c.owner
	if o == nil || !o.claim.same(m.Claim) || m.Seq >= o.next {
		return
	}
	p := o.peer(from)
	if p == nil {
		return
	}
	if m.Life == p.member.Life || c.broken == trustEverybody {
		p.safe = max(p.safe, m.Seq)
		p.known = true
	}
	if p.revive(m.Life) {
		if p.phase != streaming {
			p.phase, p.sent = streaming, m.Seq
			p.progress()
		}
		if m.Seq > p.acked {
			p.acked = m.Seq
			p.sent = max(p.sent, m.Seq)
			p.progress()
		}
	}
	c.advance()
	if c.owner == o {
		c.stream(p)
	}
}

// advance commits what W members hold.
func (c *Core) advance() {
	o := c.owner
	safe := make([]uint64, 0, 8)
	for i := range o.peers {
		if o.peers[i].known {
			safe = append(safe, o.peers[i].safe)
		}
	}
	w := o.config.Quorum()
	if c.broken == commitFewer {
		w = max(1, w-1)
	}
	if len(safe) < w {
		return
	}
	slices.Sort(safe)
	seq := safe[len(safe)-w]
	if !o.established {
		c.begin()
	}
	if seq <= o.committed {
		return
	}
	o.committed = seq
	replicas := 0
	for _, s := range safe {
		if s >= seq {
			replicas++
		}
	}
	c.out.Events = append(c.out.Events, Committed{Seq: seq, Replicas: replicas})
}

// begin tells that the room is owned: W members hold all that it begins with.
func (c *Core) begin() {
	o := c.owner
	o.established, o.committed = true, o.base.Seq
	log := c.ordered().whole(1 << 63)
	log.Lineage = log.Lineage.Begin(o.claim.Epoch, o.base.Seq+1)
	c.out.Events = append(c.out.Events, Owned{Epoch: o.claim.Epoch, Birth: o.birth, Log: log})
}

// onBehind hears that a member could not append what it was sent.
func (c *Core) onBehind(from string, m Behind) {
	o := c.owner
	if o == nil || !o.claim.same(m.Claim) {
		return
	}
	p := o.peer(from)
	if p == nil || !p.revive(m.Life) || p.phase == asking {
		return
	}
	if m.Accepted != o.claim.Epoch {
		p.phase = asking
		c.pump(p)
		return
	}
	// Messages that overtook each other leave several holes: one repeat is
	// enough for all of them.
	if p.phase != streaming || p.holed == m.Last.Seq+1 || m.Last.Seq >= p.sent {
		return
	}
	p.holed, p.sent = m.Last.Seq+1, max(m.Last.Seq, p.acked)
	c.stream(p)
}
