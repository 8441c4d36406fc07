package replication

import "github.com/parlor-sse/parlor/persistence"

// New returns the core of a room of which the disk holds s. It keeps s, which
// must not be changed any more, nor anything that it refers to. Configure has to
// come first.
//
// A room of which the store can read nothing is told by a State that is zero
// but Damaged. Such a core takes no part in anything, for nobody knows what it
// has promised, until the store has a new life and the room was forgotten.
func New(o Options, s *persistence.State) *Core {
	c := &Core{opts: o.withDefaults(), fence: s.Fence, damaged: s.Damaged}
	c.mute = s.Damaged && s.Fence == (persistence.Fence{}) && s.Turn == 0
	if s.Fence == (persistence.Fence{}) && s.Turn > 0 {
		c.fence = AloneFence(s, o.Life)
	}
	if s.Damaged {
		c.held = order{c.fence.AcceptedRing, c.fence.Accepted, s.Turn}
		c.bare = s.Torn || len(s.History) == 0 && s.Last.Seq > 0
		c.torn = c.bare && (s.Torn || s.Items > 0 || s.Alarm != persistence.Alarm{})
	}
	if c.bare {
		// Nobody can be given a copy without its newest message, or without what
		// is stored. What it has promised stands.
		s = &persistence.State{}
	}
	c.log = loadLog(s, &c.opts)
	return c
}

// AloneFence returns the fence of a copy that has at least one turn but no fence,
// since its node used to run alone on a store of the given life. The node's own
// owner established it, under no ring, so it is above every empty copy. Its epoch
// is that of its messages, or the store's life if it has none: what two nodes did
// with a room while each was alone must not pass for parts of one order.
func AloneFence(s *persistence.State, life uint64) persistence.Fence {
	epoch := max(s.Lineage.Current(), s.Last.Epoch)
	if epoch == 0 {
		epoch = max(life, 1)
	}
	birth := epoch
	if s.Last.Epoch > 0 {
		birth = min(birth, s.Last.Epoch)
	}
	if len(s.Lineage) > 0 {
		birth = min(birth, s.Lineage[0].Epoch)
	}
	if len(s.History) > 0 {
		birth = min(birth, s.History[0].Epoch)
	}
	return persistence.Fence{Promised: epoch, Accepted: epoch, Birth: birth}
}
