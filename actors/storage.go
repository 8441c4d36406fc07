package actors

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/parlor-sse/parlor/persistence"
)

// Storage is what a room keeps: values by key, in the order of the keys' bytes,
// and one alarm. It belongs to one call of a behaviour, as its Context does, and
// shows what that call has changed. All changes of a call become durable
// together, with the messages that it broadcasts, or not at all.
//
// It is in memory while the room is awake: reading never waits. Values are
// copied on their way in and out. What one call changes may be 31 MiB, but has to
// cross to the room's other copies before anybody is answered: a few MiB are
// better.
type Storage struct{ turn *turn }

// maxChange bounds what one turn changes, keys and values, in bytes: less than a
// commit may hold, to leave room for what the room itself keeps.
const maxChange = persistence.MaxChangeBytes - 1<<20

// Item is a stored value under its key.
type Item struct {
	Key   string
	Value []byte
}

// ListOptions says which items List returns. The zero value stands for all.
type ListOptions struct {
	Start      string // the first key; empty for no bound
	StartAfter string // the key before the first; empty for no bound; not with Start
	End        string // the key after the last; empty for no bound
	Prefix     string // of all keys
	Reverse    bool   // last key first; Start and End mean the same keys
	Limit      int    // items at most; 0 for no limit
}

// Get returns the value under a key.
func (s *Storage) Get(key string) (value []byte, ok bool) {
	if s.turn.over.Load() {
		return nil, false
	}
	value, ok = s.turn.storage.Get(userItem + key)
	return bytes.Clone(value), ok
}

// GetAll returns the values under those of at most MaxStorageBatch keys that
// have one.
func (s *Storage) GetAll(keys ...string) (map[string][]byte, error) {
	if err := s.turn.admit(len(keys)); err != nil {
		return nil, err
	}
	all := make(map[string][]byte, len(keys))
	for _, key := range keys {
		if v, ok := s.Get(key); ok {
			all[key] = v
		}
	}
	return all, nil
}

// Put stores a value under a key. Errors are ErrStorageKey, ErrStorageValue,
// ErrStorageFull, ErrTurnSize and ErrTurnOver; after one nothing is changed.
func (s *Storage) Put(key string, value []byte) error {
	return s.PutAll(map[string][]byte{key: value})
}

// PutAll stores at most MaxStorageBatch values, all or none.
func (s *Storage) PutAll(values map[string][]byte) error {
	if err := s.turn.admit(len(values)); err != nil {
		return err
	}
	grow, weight := 0, 0
	for key, value := range values {
		switch {
		case key == "" || len(key) > MaxStorageKey:
			return ErrStorageKey
		case len(value) > MaxStorageValue:
			return fmt.Errorf("%w: %d bytes under %q", ErrStorageValue, len(value), key)
		}
		weight += s.turn.weight(userItem+key, value)
		grow += len(value)
		if old, ok := s.turn.storage.Get(userItem + key); ok {
			grow -= len(old)
		} else {
			grow += len(userItem) + len(key)
		}
	}
	switch {
	case grow > 0 && s.turn.storage.Bytes()+grow > s.turn.run.kind.Storage:
		return ErrStorageFull
	case s.turn.size+weight > maxChange:
		return ErrTurnSize
	}
	for key, value := range values {
		s.turn.put(userItem+key, bytes.Clone(value))
	}
	return nil
}

// Delete removes at most MaxStorageBatch keys and returns how many there were.
// Like Put it may be ErrTurnSize, and has removed nothing then.
func (s *Storage) Delete(keys ...string) (int, error) {
	if err := s.turn.admit(len(keys)); err != nil {
		return 0, err
	}
	weight := 0
	for _, key := range keys {
		weight += len(userItem) + len(key)
	}
	if s.turn.size+weight > maxChange {
		return 0, ErrTurnSize
	}
	n := 0
	for _, key := range keys {
		if s.turn.remove(userItem + key) {
			n++
		}
	}
	return n, nil
}

// DeleteAll removes everything, the alarm too.
func (s *Storage) DeleteAll() error {
	if err := s.turn.admit(0); err != nil {
		return err
	}
	s.turn.clear()
	return nil
}

