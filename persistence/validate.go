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
	record, whole := w.Record.Seq != 0, w.Copy != nil
	switch {
	case w.Forget:
		if record || whole || w.Fence != nil {
			return errors.New("the end of a copy comes with nothing else")
		}
	case record && whole:
		return errors.New("both a record and a copy")
	case whole && w.Fence == nil:
		return errors.New("copy without a fence")
	case !record && !whole && w.Fence == nil:
		return errors.New("record without a seq, and nothing in its place")
	}
	switch {
	case w.Fence != nil && !w.Fence.wellFormed():
		return fmt.Errorf("fence %+v", *w.Fence)
	case w.Key != nil && (!record || w.Key.At.Seq > w.Record.Seq):
		return errors.New("key without its record")
	case whole:
		return w.Copy.check()
	case record:
		return checkRecord(&w.Record, w.Lineage)
	}
	return nil
}

// checkRecord reports sizes out of bounds, a lineage that is not in order, or
// one that does not admit the record.
func checkRecord(r *Record, l Lineage) error {
	switch {
	case len(r.Event) > MaxEventBytes:
		return fmt.Errorf("event name of %d bytes", len(r.Event))
	case len(r.Data) > MaxDataBytes:
		return fmt.Errorf("data of %d bytes", len(r.Data))
	case r.Seq == 0:
		return errors.New("record without a seq")
	case !l.wellFormed() || !l.Admits(r.Position):
		return fmt.Errorf("record %v under lineage %v", r.Position, l)
	}
	return nil
}

// check reports a copy whose parts contradict each other.
func (c *Copy) check() error {
	if c.Last.Seq == 0 {
		if c.Last.Epoch != 0 || len(c.Lineage) > 0 || len(c.History) > 0 || len(c.Keys) > 0 {
			return errors.New("copy without a message is not empty")
		}
		return nil
	}
	if !c.Lineage.wellFormed() || !c.Lineage.Admits(c.Last) {
		return fmt.Errorf("copy up to %v under lineage %v", c.Last, c.Lineage)
	}
	n := len(c.History)
	if n == 0 || c.History[n-1].Position != c.Last {
		return fmt.Errorf("copy up to %v lacks its newest record", c.Last)
	}
	for i := range c.History {
		r := &c.History[i]
		if r.Seq != c.Last.Seq-uint64(n-1-i) || i > 0 && r.Epoch < c.History[i-1].Epoch {
			return fmt.Errorf("copy up to %v has %v as number %d of %d", c.Last, r.Position, i, n)
		}
		if err := checkRecord(r, c.Lineage); err != nil {
			return err
		}
	}
	return c.checkKeys()
}

// checkKeys reports a key of no message that the copy may hold, or two in one
// slot.
func (c *Copy) checkKeys() error {
	slots := make(map[uint32]struct{}, len(c.Keys))
	for i := range c.Keys {
		e := &c.Keys[i]
		if e.At.Seq > c.Last.Seq {
			return fmt.Errorf("copy up to %v has a key of %v", c.Last, e.At)
		}
		slots[e.Slot] = struct{}{}
	}
	if len(slots) < len(c.Keys) {
		return fmt.Errorf("copy with %d keys in %d slots", len(c.Keys), len(slots))
	}
	return nil
}

// writeOverhead is what a write weighs besides its texts: the Write itself, a
// key entry, a fence, keys and checksums.
const writeOverhead = 192

// size is what the write weighs in a queue or batch, in bytes, within a few
// per cent.
func (w *Write) size() int {
	const span, entry = 12, 64
	n := writeOverhead + len(w.Room.Kind) + len(w.Room.Name) + len(w.Record.Event) + len(w.Record.Data) + span*len(w.Lineage)
	if w.Copy != nil {
		n += span*len(w.Copy.Lineage) + entry*(len(w.Copy.Keys)+len(w.Copy.History))
		for i := range w.Copy.History {
			n += len(w.Copy.History[i].Event) + len(w.Copy.History[i].Data)
		}
	}
	return n
}
