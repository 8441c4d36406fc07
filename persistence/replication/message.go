package replication

import "github.com/parlor-sse/parlor/persistence"

// Message is what the cores of one room say to each other. Messages may be
// lost, delayed, repeated and reordered. What a message says was durable before
// it was sent. Nothing in a message is changed after it was sent.
type Message interface{ message() }

// Claim names an ownership: an epoch, and who holds it. Two candidates may pick
// the same epoch; at most one of them is promised it by a quorum.
type Claim struct {
	Epoch  uint64
	Holder uint64 // incarnation of the candidate's process; not 0
	Ring   uint64 // version of the ring that the holder goes by now; it rises while the home set stays what it was
	Since  uint64 // version of the ring that the candidate went by when it asked for promises; never changes
}

// same reports whether both name one ownership, at whatever ring.
func (c Claim) same(o Claim) bool { return c.Epoch == o.Epoch && c.Holder == o.Holder }

type (
	// Prepare asks for the promise that nothing below the claim's epoch, and
	// nothing under an older ring, is accepted any more.
	Prepare struct{ Claim Claim }

	// Promise answers Prepare and tells what the copy holds.
	Promise struct {
		Claim        Claim
		Life         uint64
		Accepted     uint64 // epoch of the owner that the copy follows
		AcceptedRing uint64
		Birth        uint64
		Turn         uint64 // newest that the copy holds
		Last         persistence.Position
		Bytes        uint64 // that the whole copy weighs, about: how patient to be with it
		Damaged      bool   // the copy is known to lack some of what it held
		Torn         bool   // nothing of the copy can be given, and what it held must not be taken for empty
	}

	// Refuse answers whatever comes under a claim that is too low.
	Refuse struct {
		Claim    Claim  // that was refused
		Promised uint64 // the epoch promised to another
		Ring     uint64 // the newest ring that the refusing node goes by
	}

	// Fetch asks one who promised for the content of its copy, or for what it
	// holds after a turn that the candidate has of the same owner.
	Fetch struct {
		Claim    Claim
		Accepted uint64 // of the candidate's own copy; 0 asks for the whole
		After    uint64 // its newest turn
	}

	// Fetched answers Fetch: with the turns after Fetch.After if Partial, else
	// with the whole Log.
	Fetched struct {
		Claim    Claim
		Accepted uint64
		Damaged  bool // the copy is known to lack some of what it held
		Partial  bool
		Turns    []persistence.Turn
		Log      persistence.Copy
	}

	// Sync gives a member the order that the owner begins with: with a base, the
	// turns that follow on what the member said it has.
	Sync struct {
		Claim        Claim
		Birth        uint64
		BaseAccepted uint64 // 0: Log is whole and replaces everything, and Turns is empty
		BaseTurn     uint64
		Turns        []persistence.Turn
		Log          persistence.Copy
	}

	// Append gives a synced member the next turns of the order.
	Append struct {
		Claim Claim
		First uint64 // number of the first of them; the others follow
		Turns []persistence.Turn
	}

	// Ack tells the owner that everything up to Turn is durable under its claim.
	Ack struct {
		Claim Claim
		Life  uint64
		Turn  uint64
	}

	// Behind tells the owner that its last message did not follow on what the
	// member has.
	Behind struct {
		Claim    Claim
		Life     uint64
		Accepted uint64
		Turn     uint64
	}

	// Check asks a member whether the claim is still good.
	Check struct {
		Claim Claim
		Round uint64 // of checks; they are numbered from 1 under each claim
	}

	// Checked answers Check: when it was sent, the member had not promised
	// anything that the claim is below.
	Checked struct {
		Claim Claim
		Life  uint64
		Round uint64
	}

	// Copied brings a whole copy to a node that is not counted yet, or that
	// lacks it. It is not answered.
	Copied struct {
		Accepted     uint64
		AcceptedRing uint64
		Birth        uint64
		Log          persistence.Copy
	}
)

func (Prepare) message() {}
func (Promise) message() {}
func (Refuse) message()  {}
func (Fetch) message()   {}
func (Fetched) message() {}
func (Sync) message()    {}
func (Append) message()  {}
func (Ack) message()     {}
func (Behind) message()  {}
func (Check) message()   {}
func (Checked) message() {}
func (Copied) message()  {}
