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

	MaxTurnRecords  = 1024      // in one turn
	MaxKeyBytes     = 2<<10 + 8 // of an item's key
	MaxValueBytes   = 128 << 10 // of an item's value
	MaxChangeBytes  = 32 << 20  // of the items that one turn puts, and of the keys that it deletes
	MaxStorageBytes = 1 << 30   // of all items of a room
	MaxAnswerBytes  = 16 << 10  // of what is remembered with an idempotency key
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

// Validate reports as ErrInvalid a write that could not be read back, or that
// is not exactly one of the kinds that a Write can be.
func (w *Write) Validate() error {
	if err := w.Room.Validate(); err != nil {
		return err
	}
	if err := w.check(); err != nil {
		return fmt.Errorf("room %q: %w: %w", w.Room, err, ErrInvalid)
	}
	return nil
}

// check reports a write that is of no kind, of several, or wrong in itself.
func (w *Write) check() error {
	turn, whole := w.Turn != nil, w.Copy != nil
	switch {
	case w.Forget:
		if turn || whole || w.Fence != nil {
			return errors.New("the end of a copy comes with nothing else")
		}
	case turn && whole:
		return errors.New("both a turn and a copy")
	case whole && w.Fence == nil:
		return errors.New("copy without a fence")
	case !turn && !whole && w.Fence == nil:
		return errors.New("no turn, and nothing in its place")
	}
	switch {
	case w.Fence != nil && !w.Fence.wellFormed():
		return fmt.Errorf("fence %+v", *w.Fence)
	case whole:
		return w.Copy.check()
	case turn:
		return w.checkTurn()
	}
	return nil
}

// checkTurn reports a turn that contradicts itself or the head that it leaves.
func (w *Write) checkTurn() error {
	if err := w.Turn.Check(); err != nil {
		return err
	}
	if err := w.Head.check(); err != nil {
		return err
	}
	return w.Head.checkLeftBy(w.Turn)
}

// checkLeftBy reports a head that the turn, which is sound, can't have left.
func (h *Head) checkLeftBy(t *Turn) error {
	n := len(t.Records)
	if !h.Uneven && (n != 1 || t.Change != nil) {
		return fmt.Errorf("turn of %d messages leaves a head that counts messages", n)
	}
	if n > 0 && t.Records[n-1].Position != h.Last {
		return fmt.Errorf("turn up to %v leaves a head at %v", t.Records[n-1].Position, h.Last)
	}
	// Of records of one epoch, those between two that are admitted are too, and
	// the newest one is the head's.
	if n > 1 && !h.Lineage.Admits(t.Records[0].Position) {
		return fmt.Errorf("record %v under lineage %v", t.Records[0].Position, h.Lineage)
	}
	if k := t.Key; k != nil && !h.covers(k) {
		return fmt.Errorf("turn %d up to %v with a key of turn %d at %v", h.Turn, h.Last, k.Turn, k.At)
	}
	if c := t.Change; c != nil && c.Alarm != nil && *c.Alarm != h.Alarm {
		return fmt.Errorf("alarm set to %+v leaves a head with %+v", *c.Alarm, h.Alarm)
	}
	return nil
}

// covers reports whether the key is of a turn that the head tells of.
func (h *Head) covers(e *KeyEntry) bool { return e.Turn <= h.Turn && e.At.Seq <= h.Last.Seq }
