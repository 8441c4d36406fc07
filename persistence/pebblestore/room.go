package pebblestore

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parlor-sse/parlor/persistence"
)

// storedRoom is a room as found on disk.
type storedRoom struct {
	fence   persistence.Fence
	meta    persistence.Meta       // zero for a room of which only a fence is known
	history []persistence.Record   // contiguous, oldest first, up to meta.Last
	keys    []persistence.KeyEntry // in the order of their slots
	storage *persistence.Storage   // nil if nothing is stored, or if torn
	slots   []uint32               // every record slot in use, whatever it holds
	// misplaced tells that a record lies elsewhere than its seq and meta.Slots
	// say, or that a slot holds one that the history has no use for.
	misplaced bool
	torn      bool  // the storage was left out
	damaged   error // why some value was left out, nil if none was
}

// readRoom reads a room from r, or returns nil if it is not known. Every value
// is judged by itself and against the meta, never by the slot it lies in, so
// that no layout, old or half forgotten, yields a record that is not the
// room's.
func readRoom(r pebble.Reader, key persistence.RoomKey) (*storedRoom, error) {
	fence, err := get(r, appendRoom(nil, prefixFence, key))
	if err != nil {
		return nil, err
	}
	meta, err := get(r, appendRoom(nil, prefixMeta, key))
	if err != nil || fence == nil && meta == nil {
		return nil, err
	}
	room := &storedRoom{}
	if fence != nil {
		if room.fence, err = persistence.DecodeFence(fence); err != nil {
			return nil, err
		}
	}
	if meta == nil {
		return room, nil
	}
	if room.meta, err = persistence.DecodeMeta(meta); err != nil {
		return nil, err
	}
	if err := room.readRecords(r, key); err != nil {
		return nil, err
	}
	if err := room.readKeys(r, key); err != nil {
		return nil, err
	}
	if err := room.readItems(r, key); err != nil {
		return nil, err
	}
	return room, nil
}

func (room *storedRoom) readRecords(r pebble.Reader, key persistence.RoomKey) error {
	var found []persistence.Record
	damaged, err := eachSlot(r, prefixRecord, key, func(slot uint32, value []byte) error {
		room.slots = append(room.slots, slot)
		rec, err := persistence.DecodeRecord(slices.Clone(value))
		if err != nil {
			return err
		}
		if rec.Seq%uint64(room.meta.Slots) != uint64(slot) {
			room.misplaced = true
		}
		if rec.Seq <= room.meta.Last.Seq && room.meta.Lineage.Admits(rec.Position) {
			found = append(found, rec)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("records: %w", err)
	}
	room.note(damaged)
	room.history = run(found, room.meta.Last)
	if len(room.history) < len(room.slots) {
		room.misplaced = true
	}
	if len(room.history) == 0 && room.meta.Last.Seq != 0 {
		room.note(fmt.Errorf("record %v is missing: %w", room.meta.Last, persistence.ErrCorrupt))
	}
	return nil
}

// run returns the longest run of records, oldest first, that ends at last and
// has no hole. It sorts what it is given.
func run(records []persistence.Record, last persistence.Position) []persistence.Record {
	slices.SortFunc(records, func(a, b persistence.Record) int {
		return cmp.Or(cmp.Compare(a.Seq, b.Seq), cmp.Compare(b.Epoch, a.Epoch))
	})
	records = slices.CompactFunc(records, func(a, b persistence.Record) bool { return a.Seq == b.Seq })
	start := len(records)
	if start == 0 || records[start-1].Position != last {
		return nil
	}
	for start--; start > 0; start-- {
		older, newer := records[start-1], records[start]
		if older.Seq+1 != newer.Seq || older.Epoch > newer.Epoch {
			break
		}
	}
	return records[start:]
}

func (room *storedRoom) readKeys(r pebble.Reader, key persistence.RoomKey) error {
	damaged, err := eachSlot(r, prefixKeyEntry, key, func(slot uint32, value []byte) error {
		e, err := persistence.DecodeKeyEntry(value)
		if err != nil {
			return err
		}
		if e.Slot != slot || e.Turn > room.meta.Turn || e.At.Seq > room.meta.Last.Seq {
			return fmt.Errorf("key entry %d in slot %d of turn %d at %v, last is turn %d at %v: %w",
				e.Slot, slot, e.Turn, e.At, room.meta.Turn, room.meta.Last, persistence.ErrCorrupt)
		}
		room.keys = append(room.keys, e)
		return nil
	})
	if err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	room.note(damaged)
	return nil
}

// note notes damage, if it is the first.
func (room *storedRoom) note(damaged error) {
	if room.damaged == nil {
		room.damaged = damaged
	}
}
