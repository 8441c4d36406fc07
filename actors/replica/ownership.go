package replica

import (
	"sync/atomic"
	"time"

	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/replication"
)

// Ownership is a room owned, or asked for, at this node. Its methods may be
// called from any goroutine and do not block; after the owner was told Deposed
// they do nothing.
type Ownership struct {
	copy        *roomCopy // nil if the set was closed
	unreachable atomic.Bool

	// Guarded by the copy's mu.
	to       Owner
	epoch    uint64 // 0 before Owned
	alone    time.Time
	proposed proposals
}

// acquire makes own the copy's owner.
func (c *roomCopy) acquire(own *Ownership, o Owner) {
	own.to = o
	if c.forget != nil {
		o.Deposed(replication.ReasonMoved)
		return
	}
	if !c.set.quorate(c.key) { // said at once, rather than when all patience is lost
		o.Deposed(replication.ReasonNoQuorum)
		return
	}
	if before := c.owner; before != nil {
		c.owner = nil
		before.to.Deposed(replication.ReasonFenced)
		c.input(replication.Release{})
	}
	c.owner = own
	c.input(replication.Acquire{Now: now()})
}

// Propose has a turn committed: the one after the turn proposed before, with
// messages of the epoch owned at the places after those proposed before. What it
// refers to is the set's from then on.
func (o *Ownership) Propose(number uint64, t persistence.Turn) {
	o.use(func(c *roomCopy) {
		o.proposed.add(number)
		c.input(replication.Propose{Number: number, Turn: t})
	})
}

// Check asks whether the room is owned still. The owner hears Confirmed once a
// quorum has said so after now, or Deposed.
func (o *Ownership) Check() {
	o.use(func(c *roomCopy) { c.input(replication.Confirm{}) })
}

// Release gives the room up. The owner is told nothing more.
func (o *Ownership) Release() {
	o.use(func(c *roomCopy) {
		c.owner = nil
		c.input(replication.Release{})
	})
}

// Settled reports whether every member of the home set holds everything, so
// that the room may be left alone.
func (o *Ownership) Settled() bool {
	settled := true
	o.use(func(c *roomCopy) { settled = c.core != nil && c.core.Settled() })
	return settled
}

// Reachable reports whether a quorum of the home set was heard of lately.
func (o *Ownership) Reachable() bool { return !o.unreachable.Load() }

func (o *Ownership) use(f func(*roomCopy)) {
	c := o.copy
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.owner == o {
		c.touched = time.Now()
		f(c)
	}
}

// quorate reports whether enough of the room's present home set can be spoken to
// for anything to be committed.
func (s *Set) quorate(key persistence.RoomKey) bool {
	configs := s.cfg.Configs(key)
	if len(configs) == 0 {
		return false
	}
	present := configs[len(configs)-1]
	heard := 0
	for _, m := range present.Members {
		if m.Node == s.cfg.Node || s.cfg.Contact(m.Node) {
			heard++
		}
	}
	return heard >= present.Quorum()
}

func now() uint64 { return uint64(time.Now().UnixMilli()) }

// proposals remembers when turns were proposed, oldest first, to tell how long
// their quorum took.
type proposals struct {
	first uint64 // number of the turn of times[0]
	times []time.Time
}

func (p *proposals) add(number uint64) {
	if len(p.times) == 0 {
		p.first = number
	}
	p.times = append(p.times, time.Now())
}

// through takes out everything up to a turn and calls f with how long each took.
func (p *proposals) through(number uint64, f func(time.Duration)) {
	n := 0
	for n < len(p.times) && p.first+uint64(n) <= number {
		f(time.Since(p.times[n]))
		n++
	}
	p.times, p.first = p.times[n:], p.first+uint64(n)
}
