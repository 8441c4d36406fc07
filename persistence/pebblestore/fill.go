package pebblestore

import (
	"errors"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parlor-sse/parlor/persistence"
)

// scratch is memory that one batch after the other is filled through.
type scratch struct{ key, value []byte }

// filler puts writes into a batch.
type filler struct {
	*scratch
	db    *pebble.DB // as it was before the batch
	batch *pebble.Batch
	plan  *plan
	slots uint64 // that a room's records are laid out in
	sweep sweeper
	asked prior // the last that was asked for
}

// fill puts the writes into batch. Of what several writes put in the same
// place only the last goes in: a room's meta once, and of its records those
// that the history still holds after the batch. Of a room that a copy replaces,
// or whose copy ends, nothing goes in that was written before that.
func (s *Store) fill(batch *pebble.Batch, writes []persistence.Write, plan *plan) error {
	f := filler{
		scratch: &s.scratch, db: s.db, batch: batch, plan: plan, slots: uint64(s.cfg.History), sweep: sweeper{db: s.db},
	}
	for i := range writes {
		w := &writes[i]
		if plan.undone(i, w.Room) {
			continue
		}
		if err := f.write(i, w); err != nil {
			return errors.Join(err, f.sweep.close())
		}
	}
	return f.sweep.close()
}

// write puts write i into the batch.
func (f *filler) write(i int, w *persistence.Write) error {
	var err error
	var head *persistence.Head // that the write leaves; nil if none
	switch {
	case w.Turn != nil:
		head = &w.Head
		err = f.turn(i, w)
	case w.Copy != nil:
		head = &w.Copy.Head
		err = f.replace(i, w.Room, w.Copy)
	case w.Forget:
		head = &persistence.Head{}
		err = f.forget(w.Room)
	}
	if err == nil && f.plan.setsAlarm(i, w.Room) {
		err = f.moveAlarm(w.Room, head.Alarm.At)
	}
	if err != nil || w.Fence == nil {
		return err
	}
	f.key = appendRoom(f.key[:0], prefixFence, w.Room)
	f.value = persistence.AppendFence(f.value[:0], w.Fence)
	return f.batch.Set(f.key, f.value, nil)
}

// turn adds a turn, write i, to its room.
func (f *filler) turn(i int, w *persistence.Write) error {
	p := f.plan.rooms[w.Room]
	for j := range w.Turn.Records {
		if err := f.record(w.Room, &w.Turn.Records[j], p.newest); err != nil {
			return err
		}
	}
	if w.Turn.Key != nil {
		if err := f.entry(w.Room, w.Turn.Key); err != nil {
			return err
		}
	}
	if w.Turn.Change != nil && !f.plan.cleared(i, w.Room) {
		if err := f.change(w.Room, w.Turn.Change); err != nil {
			return err
		}
	}
	if w.Head.Turn == 1 {
		if err := f.nameID(w.Room); err != nil {
			return err
		}
	}
	if i != p.head {
		return nil
	}
	return f.meta(w.Room, &w.Head)
}

// replace has the room hold what c, of write i, holds, and nothing else.
func (f *filler) replace(i int, room persistence.RoomKey, c *persistence.Copy) error {
	if err := f.empty(room); err != nil {
		return err
	}
	if c.Turn == 0 {
		return f.nothing(room)
	}
	p := f.plan.rooms[room]
	for j := range c.History {
		if err := f.record(room, &c.History[j], p.newest); err != nil {
			return err
		}
	}
	for j := range c.Keys {
		if err := f.entry(room, &c.Keys[j]); err != nil {
			return err
		}
	}
	if !f.plan.cleared(i, room) {
		if err := f.items(room, c.Storage); err != nil {
			return err
		}
	}
	if err := f.nameID(room); err != nil || i != p.head {
		return err
	}
	return f.meta(room, &c.Head)
}

// forget removes all of the room.
func (f *filler) forget(room persistence.RoomKey) error {
	if err := f.empty(room); err != nil {
		return err
	}
	f.key = appendRoom(f.key[:0], prefixFence, room)
	if err := f.batch.Delete(f.key, nil); err != nil {
		return err
	}
	return f.nothing(room)
}

// empty removes all records, keys and items of the room.
func (f *filler) empty(room persistence.RoomKey) error {
	for _, prefix := range []byte{prefixRecord, prefixKeyEntry} {
		if err := f.sweep.part(f.batch, prefix, room); err != nil {
			return err
		}
	}
	return f.removeItems(room)
}

// nothing removes what every room has of which there is a turn.
func (f *filler) nothing(room persistence.RoomKey) error {
	f.key = appendRoom(f.key[:0], prefixMeta, room)
	if err := f.batch.Delete(f.key, nil); err != nil {
		return err
	}
	return f.unnameID(room)
}

// record stores r, unless the history will not reach back to it once newest is
// the room's newest seq.
func (f *filler) record(room persistence.RoomKey, r *persistence.Record, newest uint64) error {
	if r.Seq < newest && newest-r.Seq >= f.slots {
		return nil
	}
	f.key = appendSlot(f.key[:0], prefixRecord, room, uint32(r.Seq%f.slots))
	f.value = persistence.AppendRecord(f.value[:0], r)
	return f.batch.Set(f.key, f.value, nil)
}

func (f *filler) meta(room persistence.RoomKey, head *persistence.Head) error {
	f.key = appendRoom(f.key[:0], prefixMeta, room)
	f.value = persistence.AppendMeta(f.value[:0], &persistence.Meta{Head: *head, Slots: uint32(f.slots)})
	return f.batch.Set(f.key, f.value, nil)
}

func (f *filler) entry(room persistence.RoomKey, e *persistence.KeyEntry) error {
	f.key = appendSlot(f.key[:0], prefixKeyEntry, room, e.Slot)
	f.value = persistence.AppendKeyEntry(f.value[:0], e)
	return f.batch.Set(f.key, f.value, nil)
}
