package actors

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/parlor-sse/parlor/actors/wire"
	"github.com/parlor-sse/parlor/persistence"
)

// Bounds on how fast rooms move, so that moving them leaves disks and wires to
// those who publish.
const (
	moveRate    = 5000 // rooms a second that a node offers, or pulls
	offerWindow = 1024 // rooms offered and not yet adopted
	offerBatch  = 128  // rooms in a message
	offerAgain  = 500 * time.Millisecond
	offerPage   = 128 // rooms read from disk at once
)

// offers are the rooms that were offered and not yet adopted.
type offers struct {
	progress chan struct{} // gets a token when some were adopted

	mu      sync.Mutex
	waiting map[persistence.RoomKey]func() // guarded by mu; what to do then, or nil
}

func (o *offers) add(page []persistence.RoomKey, then func(persistence.RoomKey)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, key := range page {
		o.waiting[key] = nil
		if then != nil {
			o.waiting[key] = func() { then(key) }
		}
	}
}

// take removes rooms that were adopted and returns how many there were.
func (o *offers) take(rooms []persistence.RoomKey) int {
	n := 0
	for _, key := range rooms {
		o.mu.Lock()
		then, waited := o.waiting[key]
		delete(o.waiting, key)
		o.mu.Unlock()
		if waited {
			n++
		}
		if then != nil {
			then()
		}
	}
	select {
	case o.progress <- struct{}{}:
	default:
	}
	return n
}

func (o *offers) rooms() []persistence.RoomKey {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Collect(maps.Keys(o.waiting))
}

func (o *offers) count() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.waiting)
}

func (o *offers) clear() {
	o.mu.Lock()
	defer o.mu.Unlock()
	clear(o.waiting)
}

// offer has their owners adopt all stored rooms that are wanted, and calls then,
// if it is set, for each that was. It reports whether all were before ctx ended.
func (h *handover) offer(ctx context.Context, wanted func(persistence.RoomKey) bool, then func(persistence.RoomKey)) bool {
	defer h.pending.Store(0)
	defer h.offers.clear()
	again := time.NewTicker(offerAgain)
	defer again.Stop()
	w := walk{store: h.node.store, wanted: wanted}
	for {
		for h.offers.count() < offerWindow && !w.ended {
			page, err := w.page(offerPage)
			if err != nil {
				h.node.log.Error("rooms not read for hand-over", "err", err)
				return false
			}
			h.offers.add(page, then)
			h.propose(page)
			if !paced(ctx, len(page)) {
				return false
			}
		}
		h.pending.Store(int64(h.offers.count()))
		if w.ended && h.offers.count() == 0 {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-again.C:
			h.propose(h.offers.rooms())
		case <-h.offers.progress:
		}
	}
}

// propose tells the rooms' owners of them.
func (h *handover) propose(rooms []persistence.RoomKey) {
	n := h.node
	ring := n.place.version()
	byOwner := make(map[string][]persistence.RoomKey)
	for _, key := range rooms {
		if owner := n.place.owner(key); owner != "" {
			byOwner[owner] = append(byOwner[owner], key)
		}
	}
	for owner, keys := range byOwner {
		for batch := range slices.Chunk(keys, offerBatch) {
			m := wire.Adopt{Ring: ring, Rooms: batch}
			if owner == n.cfg.Node {
				h.adopt(owner, m)
			} else {
				n.peers.send(owner, replicasProcess, m)
			}
		}
	}
}

// adopted takes an owner's word for rooms that are safe with it.
func (h *handover) adopted(m wire.Adopted) {
	if m.Ring == h.node.place.version() {
		h.moved.Add(uint64(h.offers.take(m.Rooms)))
	}
}

// paced waits for as long as n rooms may take, and reports false if ctx ended.
func paced(ctx context.Context, n int) bool {
	return pauseOr(ctx, nil, time.Duration(n)*time.Second/moveRate)
}

// walk goes through the rooms of a store, page by page.
type walk struct {
	store  persistence.Store
	wanted func(persistence.RoomKey) bool
	from   persistence.RoomKey // the first one not seen yet
	ended  bool
}

// page returns at most limit of the next rooms that are wanted.
func (w *walk) page(limit int) ([]persistence.RoomKey, error) {
	var page []persistence.RoomKey
	ended := true
	err := w.store.Rooms(w.from, func(key persistence.RoomKey, _ persistence.Position) bool {
		if len(page) == limit {
			ended = false
			return false
		}
		w.from = after(key)
		if w.wanted(key) {
			page = append(page, key)
		}
		return true
	})
	w.ended = ended
	return page, err
}

// after returns the least key above one that a room can have.
func after(key persistence.RoomKey) persistence.RoomKey {
	return persistence.RoomKey{Kind: key.Kind, Name: key.Name + "\x01"}
}
