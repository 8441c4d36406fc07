package pebblestore

import (
	"bytes"
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

// walkRooms calls yield for the rooms of r that are not below from: those that
// have a meta and those that have a fence, in one order.
func walkRooms(r pebble.Reader, from persistence.RoomKey, yield func(persistence.RoomKey, persistence.Position) bool) error {
	metas, err := newRoomWalk(r, prefixMeta, from)
	if err != nil {
		return err
	}
	fences, err := newRoomWalk(r, prefixFence, from)
	if err != nil {
		return errors.Join(err, metas.close())
	}
	return errors.Join(mergeRooms(metas, fences, yield), fences.close(), metas.close())
}

func mergeRooms(metas, fences *roomWalk, yield func(persistence.RoomKey, persistence.Position) bool) error {
	// A walk that failed says so when it is closed. The other one ends with it:
	// alone it would tell half of what the rooms are.
	for (metas.valid || fences.valid) && !metas.failed() && !fences.failed() {
		order := metas.compare(fences)
		at := metas
		if order > 0 {
			at = fences
		}
		key, ok := roomOf(at.it.Key())
		if !ok {
			return fmt.Errorf("room key %q: %w", at.it.Key(), persistence.ErrCorrupt)
		}
		var last persistence.Position
		if order <= 0 {
			var err error
			if last, err = metas.last(); err != nil {
				return fmt.Errorf("room %q: %w", key, err)
			}
		}
		if !yield(key, last) {
			return nil
		}
		if order <= 0 {
			metas.next()
		}
		if order >= 0 {
			fences.next()
		}
	}
	return nil
}

// roomWalk goes over the rooms' values of one prefix, in their order.
type roomWalk struct {
	it    *pebble.Iterator
	valid bool
}

func newRoomWalk(r pebble.Reader, prefix byte, from persistence.RoomKey) (*roomWalk, error) {
	it, err := r.NewIter(&pebble.IterOptions{
		LowerBound: appendRoom(nil, prefix, from),
		UpperBound: []byte{prefix + 1},
	})
	if err != nil {
		return nil, asCorrupt(err)
	}
	return &roomWalk{it: it, valid: it.First()}, nil
}

func (w *roomWalk) next() { w.valid = w.it.Next() }

func (w *roomWalk) failed() bool { return !w.valid && w.it.Error() != nil }

// compare orders the rooms that two walks are at; one that has ended is above
// all rooms.
func (w *roomWalk) compare(other *roomWalk) int {
	switch {
	case !other.valid:
		return -1
	case !w.valid:
		return 1
	}
	return bytes.Compare(w.it.Key()[1:], other.it.Key()[1:])
}

// last returns the position that the meta tells. Of a damaged meta it is zero:
// the room is there to be found, and Load says what is wrong with it.
func (w *roomWalk) last() (persistence.Position, error) {
	value, err := w.it.ValueAndErr()
	if err != nil {
		return persistence.Position{}, asCorrupt(err)
	}
	last, err := persistence.DecodeLast(value)
	if errors.Is(err, persistence.ErrCorrupt) {
		return persistence.Position{}, nil
	}
	return last, err
}

// close ends the walk and reports what went wrong on it.
func (w *roomWalk) close() error { return asCorrupt(w.it.Close()) }
