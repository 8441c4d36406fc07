package cluster

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// Role is what a member does.
type Role string

const (
	// RoleFront takes connections from clients. It may be all that a member does.
	RoleFront Role = "front"
	// RoleRoom owns rooms and keeps copies of them.
	RoleRoom Role = "room"
)

// State is what a member is to the rooms.
type State string

const (
	// StateFull members with the role room hold rooms. It is the zero State.
	StateFull State = ""
	// StateLearner members are to hold rooms once they have caught up.
	StateLearner State = "learner"
	// StateLeaving members hold nothing any more and are about to go.
	StateLeaving State = "leaving"
)

// String returns the state as members and logs name it.
func (s State) String() string {
	if s == StateFull {
		return "full"
	}
	return string(s)
}

// Member is a node of a ring.
type Member struct {
	Name    string // unique in the ring
	Address string // where its actors are reached, host:port; empty for a node on its own
	Roles   []Role
	Life    uint64 // of the store that the ring counts on; another one may have lost what it held
	State   State
	Lost    bool // gone for good: its disk counts as lost
}

// Has reports whether the member has the role.
func (m *Member) Has(r Role) bool { return slices.Contains(m.Roles, r) }

// Holds reports whether the member holds rooms: it has the role and is no
// learner and not leaving.
func (m *Member) Holds() bool { return m.State == StateFull && m.Has(RoleRoom) }

// ErrDuplicateName reports two members of one name.
var ErrDuplicateName = errors.New("two members have the same name")

// Ring is an agreed list of members. It is immutable: it may be used from any
// goroutine, and what it returns must not be changed.
type Ring struct {
	version uint64
	members []Member // by name
	holders []holder // of rooms; by name
}

// NewRing returns the ring of the given version and members.
func NewRing(version uint64, members []Member) (*Ring, error) {
	r := &Ring{version: version, members: slices.Clone(members)}
	slices.SortFunc(r.members, func(a, b Member) int { return cmp.Compare(a.Name, b.Name) })
	for i := range r.members {
		m := &r.members[i]
		if i > 0 && r.members[i-1].Name == m.Name {
			return nil, fmt.Errorf("ring %d: member %q: %w", version, m.Name, ErrDuplicateName)
		}
		if m.Holds() {
			r.holders = append(r.holders, holder{member: m, hash: hashName(m.Name)})
		}
	}
	return r, nil
}

// Alone returns the ring of a node on its own: version 1, both roles.
func Alone(name string) *Ring {
	r, err := NewRing(1, []Member{{Name: name, Roles: []Role{RoleFront, RoleRoom}}})
	if err != nil {
		panic(err) // one member has no namesake
	}
	return r
}

// Version returns the ring's number. A higher one replaces a lower one.
func (r *Ring) Version() uint64 { return r.version }

// Members returns all members by name.
func (r *Ring) Members() []Member { return r.members }

// Member returns the member of the name, or nil.
func (r *Ring) Member(name string) *Member {
	i, ok := slices.BinarySearchFunc(r.members, name, func(m Member, n string) int { return cmp.Compare(m.Name, n) })
	if !ok {
		return nil
	}
	return &r.members[i]
}

// Holders returns how many members hold rooms.
func (r *Ring) Holders() int { return len(r.holders) }
