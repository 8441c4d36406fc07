package actors

import (
	"slices"

	"github.com/parlor-sse/parlor/persistence"
)

// outcome says how a stream begins that brought a last event id.
type outcome uint8

const (
	resumeFrom  outcome = iota // with the messages after verdict.after; nothing is missing
	resumeGap                  // verdict.lost messages are gone; then all that is kept
	resumeReset                // the id says nothing here; then all that is kept
)

// verdict is what an id is worth.
type verdict struct {
	outcome outcome
	after   uint64               // resumeFrom: the seq after which messages follow
	from    persistence.Position // resumeGap: the first message lost
	to      persistence.Position // resumeGap: the last message lost
	lost    uint64               // resumeGap
	reason  string               // resumeReset
}

// Why a stream was reset, as the event tells.
const (
	resetMalformed   = "malformed"
	resetUnknownID   = "unknown_id"
	resetHistoryLost = "history_lost"
)

// window is what is known of a room where an id is judged.
type window struct {
	lineage persistence.Lineage
	past    []uint64             // earlier lives of the store
	last    persistence.Position // the newest message, or the place before the first
	history []persistence.Position
}

// first returns the seq of the oldest message kept, or of the next one if none
// is.
func (w *window) first() uint64 {
	return w.last.Seq + 1 - uint64(len(w.history))
}

// judge decides what a client that last saw id is to be sent. It is pure. An id
// is believed only if the message of that seq was committed under that epoch:
// a seq that was given again after a loss has another epoch.
func (w *window) judge(id persistence.Position) verdict {
	first := w.first()
	switch {
	case !w.knows(id):
		return verdict{outcome: resumeReset, reason: w.whyUnknown(id)}
	case id.Seq+1 >= first:
		return verdict{outcome: resumeFrom, after: id.Seq}
	}
	from, to := w.position(id.Seq+1, id.Epoch), w.position(first-1, id.Epoch)
	return verdict{outcome: resumeGap, from: from, to: to, lost: to.Seq - id.Seq}
}

// knows reports whether id was given out here and names what it named then.
func (w *window) knows(id persistence.Position) bool {
	if id.Seq > w.last.Seq {
		return false
	}
	if id.Seq == 0 {
		return w.knowsStart(id.Epoch)
	}
	epoch, known := w.epochOf(id.Seq)
	return known && epoch == id.Epoch
}

// knowsStart reports whether a client can have found the room without messages
// under that epoch: it is one of ours, and not later than the first message's.
func (w *window) knowsStart(epoch uint64) bool {
	if !w.lineage.Knows(epoch) && !slices.Contains(w.past, epoch) {
		return false
	}
	first, known := w.epochOf(1)
	if !known {
		first = w.lineage[0].Epoch
	}
	return epoch <= first
}

// position returns the id of a message that may be gone. Of one so old that its
// epoch is forgotten, all that is known is that the epoch was not before least.
func (w *window) position(seq, least uint64) persistence.Position {
	epoch, known := w.epochOf(seq)
	if !known {
		epoch = least
	}
	return persistence.Position{Epoch: epoch, Seq: seq}
}

// epochOf returns the epoch under which seq was, or will be, committed. Messages
// that are kept know it themselves, however many epochs ago that was.
func (w *window) epochOf(seq uint64) (uint64, bool) {
	first := w.first()
	if seq >= first && seq <= w.last.Seq {
		return w.history[seq-first].Epoch, true
	}
	return w.lineage.EpochOf(seq)
}

// whyUnknown tells an id of this room whose messages are gone from one that
// was never given here.
func (w *window) whyUnknown(id persistence.Position) string {
	current := w.lineage.Current()
	if id.Epoch < current && (w.lineage.Knows(id.Epoch) || slices.Contains(w.past, id.Epoch)) {
		return resetHistoryLost
	}
	return resetUnknownID
}
