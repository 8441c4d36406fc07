package replication

import (
	"math"
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

	fetched *log  // what it begins with, until the node's own copy holds it
	start   order // the order that it continues, up to the newest turn in it
	birth   uint64

	established bool
	next        uint64 // number of the next turn
	committed   uint64
	checks      checks
}

// establish makes the candidate an owner that begins with the log, and gives the
// log to the members.
func (c *Core) establish(l *log) {
	k := c.candidate
	o := &owner{
		attempt: k.attempt, claim: k.claim, config: c.present(),
		fetched: l, start: k.order, next: l.head.Turn + 1,
	}
	o.bulk = max(o.bulk, bulkOf(l.bytes()))
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
			p.life = a.Life
			p.told(*a)
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

// propose gives the room its next turn. The node's own copy, which has all that
// was proposed before, takes it at once; then it goes to every member that has all
// before it. The others get it when they have caught up.
func (c *Core) propose(in Propose) {
	o := c.owner
	if o == nil || !o.established {
		return
	}
	turns := []persistence.Turn{in.Turn}
	if in.Number != o.next || !ownEpoch(&in.Turn, o.claim.Epoch) || !c.log.takes(o.next, turns, o.claim.Epoch) {
		c.dropped++
		return
	}
	m := Append{Claim: o.claim, First: o.next, Turns: turns}
	large := turnSize(&in.Turn) >= maxAppendBytes
	o.next++
	for i := range o.peers {
		p := &o.peers[i]
		switch {
		case p.member.Node == c.opts.Self:
			p.sent = in.Number
			c.onAppend(c.opts.Self, m)
			continue
		case p.phase != streaming || p.sent+1 != in.Number || !c.keepsUp(p):
			continue
		}
		p.sent = in.Number
		if large {
			p.large = in.Number
		}
		c.send(p.member.Node, m)
	}
}

// ownEpoch reports whether the turn has no message of another epoch.
func ownEpoch(t *persistence.Turn, epoch uint64) bool {
	return len(t.Records) == 0 || t.Records[0].Epoch == epoch
}

// late hears what a member holds that had not answered in time, or that has lost
// what it held.
func (c *Core) late(from string, m Promise) {
	p := c.owner.peer(from)
	if p == nil || !p.revive(m.Life) || p.phase != asking {
		return
	}
	if m.Accepted == m.Claim.Epoch && m.AcceptedRing == c.owner.claim.Since && !m.Damaged {
		c.onAck(from, Ack{Claim: m.Claim, Life: m.Life, Turn: m.Turn}) // it follows already
		return
	}
	p.told(answered{from, m})
	p.progress()
	c.pump(p)
}

func (c *Core) onAck(from string, m Ack) {
	o := c.owner
	if o == nil || !o.claim.same(m.Claim) || m.Turn >= o.next {
		return
	}
	p := o.peer(from)
	if p == nil {
		return
	}
	if m.Life == p.member.Life || c.broken == trustEverybody {
		p.safe = max(p.safe, m.Turn)
		p.known = true
	}
	if p.revive(m.Life) {
		if p.phase != streaming {
			p.phase, p.sent, p.whole = streaming, m.Turn, nil
			p.progress()
		}
		if m.Turn > p.acked {
			p.acked = m.Turn
			p.sent = max(p.sent, m.Turn)
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
	turn := safe[len(safe)-w]
	if !o.established {
		c.begin()
	}
	if turn <= o.committed {
		return
	}
	o.committed = turn
	replicas := 0
	for _, s := range safe {
		if s >= turn {
			replicas++
		}
	}
	c.out.Events = append(c.out.Events, Committed{Turn: turn, Replicas: replicas})
}

// begin tells that the room is owned: W members hold all that it begins with.
func (c *Core) begin() {
	o := c.owner
	o.established, o.committed = true, o.start.turn
	log := c.ordered().whole(math.MaxUint64)
	log.Lineage = log.Lineage.Begin(o.claim.Epoch, log.Last.Seq+1)
	if log.Storage == nil {
		log.Storage = persistence.NewStorage(nil)
	}
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
	if p.phase != streaming || p.holed == m.Turn+1 || m.Turn >= p.sent {
		return
	}
	p.holed, p.sent = m.Turn+1, max(m.Turn, p.acked)
	c.stream(p)
}