// List returns items in the order of their keys.
func (s *Storage) List(o ListOptions) ([]Item, error) {
	if err := s.turn.admit(0); err != nil {
		return nil, err
	}
	if o.Start != "" && o.StartAfter != "" {
		return nil, fmt.Errorf("%w: both Start and StartAfter", ErrStorageKey)
	}
	var items []Item
	o.walk(s.turn.storage, func(it persistence.Item) bool {
		items = append(items, Item{Key: it.Key[len(userItem):], Value: bytes.Clone(it.Value)})
		return o.Limit <= 0 || len(items) < o.Limit
	})
	return items, nil
}

// walk calls yield for the items that the options ask for, until it returns
// false.
func (o ListOptions) walk(s *persistence.Storage, yield func(persistence.Item) bool) {
	first, below := userItem+max(o.Start, o.Prefix), userItem+o.End
	if o.StartAfter != "" {
		first = max(first, userItem+o.StartAfter+"\x00") // no key lies between the two
	}
	if o.End == "" {
		below = pastUserItems
	}
	if end := past(userItem + o.Prefix); end != "" {
		below = min(below, end)
	}
	if o.Reverse {
		s.Descend(below, func(it persistence.Item) bool { return it.Key >= first && yield(it) })
	} else {
		s.Ascend(first, func(it persistence.Item) bool { return it.Key < below && yield(it) })
	}
}

// past returns the first string after all that begin with the prefix, or "" if
// there is none.
func past(prefix string) string {
	b := []byte(prefix)
	for len(b) > 0 && b[len(b)-1] == 0xff { // has no successor of its length
		b = b[:len(b)-1]
	}
	if len(b) == 0 {
		return ""
	}
	b[len(b)-1]++
	return string(b)
}

// Transaction calls f, and takes back what was stored meanwhile, through
// whichever Storage, if f returns an error, which it returns.
func (s *Storage) Transaction(f func(tx *Storage) error) error {
	if err := s.turn.admit(0); err != nil {
		return err
	}
	before := s.turn.save()
	err := f(s)
	if err != nil {
		s.turn.restore(before)
	}
	return err
}

// GetJSON unmarshals the value under a key into v, and reports whether there is
// one.
func (s *Storage) GetJSON(key string, v any) (bool, error) {
	b, ok := s.Get(key)
	if !ok {
		return false, nil
	}
	return true, json.Unmarshal(b, v)
}

// PutJSON stores v under a key, marshalled.
func (s *Storage) PutJSON(key string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("store %q: %w", key, err)
	}
	return s.Put(key, b)
}

// Bytes returns how much is stored, keys and values, of what the kind allows.
func (s *Storage) Bytes() (used, limit int) {
	if s.turn.over.Load() {
		return 0, 0
	}
	return s.turn.storage.Bytes(), s.turn.run.kind.Storage
}

// SetAlarm has the behaviour's Alarm called at a time, or at once if that has
// passed, in place of the alarm that was set before. The time is kept in
// milliseconds.
func (s *Storage) SetAlarm(at time.Time) error {
	switch {
	case s.turn.over.Load():
		return ErrTurnOver
	case s.turn.run.hooks.alarm == nil:
		return ErrNoAlarm
	}
	s.turn.setAlarm(persistence.Alarm{At: max(1, at.UnixMilli())})
	return nil
}

// GetAlarm returns for when the alarm is set. While Alarm runs none is set,
// unless it set another.
func (s *Storage) GetAlarm() (at time.Time, ok bool) {
	if s.turn.over.Load() || s.turn.alarm.At == 0 {
		return time.Time{}, false
	}
	return time.UnixMilli(s.turn.alarm.At), true
}

// DeleteAlarm removes the alarm.
func (s *Storage) DeleteAlarm() error {
	if s.turn.over.Load() {
		return ErrTurnOver
	}
	s.turn.setAlarm(persistence.Alarm{})
	return nil
}

// clone returns a set of changes that may be changed without changing c.
func (c changes) clone() changes {
	c.puts, c.deletes = maps.Clone(c.puts), maps.Clone(c.deletes)
	return c
}
