package pebblestore

import (
	"errors"
	"fmt"
	"math"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parlor-sse/parlor/persistence"
)

// prior is what a room is before the batch, as far as those writes have to know
// that put something in its place.
type prior struct {
	room   persistence.RoomKey
	alarms []int64 // times that the room is called at: one at most, as long as its meta can be read
	items  uint64
	bytes  uint64 // of the items
}

// prior returns what the room is before the batch. It remembers the last answer:
// a copy asks more than once.
func (f *filler) prior(room persistence.RoomKey) (prior, error) {
	if f.asked.room == room {
		return f.asked, nil
	}
	p := prior{room: room}
	meta, known, err := f.metaOf(room)
	switch {
	case errors.Is(err, persistence.ErrCorrupt):
		p.items, p.bytes = math.MaxUint64, math.MaxUint64 // nobody knows
		p.alarms, err = findAlarms(f.db, room)
		if err != nil {
			return prior{}, fmt.Errorf("alarms of room %q: %w", room, err)
		}
	case err != nil:
		return prior{}, fmt.Errorf("meta of room %q: %w", room, err)
	case known:
		p.items, p.bytes = meta.Items, meta.Bytes
		if meta.Alarm.At != 0 {
			p.alarms = []int64{meta.Alarm.At}
		}
	}
	f.asked = p
	return p, nil
}

// metaOf returns the room's meta as it is before the batch, if it has one.
func (f *filler) metaOf(room persistence.RoomKey) (meta persistence.Meta, known bool, err error) {
	f.key = appendRoom(f.key[:0], prefixMeta, room)
	value, closer, err := f.db.Get(f.key)
	if errors.Is(err, pebble.ErrNotFound) {
		return persistence.Meta{}, false, nil
	}
	if err != nil {
		return persistence.Meta{}, false, asCorrupt(err)
	}
	meta, err = persistence.DecodeMeta(value)
	return meta, true, errors.Join(err, closer.Close())
}
