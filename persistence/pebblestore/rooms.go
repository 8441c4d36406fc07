package pebblestore

import (
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parlor-sse/parlor/persistence"
)

// Rooms implements persistence.Store.
func (s *Store) Rooms(from persistence.RoomKey, yield func(persistence.RoomKey, persistence.Position) bool) error {
	if err := s.gate.enter(); err != nil {
		return err
	}
	defer s.gate.leave()
	snap := s.gate.snapshot(nil, s.snapshotOrNil)
	if snap == nil {
		return fmt.Errorf("rooms: %w", s.failure())
	}
	if err := errors.Join(walkRooms(snap, from, yield), snap.Close()); err != nil {
		return fmt.Errorf("rooms: %w", err)
	}
	return nil
}

// walkRooms calls yield for the rooms of r that are not below from.
func walkRooms(r pebble.Reader, from persistence.RoomKey, yield func(persistence.RoomKey, persistence.Position) bool) (err error) {
	it, err := r.NewIter(&pebble.IterOptions{
		LowerBound: appendRoom(nil, prefixMeta, from),
		UpperBound: []byte{prefixMeta + 1},
	})
	if err != nil {
		return asCorrupt(err)
	}
	defer func() { err = errors.Join(err, asCorrupt(it.Close())) }()
	for valid := it.First(); valid; valid = it.Next() {
		key, ok := roomOf(it.Key())
		if !ok {
			return fmt.Errorf("meta key %q: %w", it.Key(), persistence.ErrCorrupt)
		}
		value, err := it.ValueAndErr()
		if err != nil {
			return asCorrupt(err)
		}
		last, err := persistence.DecodeLast(value)
		if err != nil && !errors.Is(err, persistence.ErrCorrupt) {
			return fmt.Errorf("room %q: %w", key, err)
		}
		// Of a damaged meta the position is zero: the room is there to be
		// found, and Load says what is wrong with it.
		if !yield(key, last) {
			return nil
		}
	}
	return nil
}
