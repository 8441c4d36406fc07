package pebblestore

import (
	"bytes"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parlor-sse/parlor/persistence"
)

// change does to the room's items what a turn says.
func (f *filler) change(room persistence.RoomKey, c *persistence.Change) error {
	if c.Clear {
		if err := f.removeItems(room); err != nil {
			return err
		}
	}
	for _, key := range c.Deletes {
		f.key = appendItem(f.key[:0], room, key)
		if err := f.batch.Delete(f.key, nil); err != nil {
			return err
		}
	}
	for i := range c.Puts {
		if err := f.item(room, &c.Puts[i]); err != nil {
			return err
		}
	}
	return nil
}

// A storage of more items, or bytes, than these is removed by a range deletion:
// to look for so many keys takes some milliseconds, and to come by them so many
// values are read. A range deletion is blind and short, but each one that is
// still in memory is gone through anew by the first read after every commit, and
// a hand-over ends a hundred thousand copies in a row.
const (
	maxSweptItems = 4096
	maxSweptBytes = 4 << 20
)

// removeItems removes all that the room stored before the batch.
func (f *filler) removeItems(room persistence.RoomKey) error {
	before, err := f.prior(room)
	switch {
	case err != nil || before.items == 0:
		return err
	case before.items > maxSweptItems || before.bytes > maxSweptBytes:
		lower, upper := partBounds(prefixItem, room)
		return f.batch.DeleteRange(lower, upper, nil)
	}
	return f.sweep.part(f.batch, prefixItem, room)
}

// items puts all of the storage.
func (f *filler) items(room persistence.RoomKey, storage *persistence.Storage) error {
	var err error
	storage.Ascend("", func(it persistence.Item) bool {
		err = f.item(room, &it)
		return err == nil
	})
	return err
}

func (f *filler) item(room persistence.RoomKey, it *persistence.Item) error {
	f.key = appendItem(f.key[:0], room, it.Key)
	f.value = persistence.AppendItem(f.value[:0], f.key, it.Value)
	return f.batch.Set(f.key, f.value, nil)
}

// readItems reads the room's storage, of which the meta tells how much it is.
// Unless all of that is there, nothing is: half a storage is worse than none.
func (room *storedRoom) readItems(r pebble.Reader, key persistence.RoomKey) error {
	if room.meta.Items == 0 {
		return nil
	}
	var items []persistence.Item
	damaged, err := each(r, prefixItem, key, func(under []byte, suffix int, value []byte) error {
		value, err := persistence.DecodeItem(value, under)
		if err == nil {
			items = append(items, persistence.Item{Key: string(under[suffix:]), Value: bytes.Clone(value)})
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("items: %w", err)
	}
	storage := persistence.NewStorage(items)
	if damaged == nil && (uint64(storage.Len()) != room.meta.Items || uint64(storage.Bytes()) != room.meta.Bytes) {
		damaged = fmt.Errorf("%d items of %d bytes, want %d of %d: %w",
			storage.Len(), storage.Bytes(), room.meta.Items, room.meta.Bytes, persistence.ErrCorrupt)
	}
	if damaged != nil {
		room.torn = true
		room.note(damaged)
		return nil
	}
	room.storage = storage
	return nil
}
