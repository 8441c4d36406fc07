package persistence

import (
	"errors"
	"fmt"
	"strings"
)

// ErrInvalid reports a room key or a write that breaks the contract of the
// type; it is a mistake of the caller's, and nothing was written.
var ErrInvalid = errors.New("invalid write")

// Bounds on what a store takes. They guard the store; a room's own limits are
// lower.
const (
	MaxNameBytes  = 255     // of a room's kind, and of its name
	MaxEventBytes = 64      // of a record's event name
	MaxDataBytes  = 1 << 20 // of a record's data
)

// Validate reports a key that names no room as ErrInvalid.
func (k RoomKey) Validate() error {
	if !validName(k.Kind) || !validName(k.Name) {
		return fmt.Errorf("room key %q: %w", k.String(), ErrInvalid)
	}
	return nil
}

func validName(s string) bool {
	return len(s) > 0 && len(s) <= MaxNameBytes && strings.IndexByte(s, 0) < 0
}

// Validate reports as ErrInvalid a write that could not be read back: a bad
// room key, sizes out of bounds, a lineage that is not in order, or one that
// does not admit the record.
func (w *Write) Validate() error {
	if err := w.Room.Validate(); err != nil {
		return err
	}
	r := &w.Record
	switch {
	case len(r.Event) > MaxEventBytes:
		return fmt.Errorf("room %q: event name of %d bytes: %w", w.Room, len(r.Event), ErrInvalid)
	case len(r.Data) > MaxDataBytes:
		return fmt.Errorf("room %q: data of %d bytes: %w", w.Room, len(r.Data), ErrInvalid)
	case r.Seq == 0:
		return fmt.Errorf("room %q: record without a seq: %w", w.Room, ErrInvalid)
	case !w.Lineage.wellFormed() || !w.Lineage.Admits(r.Position):
		return fmt.Errorf("room %q: record %v under lineage %v: %w", w.Room, r.Position, w.Lineage, ErrInvalid)
	}
	return nil
}

// size is what the write weighs in a queue or batch, in bytes, within a few
// per cent.
func (w *Write) size() int {
	const fixed = 192 // the Write itself, a key entry, keys and checksums
	return fixed + len(w.Room.Kind) + len(w.Room.Name) + len(w.Record.Event) + len(w.Record.Data) + 12*len(w.Lineage)
}
