package actors

import (
	"sync"
	"time"
)

// beatSlots is how many buckets the heartbeats' wheel has. One turn takes a
// heartbeat's time, so a feed is looked at about once in that time, however many
// there are.
const beatSlots = 16

// heartbeats gives feeds that fell silent a sign of life.
type heartbeats struct {
	every time.Duration
	stop  chan struct{}
	done  chan struct{}

	mu   sync.Mutex
	at   int                // guarded by mu: the bucket looked at last
	feed [beatSlots][]*feed // guarded by mu
}

func newHeartbeats(every time.Duration) *heartbeats {
	return &heartbeats{every: every, stop: make(chan struct{}), done: make(chan struct{})}
}

// add puts a feed on the wheel, to be looked at when a full turn is over.
func (h *heartbeats) add(f *feed) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.feed[h.at] = append(h.feed[h.at], f)
}

// run turns the wheel until close.
func (h *heartbeats) run() {
	defer close(h.done)
	tick := time.NewTicker(h.every / beatSlots)
	defer tick.Stop()
	for {
		select {
		case <-h.stop:
			return
		case now := <-tick.C:
			h.turn(now)
		}
	}
}

// turn looks at the feeds of the next bucket and puts each where its silence
// will be due.
func (h *heartbeats) turn(now time.Time) {
	h.mu.Lock()
	h.at = (h.at + 1) % beatSlots
	due := h.feed[h.at]
	h.feed[h.at] = nil
	h.mu.Unlock()
	slot := h.every / beatSlots
	for _, f := range due {
		if f.dead.Load() {
			continue
		}
		silence := now.Sub(time.Unix(0, f.touched.Load()))
		if silence >= h.every-slot {
			f.heartbeat()
			silence = 0
		}
		wait := int((h.every - silence) / slot)
		h.mu.Lock()
		at := (h.at + min(max(wait, 1), beatSlots)) % beatSlots
		h.feed[at] = append(h.feed[at], f)
		h.mu.Unlock()
	}
}

func (h *heartbeats) close() {
	close(h.stop)
	<-h.done
}
