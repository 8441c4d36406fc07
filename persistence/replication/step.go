package replication

import "github.com/parlor-sse/parlor/persistence"

// Input is what happens to a core.
type Input interface{ input() }

type (
	// Configure tells the home sets in force: one for each ring that is not
	// retired, oldest first; the last is the present one. It comes before
	// anything else, and again whenever the rings change.
	Configure struct{ Configs []Config }

	// Acquire asks the core to own the room. The answer is the event Owned, or
	// Deposed; the caller asks again when it likes.
	Acquire struct{ Now uint64 } // unix milliseconds

	// Propose gives an owner its next turn. Its number is the one after the turn
	// proposed before, the positions of its messages are of the epoch of Owned
	// and follow on those proposed before, the turn of its key is its own number,
	// and it stays within persistence's bounds and Options.StorageBytes. Any other
	// turn is ignored, and counted as dropped. A core that owns nothing ignores it,
	// too: it has said Deposed before.
	Propose struct {
		Number uint64
		Turn   persistence.Turn
	}

	// Confirm asks an owner whether it still is the owner, so that what was
	// committed before, whoever did it, is known to be what this owner knows as
	// committed. The answer is the event Confirmed, or Deposed. A core that owns
	// nothing ignores it: it has said Deposed before.
	Confirm struct{}

	// Release ends an ownership, or the attempt to get one, without an event.
	Release struct{}

	// Receive is a message of another node, or of this one.
	Receive struct {
		From    string
		Message Message
	}

	// Durable tells that the oldest N writes not yet reported are durable.
	Durable struct{ N int }

	// Tick passes time: some tens of milliseconds a tick. A core that is not
	// Busy needs none.
	Tick struct{ Now uint64 } // unix milliseconds
)

func (Configure) input() {}
func (Acquire) input()   {}
func (Propose) input()   {}
func (Confirm) input()   {}
func (Release) input()   {}
func (Receive) input()   {}
func (Durable) input()   {}
func (Tick) input()      {}

// Effects are what a step asks of the world. Writes become durable in their
// order. Sends may go out at once, in their order; those to the node itself are
// given back as Receive before anything is proposed. The slices are the core's again with the next Step;
// what they refer to is never changed.
type Effects struct {
	Writes []persistence.Write // Room is the caller's to fill in
	Sends  []Send
	Events []Event
}

// Send is a message on its way.
type Send struct {
	To      string
	Message Message
}

// Event is what an owner is told.
type Event interface{ event() }

type (
	// Owned tells that the room is owned under Epoch, and what it holds: all of
	// it is committed. History is what the core keeps in memory, which reaches
	// further back than the store's as a rule. Storage is the caller's, and not
	// nil.
	Owned struct {
		Epoch uint64
		Birth uint64
		Log   persistence.Copy // Lineage includes Epoch
	}

	// Committed tells that everything up to Turn is committed, and how many
	// members hold it.
	Committed struct {
		Turn     uint64
		Replicas int
	}

	// Confirmed answers the oldest N inputs Confirm that were not answered yet:
	// since they came, W members have said that nobody else was promised the room.
	Confirmed struct{ N int }

	// Deposed ends an ownership or the attempt to get one. What was proposed
	// and not committed is of unknown fate, and what was to be confirmed is not.
	Deposed struct{ Reason Reason }
)

func (Owned) event()     {}
func (Committed) event() {}
func (Confirmed) event() {}
func (Deposed) event()   {}

// Reason says why an ownership ended.
type Reason uint8

const (
	ReasonFenced   Reason = iota // another was promised a higher epoch
	ReasonOldRing                // members go by a newer ring than this node
	ReasonMoved                  // the ring says that the room is another's
	ReasonNewHome                // still this node's, but its home set changed: acquire it again
	ReasonNoQuorum               // too few members answered in time
	ReasonTorn                   // what the room has stored is lost wherever it may have been whole
)

// String returns the reason as metrics and logs name it.
func (r Reason) String() string {
	return [...]string{"fenced", "old_ring", "moved", "new_home", "no_quorum", "torn"}[r]
}

// reset empties e and keeps its arrays, but nothing that they referred to.
func (e *Effects) reset() {
	clear(e.Writes)
	clear(e.Sends)
	clear(e.Events)
	e.Writes, e.Sends, e.Events = e.Writes[:0], e.Sends[:0], e.Events[:0]
}
