package remoting

import (
	"sync"

	"github.com/asynkron/protoactor-go/actor"
)

// letter is a message on its way out. Its bytes are not changed after it was
// sent.
type letter struct {
	to, sender *actor.PID // sender may be nil
	payload    []byte
}

// letterOverhead is about what a letter takes besides its payload, on the wire
// and in the queue: ids, indexes and headers.
const letterOverhead = 64

// size is what a letter counts for in a queue, in bytes.
func (l *letter) size() int { return letterOverhead + len(l.payload) }

// queue holds the letters of one stream until they were sent. Many add to it, one
// takes from it.
type queue struct {
	// Static after construction.
	maxLetters int
	maxBytes   int
	wake       chan struct{} // of capacity 1; holds a token if there may be letters to take

	mu sync.Mutex
	// Guarded by mu.
	letters []letter // not yet taken
	spare   []letter // the array to use after the next take
	count   int      // letters added and not yet released
	bytes   int      // of those
}

func newQueue(maxLetters, maxBytes int) *queue {
	return &queue{maxLetters: maxLetters, maxBytes: maxBytes, wake: make(chan struct{}, 1)}
}

// push adds a letter, or returns false if there is no room.
func (q *queue) push(l letter) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.count >= q.maxLetters || q.bytes+l.size() > q.maxBytes {
		return false
	}
	q.count++
	q.bytes += l.size()
	q.letters = append(q.letters, l)
	if len(q.letters) == 1 {
		select {
		case q.wake <- struct{}{}:
		default:
		}
	}
	return true
}

// keepLetters bounds the arrays that outlive a burst.
const keepLetters = 4096

// take returns all letters that nobody took, oldest first. They count until they
// are released. The slice may be used until the next take.
func (q *queue) take() []letter {
	q.mu.Lock()
	defer q.mu.Unlock()
	taken := q.letters
	q.letters, q.spare = q.spare[:0], nil
	if cap(taken) <= keepLetters {
		q.spare = taken
	}
	return taken
}

// release makes room: letters that were taken are done with.
func (q *queue) release(done []letter) {
	bytes := 0
	for i := range done {
		bytes += done[i].size()
	}
	clear(done) // what was sent is not to be kept alive by the array
	q.mu.Lock()
	defer q.mu.Unlock()
	q.count -= len(done)
	q.bytes -= bytes
}

// size returns what was added and not yet released.
func (q *queue) size() (letters, bytes int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.count, q.bytes
}
