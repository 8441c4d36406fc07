package replication

import "github.com/parlor-sse/parlor/persistence"

// weakness is a rule that a core is made to break, so that the tests can show
// that they would notice. It is none outside tests, and nothing but a test can
// set it.
type weakness uint8

const (
	none             weakness = iota
	ackEarly                  // acknowledges before a write is durable
	commitFewer               // commits with one member less than a quorum
	appendUnfenced            // appends whatever it has promised since
	promiseUnwritten          // promises before the promise is durable
	presentOnly               // asks only the present home set what there is
	trustEverybody            // counts the acknowledgements of members that may have lost data
	skipSync                  // owns the room before others hold what it begins with
	longestWins               // chooses the longest copy, whoever wrote it
	epochRepeated             // claims an epoch that it has seen promised
	baseUnchecked             // appends to a copy without a look at what it is
	requireLess               // asks no older ring once it has met any owner's copy
	amnesiacVotes             // takes what a member with another life says for all it held
	holeAccepted              // appends what does not follow
	ringIgnored               // accepts claims of any ring
	holderIgnored             // lets two hold one epoch
	storageKept               // keeps what was stored when a whole copy replaces its own
	changeRepeated            // applies the change of a turn again that it is sent again
	alarmLost                 // leaves the alarm as it is when it catches up
	confirmAlone              // confirms without a quorum
	roundIgnored              // counts answers to earlier rounds of checks
)

// leap makes the log end just before the turn, whatever it lacks.
func (l *log) leap(number uint64, t *persistence.Turn) {
	l.head.Turn = number - 1
	if len(t.Records) > 0 {
		l.head.Last.Seq = t.Records[0].Seq - 1
	}
}

// repeat applies what a turn did to what is stored once more.
func (l *log) repeat(t *persistence.Turn) {
	if t.Change != nil && l.storage != nil {
		l.storage.Apply(t.Change)
	}
}
