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
	batch *pebble.Batch
	plan  *plan
	slots uint64 // that a room's records are laid out in
	sweep sweeper
}

// fill puts the writes into batch. Of what several writes put in the same
// place only the last goes in: a room's meta once, and of its records those
// that the history still holds after the batch. Of a room that a copy replaces,
// or whose copy ends, nothing goes in that was written before that.
func (s *Store) fill(batch *pebble.Batch, writes []persistence.Write, plan *plan) error {
	f := filler{
		scratch: &s.scratch, batch: batch, plan: plan, slots: uint64(s.cfg.History), sweep: sweeper{db: s.db},
	}
	for i := range writes {
		w := &writes[i]
		if plan.undone(i, w.Room) {
			continue
		}
		if err := f.write(w); err != nil {
			return errors.Join(err, f.sweep.close())
		}
	}
	return f.sweep.close()
}

func (f *filler) write(w *persistence.Write) error {
	var err error
	switch {
	case w.Record.Seq != 0:
		err = f.append(w)
	case w.Copy != nil:
		err = f.replace(w.Room, w.Copy)
	case w.Forget:
		return f.forget(w.Room)
	}
	if err != nil || w.Fence == nil {
		return err
	}
	f.key = appendRoom(f.key[:0], prefixFence, w.Room)
	f.value = persistence.AppendFence(f.value[:0], w.Fence)
	return f.batch.Set(f.key, f.value, nil)
}

// append adds a message to its room.
func (f *filler) append(w *persistence.Write) error {
	newest := f.plan.newest[w.Room]
	if err := f.record(w.Room, &w.Record, newest); err != nil {
		return err
	}
	if err := f.meta(w.Room, w.Record.Position, w.Lineage, newest); err != nil {
		return err
	}
	if w.Key == nil {
		return nil
	}
	return f.entry(w.Room, w.Key)
}

// replace has the room hold what c holds, and nothing else.
func (f *filler) replace(room persistence.RoomKey, c *persistence.Copy) error {
	if err := f.sweep.room(f.batch, room); err != nil {
		return err
	}
	if c.Last.Seq == 0 {
		f.key = appendRoom(f.key[:0], prefixMeta, room)
		return f.batch.Delete(f.key, nil)
	}
	newest := f.plan.newest[room]
	for i := range c.History {
		if err := f.record(room, &c.History[i], newest); err != nil {
			return err
		}
	}
	for i := range c.Keys {
		if err := f.entry(room, &c.Keys[i]); err != nil {
			return err
		}
	}
	return f.meta(room, c.Last, c.Lineage, newest)
}

// forget removes all of the room.
func (f *filler) forget(room persistence.RoomKey) error {
	if err := f.sweep.room(f.batch, room); err != nil {
		return err
	}
	for _, prefix := range []byte{prefixMeta, prefixFence} {
		f.key = appendRoom(f.key[:0], prefix, room)
		if err := f.batch.Delete(f.key, nil); err != nil {
			return err
		}
	}
	return nil
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

// meta stores the room's meta, unless last is not the newest that the batch
// brings.
func (f *filler) meta(room persistence.RoomKey, last persistence.Position, l persistence.Lineage, newest uint64) error {
	if last.Seq != newest {
		return nil
	}
	f.key = appendRoom(f.key[:0], prefixMeta, room)
	f.value = persistence.AppendMeta(f.value[:0], &persistence.Meta{Last: last, Slots: uint32(f.slots), Lineage: l})
	return f.batch.Set(f.key, f.value, nil)
}

func (f *filler) entry(room persistence.RoomKey, e *persistence.KeyEntry) error {
	f.key = appendSlot(f.key[:0], prefixKeyEntry, room, e.Slot)
	f.value = persistence.AppendKeyEntry(f.value[:0], e)
	return f.batch.Set(f.key, f.value, nil)
}
