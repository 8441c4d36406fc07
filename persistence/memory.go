package persistence

import (
	"cmp"
	"fmt"
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
	index  memoryIndex
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
		index:   newMemoryIndex(),
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
	var before Head
	r, ok := s.rooms[w.Room]
	if ok {
		before = r.head
	}
	if w.Forget {
		delete(s.rooms, w.Room)
		s.index.move(w.Room, before, Head{})
		return
	}
	if !ok {
		r = &memoryRoom{}
		s.rooms[w.Room] = r
	}
	switch {
	case w.Copy != nil:
		r.replace(w.Copy, s.history)
	case w.Turn != nil:
		r.add(w.Turn, w.Head, s.history)
	}
	if w.Fence != nil {
		r.fence = *w.Fence
	}
	s.index.move(w.Room, before, r.head)
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
			found = append(found, entry{key, r.head.Last})
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

// Alarms implements Store. It holds no lock while it calls yield.
func (s *MemoryStore) Alarms(until int64, yield func(RoomKey, int64) bool) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return ErrClosed
	}
	alarms := s.index.alarms.Clone() // changes what it clones, hence the lock
	s.mu.Unlock()

	alarms.Ascend(func(a memoryAlarm) bool { return a.at <= until && yield(a.room, a.at) })
	return nil
}

// Find implements Store.
func (s *MemoryStore) Find(kind, objectID string) (RoomKey, bool, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return RoomKey{}, false, ErrClosed
	}
	if name, ok := s.index.names[objectKey{kind, objectID}]; ok {
		return RoomKey{Kind: kind, Name: name}, true, nil
	}
	room := RoomKey{Kind: kind, Name: objectID}
	if r, ok := s.rooms[room]; ok && r.head.Turn > 0 && CheckObjectID(kind, objectID) == nil {
		return room, true, nil
	}
	return RoomKey{}, false, nil
}

// Close implements Store and forgets all rooms.
func (s *MemoryStore) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	s.closed = true
	s.rooms, s.index = nil, memoryIndex{}
	return nil
}

func compareRooms(a, b RoomKey) int {
	return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.Name, b.Name))
}
