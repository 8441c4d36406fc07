package pebblestore

import (
	"errors"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parlor-sse/parlor/persistence"
)

// each calls visit for each of the room's values of that prefix, with the key
// that the value is under, and where in it the part begins that tells the value
// from the room's others. Key and value are visit's only until it returns. A
// value that is damaged, by visit's word or Pebble's, is left out, and the first
// such damage returned; every other error ends the walk.
func each(r pebble.Reader, prefix byte, room persistence.RoomKey, visit func(key []byte, suffix int, value []byte) error) (damaged, err error) {
	lower, upper := partBounds(prefix, room)
	note := func(err error) error {
		if !errors.Is(err, persistence.ErrCorrupt) {
			return err
		}
		if damaged == nil {
			damaged = err
		}
		return nil
	}
	it, err := r.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: upper})
	if err != nil {
		err = note(asCorrupt(err))
		return damaged, err
	}
	defer func() { err = errors.Join(err, note(asCorrupt(it.Close()))) }()
	for valid := it.First(); valid; valid = it.Next() {
		value, err := it.ValueAndErr()
		if err == nil {
			err = visit(it.Key(), len(lower), value)
		}
		if err := note(asCorrupt(err)); err != nil {
			return damaged, err
		}
	}
	return damaged, nil
}

// eachSlot calls visit for each of the room's slots, as each does.
func eachSlot(r pebble.Reader, prefix byte, room persistence.RoomKey, visit func(slot uint32, value []byte) error) (damaged, err error) {
	return each(r, prefix, room, func(key []byte, suffix int, value []byte) error {
		slot, ok := slotOf(key, suffix)
		if !ok {
			return nil
		}
		return visit(slot, value)
	})
}
