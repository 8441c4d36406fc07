package replica

import (
	"errors"

	"github.com/parlor-sse/parlor/persistence"
)

// ErrInUse reports a copy that cannot be removed now: something is under way
// with it, or a ring wants it here.
var ErrInUse = errors.New("copy of room is in use")

// Forget removes this node's copy of a room from disk and calls done, under a
// lock, when it is gone. The caller knows that the home set holds the room; a
// copy that a ring still counts on is refused.
func (s *Set) Forget(key persistence.RoomKey, done func(error)) {
	s.with(key, func(c *roomCopy) {
		if c.core == nil || !c.core.Stray() || c.owner != nil || c.forget != nil {
			done(ErrInUse)
			return
		}
		c.forget = func(err error) {
			if err == nil {
				s.metrics.forgotten.Inc()
			}
			// What the core remembers is no longer on disk. Marked gone, it is
			// found no more; the sweep cannot meet it, so it is removed here.
			c.gone = true
			go s.unlist(c)
			done(err)
		}
		if err := s.cfg.Committer.Insist(persistence.Write{Room: key, Forget: true}, c); err != nil {
			c.forget = nil
			done(err)
		}
	})
}

// unlist removes a copy that is gone from its shard.
func (s *Set) unlist(c *roomCopy) {
	c.shard.mu.Lock()
	defer c.shard.mu.Unlock()
	if c.shard.copies[c.key] == c {
		delete(c.shard.copies, c.key)
	}
}
