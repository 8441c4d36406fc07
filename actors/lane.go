package actors

import (
	"errors"
	"slices"
	"time"

	"github.com/parlor-sse/parlor/persistence"
)

// lane is what a room has yet to hand to one sink: its messages in their order,
// of which one delivery at a time is with the sink. It neither waits nor sends;
// the room does.
type lane struct {
	// Static after construction.
	state *sinkState // of the sink; nil if the node has none any more
	item  string     // prefix of the keys under which messages are stored
	cover uint64     // newest messages that need no item of their own, since the history keeps them
	tries int        // deliveries that are repeated before messages are given up; 0 for any number

	queue     []persistence.Record // not delivered, oldest first
	weight    int                  // bytes of the queue
	stored    int                  // of the queue, at its beginning: have items
	sent      int                  // of the queue, at its beginning: with the sink
	sentBytes int                  // bytes of those
	ready     uint64               // newest seq that is committed
	past      uint64               // newest seq that is delivered or given up
	expired   []expired            // items that have had their use
	failures  int                  // deliveries that failed in a row
	busy      int                  // deliveries in a row that the sink had no place for

	waits   bool // until the timer has the delivery repeated
	timer   *time.Timer
	counted backlog // what the sink's state was last told

	class   int      // in the sink's hoard, by what it was last told; 0 for none
	holding *holding // there; nil while it never was in one
}

// Bounds of what a room keeps for a sink that does not take it.
const (
	laneBytes     = 8 << 20 // of messages; the oldest go first
	deliveryBytes = 1 << 20 // of one delivery of several messages
)

// backlog is what waits in a lane.
type backlog struct{ records, bytes, failing int64 }

func (l *lane) backlog() backlog {
	return backlog{int64(len(l.queue)), int64(l.weight), int64(min(l.failures, 1))}
}

// expired is a stored item that is to be deleted.
type expired struct {
	key   string
	bytes int // of key and value
}

func parcelWeight(r *persistence.Record) int { return len(r.Data) + len(r.Event) + 64 }

// uncovered returns the messages that need items once those given have been added:
// they leave the history, and are not delivered.
func (l *lane) uncovered(more []persistence.Record) []persistence.Record {
	rest := l.queue[l.stored:]
	var newest uint64
	switch {
	case len(more) > 0:
		newest = more[len(more)-1].Seq
	case len(rest) > 0:
		newest = rest[len(rest)-1].Seq
	}
	n, m := l.leaving(rest, newest), 0
	if n == len(rest) {
		m = l.leaving(more, newest)
	}
	return slices.Concat(rest[:n], more[:m])
}

// leaving returns how many of the messages, oldest first, leave the history when
// it ends with the newest.
func (l *lane) leaving(list []persistence.Record, newest uint64) int {
	n := 0
	for n < len(list) && list[n].Seq+l.cover <= newest {
		n++
	}
	return n
}

// add takes messages of a turn that was handed to the ledger, and that it has
// stored the oldest of those without an item.
func (l *lane) add(more []persistence.Record, stored int) {
	l.queue = append(l.queue, more...)
	l.stored += stored
	for i := range more {
		l.weight += parcelWeight(&more[i])
	}
}

// shed gives up the oldest messages that are not with the sink until the lane is
// within its bound, and returns how many that were.
func (l *lane) shed(bound int) int {
	n, weight := 0, l.weight
	for weight > bound && l.sent+n < len(l.queue) {
		weight -= parcelWeight(&l.queue[l.sent+n])
		n++
	}
	l.drop(l.sent, n)
	return n
}

// idle returns the bytes of the messages that could be given up.
func (l *lane) idle() int { return l.weight - l.sentBytes }

// drop removes n messages from the place on.
func (l *lane) drop(from, n int) {
	for i := from; i < from+n; i++ {
		rec := &l.queue[i]
		l.weight -= parcelWeight(rec)
		if i < l.stored {
			key := itemKey(l.item, rec.Seq)
			l.expired = append(l.expired, expired{key, len(key) + parcelSize(rec)})
		}
	}
	l.stored -= max(0, min(n, l.stored-from))
	if from == 0 && n > 0 {
		l.past = l.queue[n-1].Seq
	}
	copy(l.queue[n:], l.queue[:from]) // what stays moves, which is little beside what is behind
	clear(l.queue[:n])
	if l.queue = l.queue[n:]; len(l.queue) == 0 {
		l.queue = nil
	} else if first := l.queue[0].Seq; from == 0 && l.cover > 0 && first > l.past { // those in between were given up
		l.past = first - 1
	}
}

// next returns the messages to be delivered now; nil for none. They are with the
// sink until conclude, and the slice is the sink's.
func (l *lane) next() []persistence.Record {
	if l.sent > 0 || l.waits {
		return nil
	}
	n, weight := 0, 0
	for n < len(l.queue) && n < MaxDelivery && l.queue[n].Seq <= l.ready {
		if weight += parcelWeight(&l.queue[n]); n > 0 && weight > deliveryBytes {
			break
		}
		n++
	}
	if n == 0 {
		return nil
	}
	l.sent = n
	for i := range l.queue[:n] {
		l.sentBytes += parcelWeight(&l.queue[i])
	}
	return slices.Clone(l.queue[:n])
}

// conclude takes what came of a delivery, and returns how many messages were
// delivered or given up with it.
func (l *lane) conclude(err error) (delivered, givenUp int) {
	n := l.sent
	l.sent, l.sentBytes = 0, 0
	if errors.Is(err, ErrSinkBusy) {
		l.busy++
		return 0, 0
	}
	l.busy = 0
	switch {
	case err == nil:
		l.failures = 0
		l.drop(0, n)
		return n, 0
	case l.tries > 0 && l.failures >= l.tries:
		l.failures = 0
		l.drop(0, n)
		return 0, n
	}
	l.failures++
	return 0, 0
}

// empty reports whether everything is delivered.
func (l *lane) empty() bool { return len(l.queue) == 0 }
