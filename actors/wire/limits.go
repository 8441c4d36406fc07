package wire

// Bounds on what the messages of this package carry, besides those of package
// persistence. Decode refuses what is beyond them, and Append does not look: who
// sends a message sees to it.
const (
	MaxReasonBytes   = 64       // of a refusal's reason
	MaxSentenceBytes = 512      // of a refusal's message
	MaxMethodBytes   = 32       // of a call's method
	MaxTargetBytes   = 8 << 10  // of a call's path and query
	MaxFields        = 64       // of a call's header, or its answer's
	MaxHeaderBytes   = 16 << 10 // of all names and values of a header
	MaxBodyBytes     = 1 << 20  // of a call, or its answer
	MaxObjectIDBytes = 64
	MaxPartBytes     = 256 << 10 // of the data of a Part
	MaxStreamIDBytes = 255 + 16  // of a node's name and a number
	MaxMustered      = 10_000    // people in a Mustered
	MaxPresence      = 1_000     // people in a Presence
)
