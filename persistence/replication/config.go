package replication

import "slices"

// Member is a node of a room's home set.
type Member struct {
	Node string
	Life uint64 // of the store that the ring counts on; a node that answers under another life may have lost what it held
	Lost bool   // the node is gone for good: its disk counts as lost
}

// Config is a room's home set under one version of the ring, in the order of
// preference: the first member is to own the room. It is never changed once it
// was handed to a Core.
type Config struct {
	Ring    uint64
	Members []Member
}

// Quorum returns W, how many members have to hold a turn before it is
// committed.
func (c Config) Quorum() int { return len(c.Members)/2 + 1 }

// tolerated returns how many disks may be lost at once without a loss of what was
// committed: of two one, since two copies are kept on two nodes for just that.
func (c Config) tolerated() int {
	if n := len(c.Members); n != 2 {
		return n - c.Quorum()
	}
	return 1
}

// Equal reports whether both count on the same members under the same lives, in
// the same order: whatever the version of the ring, and whether or not one of
// them was given up for lost meanwhile.
func (c Config) Equal(o Config) bool {
	return slices.EqualFunc(c.Members, o.Members, func(a, b Member) bool {
		return a.Node == b.Node && a.Life == b.Life
	})
}

// member returns the member's place, or -1.
func (c Config) member(node string) int {
	return slices.IndexFunc(c.Members, func(m Member) bool { return m.Node == node })
}

// first reports whether the room is to be owned by node.
func (c Config) first(node string) bool {
	return len(c.Members) > 0 && c.Members[0].Node == node
}
