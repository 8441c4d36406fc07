package checker

// Invariant is something that has to hold in every run.
type Invariant int

const (
	// I1: what was acknowledged is there for good, under its id.
	I1 Invariant = iota + 1
	// I2: one message has one id, and no stream is shown an id twice.
	I2
	// I3: seqs of a room have no hole and epochs never fall along them; an id
	// stands for the same bytes everywhere.
	I3
	// I4: what was acknowledged or shown before another message was published
	// comes before it.
	I4
	// I5: nothing is delivered that was not published to that room, with those
	// bytes, and before; and nothing that was refused.
	I5
	// I6: on one stream, each message follows the one before it, unless a loss
	// was announced.
	I6
	// I7: who comes back gets exactly what follows the id that it sent, and who
	// comes without one gets the newest messages, up to ten.
	I7
	// I8: a gap names exactly what is missing, and only what the room no longer
	// keeps.
	I8
	// I9: what was shown once stays.
	I9
	// I10: an epoch has one owner, and none acknowledges anything once a later
	// one has.
	I10
	// I11: a node that reaches no other commits nothing, and lets its streams go.
	I11
	// I12: soon after the faults every room takes messages and every stream has
	// them all; no stream was refused in a way that browsers never come back
	// from.
	I12
	// I13: in the end all nodes name the same members, and as many copies as
	// were asked for are equal.
	I13
	// I14: a broker is given every message of a room, in the room's order, each at
	// least once.
	I14
	// Expected is not about the contract: it stands for what a fault expects of
	// the processes that it deals with.
	Expected
)

// count is how many invariants there are, with room for 0, which is none.
const count = int(Expected) + 1

// String returns the invariant's short name.
func (i Invariant) String() string {
	names := [count]string{"", "I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I9", "I10", "I11", "I12", "I13", "I14", "expected"}
	if i < 1 || int(i) >= count {
		return "unknown"
	}
	return names[i]
}

// About says in a few words what the invariant wants.
func (i Invariant) About() string {
	switch i {
	case I1:
		return "acknowledged messages stay"
	case I2:
		return "one message, one id"
	case I3:
		return "no holes, one content an id"
	case I4:
		return "order respects real time"
	case I5:
		return "nothing unpublished or refused is delivered"
	case I6:
		return "streams miss nothing silently"
	case I7:
		return "resume is exact"
	case I8:
		return "gaps are honest"
	case I9:
		return "what was shown stays"
	case I10:
		return "one owner at a time"
	case I11:
		return "a cut-off node commits nothing"
	case I12:
		return "everything recovers"
	case I13:
		return "copies and rings agree"
	case I14:
		return "the broker misses nothing"
	case Expected:
		return "processes behave as the fault expects"
	}
	return ""
}

// MarshalText writes the short name.
func (i Invariant) MarshalText() ([]byte, error) { return []byte(i.String()), nil }
