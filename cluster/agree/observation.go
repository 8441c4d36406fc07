package agree

import "time"

// Observation is what the leader sees of the nodes, besides the document.
type Observation struct {
	// Alive are the nodes of this cluster that gossip believes to be here.
	Alive map[string]Sighting
	// Absent are those that a ring lists and that are not here.
	Absent map[string]Absence

	Led     time.Duration // how long this node has led
	InForce time.Duration // how long it has known the ring in force
}

// Sighting is a node that is here, as it describes itself.
type Sighting struct {
	Life    uint64
	Raft    string // id of its Raft store
	Control string // host:port
	Actors  string // host:port
	Front   bool
	Room    bool
	Leaving bool // asks to hold nothing any more
}

// Absence is what is known of a node that is not here.
type Absence struct {
	For     time.Duration // since it was here, or since this process began to look
	Seen    bool          // this process has seen it here before
	Crashed bool          // its end is proven
	Left    bool          // it said goodbye
}

// member returns the node as a member of a ring.
func (n Sighting) member(name string, s State) Member {
	return Member{
		Name: name, Life: n.Life, Raft: n.Raft, Control: n.Control, Actors: n.Actors,
		Front: n.Front, Room: n.Room, State: s,
	}
}

// Rules are the waiting times of Plan.
type Rules struct {
	// DeadAfter is how long a node has to be absent before it is removed.
	DeadAfter time.Duration
	// UnseenAfter is how long a new leader waits for a node that it has never
	// seen: all may be restarting.
	UnseenAfter time.Duration
	// GatherAfter is how long a new leader waits for the rest when most holders
	// have restarted, so that all of them are taken back in one change.
	GatherAfter time.Duration
	// SettleAfter is how long a ring without new places stays beside the one
	// before it, so that nobody is refused for having heard of it late.
	SettleAfter time.Duration
	// GoneAfter is how long a removed node has to be absent before its disk
	// counts as lost.
	GoneAfter time.Duration
}

// DefaultRules returns the usual waiting times.
func DefaultRules() Rules {
	return Rules{
		DeadAfter:   time.Second,
		UnseenAfter: 5 * time.Second,
		GatherAfter: 2 * time.Second,
		SettleAfter: 300 * time.Millisecond,
		GoneAfter:   10 * time.Minute,
	}
}

// dead reports whether the node may be removed.
func (r Rules) dead(o Observation, name string) bool {
	a, ok := o.Absent[name]
	switch {
	case !ok:
		return false
	case a.Crashed || a.Left:
		return true
	case a.Seen:
		return a.For >= r.DeadAfter
	default:
		return min(a.For, o.Led) >= max(r.UnseenAfter, r.DeadAfter)
	}
}
