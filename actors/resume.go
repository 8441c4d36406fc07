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
	last    persistence.Position // the newest message; seq 0 if there is none
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
	epoch, known := w.epochOf(id.Seq)
	switch {
	case id.Seq > w.last.Seq || !known || epoch != id.Epoch:
		return verdict{outcome: resumeReset, reason: w.whyUnknown(id)}
	case id.Seq+1 >= first:
		return verdict{outcome: resumeFrom, after: id.Seq}
	}
	from := persistence.Position{Seq: id.Seq + 1}
	to := persistence.Position{Seq: first - 1}
	from.Epoch, _ = w.epochOf(from.Seq)
	to.Epoch, _ = w.epochOf(to.Seq)
	return verdict{outcome: resumeGap, from: from, to: to, lost: to.Seq - id.Seq}
}

// epochOf returns the epoch under which seq was committed. Messages that are
// kept know it themselves, however many epochs ago that was. The place before
// the first message belongs to the epoch of the first.
func (w *window) epochOf(seq uint64) (uint64, bool) {
	if seq == 0 {
		seq = 1
	}
	if first := w.first(); seq >= first && seq <= w.last.Seq {
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
