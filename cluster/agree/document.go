package agree

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// Limits of a document.
const (
	MaxRings   = 16  // that are not retired
	MaxMembers = 256 // of a ring
)

// Document is all that is agreed. A Document that was handed out is never
// changed; Plan and the like return changed copies.
type Document struct {
	Number   uint64 `json:"number"`   // of changes so far; zero: nothing was ever agreed
	Cluster  string `json:"cluster"`  // its id, given when it was formed
	Replicas int    `json:"replicas"` // copies of a room
	History  int    `json:"history"`  // messages a room keeps

	// Rings are those not retired, oldest first. The last is in force.
	Rings []Ring `json:"rings"`

	// Done says up to which ring a node has handed over what it holds.
	Done map[string]Report `json:"done,omitempty"`
	// CaughtUp says under which ring a learner got copies of all it will hold.
	CaughtUp map[string]Report `json:"caughtUp,omitempty"`
}

// Ring is a numbered list of members.
type Ring struct {
	Version uint64   `json:"version"`
	Placed  uint64   `json:"placed"`  // the version since which the holders are these
	Members []Member `json:"members"` // by name
}

// State is what a member is to the rooms.
type State string

// The states. Of members with the role room only full ones hold rooms.
const (
	Full    State = ""
	Learner State = "learner" // catches up
	Leaving State = "leaving" // holds nothing any more
)

// Member is a node of a ring.
type Member struct {
	Name    string `json:"name"`
	Life    uint64 `json:"life"`    // of its store of rooms
	Raft    string `json:"raft"`    // id of its Raft store
	Control string `json:"control"` // host:port of Raft and control
	Actors  string `json:"actors"`  // host:port
	Front   bool   `json:"front,omitempty"`
	Room    bool   `json:"room,omitempty"`
	State   State  `json:"state,omitempty"`
	Lost    bool   `json:"lost,omitempty"` // gone for good; only in rings that are no longer in force
}

// Holds reports whether the member holds rooms.
func (m Member) Holds() bool { return m.Room && m.State == Full }

// Report is what a node reported of itself, and under which life.
type Report struct {
	Version uint64 `json:"version"` // of a ring
	Life    uint64 `json:"life"`
}

// Formed reports whether anything was ever agreed.
func (d Document) Formed() bool { return d.Number > 0 }

// Last returns the ring in force. The document must be formed.
func (d Document) Last() Ring { return d.Rings[len(d.Rings)-1] }

// Member returns the member of the name, if there is one.
func (r Ring) Member(name string) (Member, bool) {
	i, ok := slices.BinarySearchFunc(r.Members, name, func(m Member, n string) int { return cmp.Compare(m.Name, n) })
	if !ok {
		return Member{}, false
	}
	return r.Members[i], true
}

// Holders returns the members that hold rooms.
func (r Ring) Holders() []Member {
	return slices.DeleteFunc(slices.Clone(r.Members), func(m Member) bool { return !m.Holds() })
}

// samePlaces reports whether every room has the same home set in both rings.
func samePlaces(a, b Ring) bool {
	return slices.EqualFunc(a.Holders(), b.Holders(), func(x, y Member) bool {
		return x.Name == y.Name && x.Life == y.Life
	})
}

// First returns the document that a cluster starts with.
func First(cluster string, replicas, history int, members []Member) (Document, error) {
	members = slices.Clone(members)
	sortMembers(members)
	d := Document{
		Number:   1,
		Cluster:  cluster,
		Replicas: replicas,
		History:  history,
		Rings:    []Ring{{Version: 1, Placed: 1, Members: members}},
	}
	return d, d.Validate()
}

func sortMembers(m []Member) {
	slices.SortFunc(m, func(a, b Member) int { return cmp.Compare(a.Name, b.Name) })
}

// ErrInvalid reports a document that no Plan could have made.
var ErrInvalid = errors.New("document is invalid")

// Validate returns what is wrong with a document that came from outside.
func (d Document) Validate() error {
	if d.Number == 0 {
		return nil
	}
	if d.Cluster == "" || d.Replicas < 1 || d.History < 0 {
		return fmt.Errorf("cluster %q, %d replicas, history %d: %w", d.Cluster, d.Replicas, d.History, ErrInvalid)
	}
	if n := len(d.Rings); n < 1 || n > MaxRings {
		return fmt.Errorf("%d rings: %w", n, ErrInvalid)
	}
	var before uint64
	for _, r := range d.Rings {
		if r.Version <= before || r.Placed > r.Version || r.Placed == 0 {
			return fmt.Errorf("ring %d after %d, placed %d: %w", r.Version, before, r.Placed, ErrInvalid)
		}
		before = r.Version
		if err := r.validate(); err != nil {
			return err
		}
	}
	return nil
}

func (r Ring) validate() error {
	if n := len(r.Members); n < 1 || n > MaxMembers {
		return fmt.Errorf("ring %d: %d members: %w", r.Version, n, ErrInvalid)
	}
	for i, m := range r.Members {
		if m.Name == "" || i > 0 && r.Members[i-1].Name >= m.Name {
			return fmt.Errorf("ring %d: members are not sorted by distinct names: %w", r.Version, ErrInvalid)
		}
		if m.State != Full && m.State != Learner && m.State != Leaving {
			return fmt.Errorf("ring %d: %s is %q: %w", r.Version, m.Name, m.State, ErrInvalid)
		}
	}
	return nil
}
