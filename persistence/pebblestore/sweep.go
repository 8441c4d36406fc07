package pebblestore

import (
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parlor-sse/parlor/persistence"
)

// sweeper removes, key by key, what lies in rooms' slots, and their items, as it
// was when it first looked: it sees nothing of the batch being filled.
type sweeper struct {
	db *pebble.DB
	it *pebble.Iterator // nil until it is needed
}

// part has batch remove all that the room has under the prefix.
func (s *sweeper) part(batch *pebble.Batch, prefix byte, room persistence.RoomKey) error {
	lower, upper := partBounds(prefix, room)
	err := s.keys(batch, lower, upper)
	if errors.Is(err, persistence.ErrCorrupt) {
		// What can't be read must neither come back nor keep a copy from taking
		// its place. The iterator is of no use any more.
		_ = s.close()
		err = batch.DeleteRange(lower, upper, nil)
	}
	if err != nil {
		return fmt.Errorf("room %q: %w", room, err)
	}
	return nil
}

// keys has batch remove the keys within the bounds.
func (s *sweeper) keys(batch *pebble.Batch, lower, upper []byte) error {
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
