package replica

import (
	"errors"
	"sync"
	"time"

	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/replication"
)

// roomCopy is this node's copy of one room while it is in use.
type roomCopy struct {
	// Static after construction.
	set   *Set
	shard *shard
	key   persistence.RoomKey

	mu sync.Mutex
	// Guarded by mu.
	core    *replication.Core // nil while it is loaded
	waiting []replication.Input
	inbox   []replication.Input // what this node says to itself
	owner   *Ownership          // nil while nobody here owns the room
	forget  func(error)         // set while the copy is being removed from disk
	touched time.Time
	gone    bool // no longer in the shard: look again
}

// load reads the copy from disk and gives it what came meanwhile.
func (c *roomCopy) load() {
	s := c.set
	select {
	case s.loading <- struct{}{}:
	case <-s.stop:
		return
	}
	state, err := s.read(c.key)
	<-s.loading
	if err != nil {
		s.cfg.Logger.Error("copy of room not read", "room", c.key.Name, "err", err)
		s.drop(c)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone {
		return
	}
	c.core = replication.New(replication.Options{
		Self: s.cfg.Node, Life: s.cfg.Store.Life().Epoch, Incarnation: s.cfg.Incarnation,
		Window: s.cfg.Window, WindowBytes: s.cfg.WindowBytes, History: s.cfg.History,
	}, state)
	c.step(replication.Configure{Configs: s.cfg.Configs(c.key)})
	waiting := c.waiting
	c.waiting = nil
	for _, in := range waiting {
		c.step(in)
	}
}

// read returns what the disk holds of a room. Of a copy that cannot be read
// nobody knows what it has promised: it takes no part in anything, and the room
// lives on its other copies, until the node is given an empty disk.
func (s *Set) read(key persistence.RoomKey) (*persistence.State, error) {
	state, err := s.cfg.Store.Load(key)
	switch {
	case errors.Is(err, persistence.ErrCorrupt):
		s.metrics.damaged.Inc()
		s.cfg.Logger.Error("copy of room is damaged and takes no part; empty this node's data directory while it is stopped, the others have what it held",
			"room", key.Name, "err", err)
		return &persistence.State{Damaged: true}, nil
	case err != nil:
		return nil, err
	case state.Damaged:
		s.metrics.damaged.Inc()
		s.cfg.Logger.Error("copy of room lacks part of its history, to be made whole by the room's owner",
			"room", key.Name, "kept", len(state.History))
	}
	return state, nil
}

// drop forgets a copy that could not be loaded; the next message tries again.
func (s *Set) drop(c *roomCopy) {
	c.shard.mu.Lock()
	c.mu.Lock()
	owner := c.owner
	c.gone, c.owner = true, nil
	delete(c.shard.copies, c.key)
	c.mu.Unlock()
	c.shard.mu.Unlock()
	if owner != nil {
		owner.to.Deposed(replication.ReasonNoQuorum)
	}
}

// input hands the core an input, now or when it is loaded.
func (c *roomCopy) input(in replication.Input) {
	switch {
	case c.forget != nil: // what it would answer is about to be no longer true
	case c.core != nil:
		c.step(in)
	case len(c.waiting) < c.set.cfg.Waiting:
		c.waiting = append(c.waiting, in)
	default:
		// Like a message lost on the way: who sent it sends it again.
		c.set.metrics.overflow.Inc()
	}
}

// step runs the core until it has nothing more to say to itself.
func (c *roomCopy) step(in replication.Input) {
	if c.inbox != nil { // an effect of a step that is under way
		c.inbox = append(c.inbox, in)
		return
	}
	c.inbox = append(c.inbox, in)
	for i := 0; i < len(c.inbox); i++ {
		c.perform(c.core.Step(c.inbox[i]))
	}
	c.inbox = nil
	if c.core.Busy() {
		c.shard.wantTicks(c)
	}
}

// perform does what the core asks for. Nothing of it blocks.
func (c *roomCopy) perform(e replication.Effects) {
	s := c.set
	for _, w := range e.Writes {
		w.Room = c.key
		if err := s.cfg.Committer.Insist(w, c); err != nil {
			// The store is closed or has failed: nothing becomes durable any more,
			// and nothing that depends on it is said.
			s.cfg.Logger.Debug("write of room not taken", "room", c.key.Name, "err", err)
		}
	}
	for _, m := range e.Sends {
		if m.To == s.cfg.Node {
			c.inbox = append(c.inbox, replication.Receive{From: m.To, Message: m.Message})
			continue
		}
		if r, ok := m.Message.(replication.Refuse); ok {
			s.metrics.refuse(r)
		}
		s.cfg.Send(m.To, c.key, m.Message)
	}
	for _, ev := range e.Events {
		c.tell(ev)
	}
}

// tell passes an event on to the owner.
func (c *roomCopy) tell(ev replication.Event) {
	own := c.owner
	if own == nil {
		return
	}
	switch ev := ev.(type) {
	case replication.Owned:
		own.epoch = ev.Epoch
		c.set.metrics.owned.Inc()
		own.to.Owned(ev)
	case replication.Committed:
		c.set.metrics.commit(own, ev.Turn)
		own.to.Committed(ev)
	case replication.Confirmed:
		own.to.Confirmed(ev)
	case replication.Deposed:
		c.owner = nil
		c.set.metrics.deposed.WithLabelValues(ev.Reason.String()).Inc()
		own.to.Deposed(ev.Reason)
	}
}

// Committed implements persistence.Owner.
func (c *roomCopy) Committed(n int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if done := c.forget; done != nil {
		c.forget = nil
		done(err)
		return
	}
	if err == nil && !c.gone {
		c.step(replication.Durable{N: n})
	}
}
