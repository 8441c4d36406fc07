package pebblestore

import (
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parlor-sse/parlor/persistence"
)

// sweeper removes what lies in rooms' slots, as it was when it first looked:
// it sees nothing of the batch being filled.
//
// It deletes key by key. A range deletion would be blind and short, but each
// one that is still in memory is gone through anew by the first read after
// every commit, and a hand-over ends a hundred thousand copies in a row.
type sweeper struct {
	db *pebble.DB
	it *pebble.Iterator // nil until it is needed
}

// room has batch remove all records and keys of the room.
func (s *sweeper) room(batch *pebble.Batch, room persistence.RoomKey) error {
	for _, prefix := range []byte{prefixRecord, prefixKeyEntry} {
		lower, upper := slotBounds(prefix, room)
		err := s.slots(batch, lower, upper)
		if errors.Is(err, persistence.ErrCorrupt) {
			// What can't be read must neither come back nor keep a copy from
			// taking its place. The iterator is of no use any more.
			_ = s.close()
			err = batch.DeleteRange(lower, upper, nil)
		}
		if err != nil {
			return fmt.Errorf("room %q: %w", room, err)
		}
	}
	return nil
}

func (s *sweeper) slots(batch *pebble.Batch, lower, upper []byte) error {
	if s.it == nil {
		it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: upper})
		if err != nil {
			return asCorrupt(err)
		}
		s.it = it
	} else {
		s.it.SetBounds(lower, upper)
	}
	for valid := s.it.First(); valid; valid = s.it.Next() {
		if err := batch.Delete(s.it.Key(), nil); err != nil {
			return err
		}
	}
	return asCorrupt(s.it.Error())
}

// close gives the iterator back.
func (s *sweeper) close() error {
	if s.it == nil {
		return nil
	}
	err := s.it.Close()
	s.it = nil
	return asCorrupt(err)
}
