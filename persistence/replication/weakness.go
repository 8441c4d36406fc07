package replication

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
)
