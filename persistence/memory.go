package persistence

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// How many of a room's newest records a store keeps.
const (
	DefaultHistory = 10
	MaxHistory     = 1 << 16
)

// MemoryConfig configures a MemoryStore.
type MemoryConfig struct {
	// History is how many of its newest records a room keeps: DefaultHistory
	// when zero, at most MaxHistory.
	History int
	// Life is the epoch of the store's life; now, in unix milliseconds, when
	// zero.
	Life uint64
}

// Validate reports values out of bounds.
func (c MemoryConfig) Validate() error { return validateHistory(c.History) }

func validateHistory(n int) error {
	if n < 0 || n > MaxHistory {
		return fmt.Errorf("history of %d records, want 0 to %d", n, MaxHistory)
	}
	return nil
}

// MemoryStore is a Store that keeps everything in memory and loses it when it
// is closed. It is safe for concurrent use.
type MemoryStore struct {
	// Static after construction.
	history int
	life    Life

	mu     sync.RWMutex
	closed bool
	rooms  map[RoomKey]*memoryRoom
}

// memoryRoom holds a room's newest records: contiguous, the last one at last,
// and somewhat more of them than the history, so that dropping old ones costs
// little a record.
type memoryRoom struct {
	lineage Lineage
	last    Position
	records []Record
	keys    map[uint32]KeyEntry
	fence   Fence
}

var _ Store = (*MemoryStore)(nil)

// NewMemoryStore returns an empty store. A history out of bounds is taken as
// the nearest bound.
func NewMemoryStore(cfg MemoryConfig) *MemoryStore {
	history := cfg.History
	if history <= 0 {
		history = DefaultHistory
	}
	epoch := cfg.Life
	if epoch == 0 {
		epoch = uint64(time.Now().UnixMilli())
	}
	return &MemoryStore{
		history: min(history, MaxHistory),
		life:    Life{Epoch: epoch},
		rooms:   make(map[RoomKey]*memoryRoom),
	}
}

// Life implements Store. A memory store has no earlier lives.
func (s *MemoryStore) Life() Life { return s.life }

// Load implements Store.
func (s *MemoryStore) Load(key RoomKey) (*State, error) {
	if err := key.Validate(); err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return nil, ErrClosed
	}
	r, ok := s.rooms[key]
	if !ok {
		return &State{}, nil
	}
	return r.state(s.history), nil
}

func (r *memoryRoom) state(history int) *State {
	newest := r.records[max(0, len(r.records)-history):]
	return &State{
		Lineage: slices.Clone(r.lineage),
		Last:    r.last,
		History: slices.Clone(newest),
		Keys:    slices.Collect(maps.Values(r.keys)),
		Fence:   r.fence,
	}
}

// add appends rec and drops what the history no longer needs. A record that
// does not follow on the newest one ends the run that the history is.
func (r *memoryRoom) add(rec Record, history int) {
	for len(r.records) > 0 && r.records[len(r.records)-1].Seq >= rec.Seq {
		r.records = r.records[:len(r.records)-1]
	}
	if n := len(r.records); n > 0 && r.records[n-1].Seq+1 != rec.Seq {
		r.records = r.records[:0]
	}
	r.records = append(r.records, rec)
	r.last = rec.Position
	if excess := len(r.records) - history; excess > history/8 {
		n := copy(r.records, r.records[excess:])
		clear(r.records[n:])
		r.records = r.records[:n]
	}
}

// Commit implements Store.
func (s *MemoryStore) Commit(writes []Write) error {
	for i := range writes {
		if err := writes[i].Validate(); err != nil {
			return fmt.Errorf("commit: %w", err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	for i := range writes {
		s.applyLocked(&writes[i])
	}
	return nil
}

func (s *MemoryStore) applyLocked(w *Write) {
	if w.Forget {
		delete(s.rooms, w.Room)
		return
	}
	r, ok := s.rooms[w.Room]
	if !ok {
		r = &memoryRoom{}
		s.rooms[w.Room] = r
	}
	switch {
	case w.Copy != nil:
		r.replace(w.Copy, s.history)
	case w.Record.Seq != 0:
		r.append(w, s.history)
	}
	if w.Fence != nil {
		r.fence = *w.Fence
	}
}

// append makes the write's message the room's newest.
func (r *memoryRoom) append(w *Write, history int) {
	if !slices.Equal(r.lineage, w.Lineage) {
		r.lineage = slices.Clone(w.Lineage)
	}
	r.add(w.Record, history)
	if w.Key != nil {
		r.put(*w.Key)
	}
}

func (r *memoryRoom) put(e KeyEntry) {
	if r.keys == nil {
		r.keys = make(map[uint32]KeyEntry)
	}
	r.keys[e.Slot] = e
}

// replace makes the room hold what c holds, and nothing else. Its slices are
// copied: c belongs to whoever made it.
func (r *memoryRoom) replace(c *Copy, history int) {
	*r = memoryRoom{
		lineage: slices.Clone(c.Lineage),
		last:    c.Last,
		records: slices.Clone(c.History[max(0, len(c.History)-history):]),
	}
	for _, e := range c.Keys {
		r.put(e)
	}
}

// Rooms implements Store. It gathers the rooms first and holds no lock while
// it calls yield.
func (s *MemoryStore) Rooms(from RoomKey, yield func(RoomKey, Position) bool) error {
	type entry struct {
		key  RoomKey
		last Position
	}
	s.mu.RLock()
	if s.closed {
		s.mu.RUnlock()
		return ErrClosed
	}
	var found []entry
	for key, r := range s.rooms {
		if compareRooms(key, from) >= 0 {
			found = append(found, entry{key, r.last})
		}
	}
	s.mu.RUnlock()

	slices.SortFunc(found, func(a, b entry) int { return compareRooms(a.key, b.key) })
	for _, e := range found {
		if !yield(e.key, e.last) {
			break
		}
	}
	return nil
}

// Close implements Store and forgets all rooms.
func (s *MemoryStore) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	s.closed = true
	s.rooms = nil
	return nil
}

func compareRooms(a, b RoomKey) int {
	return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.Name, b.Name))
}
