package agree

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Reason says why a document changes.
type Reason string

// The reasons, as metrics and logs name them. The first six make a new ring.
const (
	ReasonNone      Reason = ""
	ReasonDead      Reason = "dead"      // a member is no longer here
	ReasonRestarted Reason = "restarted" // a member came back with another life
	ReasonLeave     Reason = "leave"     // a member asked to hold nothing
	ReasonJoin      Reason = "join"      // a node that is here becomes a member
	ReasonPromote   Reason = "promote"   // a learner has caught up
	ReasonReturn    Reason = "return"    // a member that was leaving stays
	ReasonRetire    Reason = "retire"    // an old ring does not count any more
	ReasonLost      Reason = "lost"      // a removed member's disk does not count any more
	ReasonFound     Reason = "found"     // it does again
	ReasonMoved     Reason = "moved"     // a member has other addresses
)

// Change says what Plan did.
type Change struct {
	Reason Reason   // ReasonNone: nothing
	Nodes  []string // whom it concerns
	Ring   uint64   // the version of the new ring, or of the retired one; else zero

	// Refused says that the change is due but has to wait, since too many rings
	// count already. The document is then what it was.
	Refused bool
}

// String returns the change in a few words.
func (c Change) String() string {
	s := string(c.Reason)
	if c.Ring > 0 {
		s = fmt.Sprintf("ring %d: %s", c.Ring, s)
	}
	if len(c.Nodes) > 0 {
		s += " " + strings.Join(c.Nodes, ", ")
	}
	return s
}

// Plan returns the document that should follow d, given what the leader
// observes, and the one change that it makes. It makes at most one, so that
// each is agreed before the next is thought of. It is pure: the same arguments
// give the same answer. d must be formed.
func Plan(d Document, o Observation, r Rules) (Document, Change) {
	for _, rule := range []func(Document, Observation, Rules) (Document, Change){
		removeDead, takeRestarted, letLeave, retire, lose, find, promote, join, move,
	} {
		if next, c := rule(d, o, r); c.Reason != ReasonNone {
			return next, c
		}
	}
	return d, Change{}
}

// change returns d with a new ring of these members.
func change(d Document, members []Member, reason Reason, nodes []string) (Document, Change) {
	c := Change{Reason: reason, Nodes: nodes, Ring: d.Last().Version + 1}
	if len(d.Rings) >= MaxRings {
		c.Refused = true
		return d, c
	}
	next := d.clone()
	sortMembers(members)
	ring := Ring{Version: c.Ring, Placed: c.Ring, Members: members}
	if last := d.Last(); samePlaces(last, ring) {
		ring.Placed = last.Placed
	}
	next.Rings = append(next.Rings, ring)
	return next.prune(), c
}

// clone returns a copy of which the lists and maps, rings included, may be
// changed. Its number is that of the change to come.
func (d Document) clone() Document {
	d.Number++
	d.Rings = slices.Clone(d.Rings)
	for i := range d.Rings {
		d.Rings[i].Members = slices.Clone(d.Rings[i].Members)
	}
	d.Done = maps.Clone(d.Done)
	d.CaughtUp = maps.Clone(d.CaughtUp)
	return d
}

// prune drops reports that say nothing any more. It changes d's maps.
func (d Document) prune() Document {
	maps.DeleteFunc(d.Done, func(name string, _ Report) bool { return !d.lists(name) })
	maps.DeleteFunc(d.CaughtUp, func(name string, r Report) bool {
		m, ok := d.Last().Member(name)
		return !ok || m.State != Learner || m.Life != r.Life || r.Version < d.Last().Placed
	})
	return d
}

// lists reports whether a ring lists the node.
func (d Document) lists(name string) bool {
	return slices.ContainsFunc(d.Rings, func(r Ring) bool {
		_, ok := r.Member(name)
		return ok
	})
}
