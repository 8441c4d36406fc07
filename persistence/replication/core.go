package replication

import (
	"math"

	"github.com/parlor-sse/parlor/persistence"
)

// Core is one node's part in one room: a copy of it, and, when the ring says
// so, its owner. It has neither goroutine nor clock nor socket: what happens is
// told to Step, and what is to be done is what Step returns. Given the same
// inputs it does the same. It is not safe for concurrent use.
type Core struct {
	// Static after construction.
	opts   Options
	mute   bool // the fence was lost: the copy may have promised anything, so it takes no part
	broken weakness

	// The copy. What is here may not be durable yet; disk knows.
	fence   persistence.Fence
	log     log
	damaged bool  // the copy lacks some of what it held; a whole one has to replace it
	bare    bool  // so much that nothing of it can be given, and the log is empty; only if damaged
	torn    bool  // and what it held must not be taken for empty; only if bare
	held    order // all that a damaged copy has ever acknowledged is below or at this
	disk    disk

	configs []Config // in force, oldest first

	// At most one of them is not nil.
	candidate *candidate
	owner     *owner

	dropped uint64
	out     Effects
}

// Step tells the core what happened and returns what is to be done about it.
// It never blocks. The slices of the Effects are the core's again with the next
// Step.
func (c *Core) Step(in Input) Effects {
	c.out.reset()
	switch in := in.(type) {
	case Configure:
		c.configure(in.Configs)
	case Acquire:
		c.acquire(in.Now)
	case Propose:
		c.propose(in)
	case Release:
		c.candidate, c.owner = nil, nil
	case Receive:
		c.receive(in.From, in.Message)
	case Durable:
		c.disk.report(in.N, c)
	case Tick:
		c.tick(in.Now)
	case Confirm:
		c.confirm()
	}
	if c.log.over() {
		c.log.trim(c.needed())
	}
	return c.out
}

// Busy reports whether the core wants ticks: it tries to own the room, or owns
// it and some member has not got everything, or is asked whether it still does.
func (c *Core) Busy() bool {
	return c.candidate != nil || c.owner != nil && (!c.owner.settled() || c.owner.checks.open > 0)
}

// Settled reports whether the core owns the room and every member of the
// present home set has everything, so that the room may sleep.
func (c *Core) Settled() bool {
	return c.owner != nil && c.owner.established && c.owner.settled()
}

// Quiet reports whether the core neither owns the room nor tries to, and waits
// for no write: it may be dropped, and made anew from the disk.
func (c *Core) Quiet() bool {
	return c.candidate == nil && c.owner == nil && c.disk.idle()
}

// Stray reports whether all that is stored of the room may be forgotten: no ring
// in force counts this node among the room's members, nothing is under way, and
// nothing was promised under a ring that this node has not heard of yet, which
// may well count on it. The caller knows that the home set holds the room.
func (c *Core) Stray() bool {
	return c.Quiet() && !c.mute && len(c.configs) > 0 && !c.listed(c.opts.Self) && c.fence.Ring <= c.present().Ring
}

// Owner returns the epoch under which the core owns the room, or false.
func (c *Core) Owner() (epoch uint64, ok bool) {
	if c.owner == nil || !c.owner.established {
		return 0, false
	}
	return c.owner.claim.Epoch, true
}

// Dropped returns how many messages and proposals were dropped, since they
// contradicted themselves or a bound was reached. The senders of messages repeat
// what matters.
func (c *Core) Dropped() uint64 { return c.dropped }

// receive hands a message to the half of the core that it is for.
func (c *Core) receive(from string, m Message) {
	if c.mute {
		return
	}
	switch m := m.(type) {
	case Prepare:
		c.onPrepare(from, m)
	case Sync:
		c.onSync(from, m)
	case Append:
		c.onAppend(from, m)
	case Fetch:
		c.onFetch(from, m)
	case Copied:
		c.onCopied(m)
	case Promise:
		c.onPromise(from, m)
	case Refuse:
		c.onRefuse(from, m)
	case Fetched:
		c.onFetched(from, m)
	case Ack:
		c.onAck(from, m)
	case Behind:
		c.onBehind(from, m)
	case Check:
		c.onCheck(from, m)
	case Checked:
		c.onChecked(from, m)
	}
}

// present returns the home set in force now.
func (c *Core) present() Config {
	if len(c.configs) == 0 {
		return Config{}
	}
	return c.configs[len(c.configs)-1]
}

// configure takes the home sets in force. An owner whose home set is what it
// was goes on: every quorum that could overrule it is one that it counts on.
func (c *Core) configure(configs []Config) {
	before := c.present()
	c.configs = configs
	now := c.present()
	switch {
	case c.candidate == nil && c.owner == nil:
	case !now.first(c.opts.Self):
		c.depose(ReasonMoved)
	case c.owner != nil && c.owner.established:
		if !now.Equal(c.owner.config) {
			c.depose(ReasonNewHome)
			return
		}
		c.owner.claim.Ring = now.Ring
	case before.Ring != now.Ring || !before.Equal(now):
		c.campaign(c.attempt())
	case c.candidate != nil:
		c.choose() // with a ring less to hear from, the answers may be enough
	}
}

// depose ends an ownership or the attempt to get one.
func (c *Core) depose(r Reason) {
	c.candidate, c.owner = nil, nil
	c.out.Events = append(c.out.Events, Deposed{Reason: r})
}

// claim returns the claim that the core makes itself, or false.
func (c *Core) claim() (Claim, bool) {
	switch {
	case c.candidate != nil:
		return c.candidate.claim, true
	case c.owner != nil:
		return c.owner.claim, true
	}
	return Claim{}, false
}

func (c *Core) send(to string, m Message) {
	c.out.Sends = append(c.out.Sends, Send{To: to, Message: m})
}

// write asks for a write. It is durable when the disk has reported as many.
func (c *Core) write(w persistence.Write) {
	c.out.Writes = append(c.out.Writes, w)
	c.disk.written++
}

// writeTurn asks for the newest turn to be made durable.
func (c *Core) writeTurn(t *persistence.Turn) {
	c.write(persistence.Write{Turn: t, Head: c.log.head})
}

// writeFence asks for the fence to be made durable as it is now.
func (c *Core) writeFence() {
	f := c.fence
	c.write(persistence.Write{Fence: &f})
}

// successor returns the lowest epoch above e, or false if there is none.
func successor(e uint64) (uint64, bool) { return e + 1, e < math.MaxUint64 }
