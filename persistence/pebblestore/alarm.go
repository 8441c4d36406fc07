package pebblestore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parlor-sse/parlor/persistence"
)

// moveAlarm has the alarms tell that the room's is at that time, 0 for none, and
// at no other.
func (f *filler) moveAlarm(room persistence.RoomKey, at int64) error {
	before, err := f.prior(room)
	if err != nil {
		return err
	}
	for _, old := range before.alarms {
		if old == at {
			continue
		}
		f.key = appendAlarm(f.key[:0], old, room)
		if err := f.batch.Delete(f.key, nil); err != nil {
			return err
		}
	}
	if at == 0 || slices.Contains(before.alarms, at) {
		return nil
	}
	f.key = appendAlarm(f.key[:0], at, room)
	return f.batch.Set(f.key, nil, nil)
}

// findAlarms looks for a room whose meta can't be read among all alarms: what is
// left of it must not call the one that takes its place. Alarms that can't be
// read either keep no copy from doing so: at worst the room is called for nothing.
func findAlarms(r pebble.Reader, room persistence.RoomKey) ([]int64, error) {
	var found []int64
	err := walkAlarms(r, math.MaxInt64, func(key persistence.RoomKey, at int64) bool {
		if key == room {
			found = append(found, at)
		}
		return true
	})
	if errors.Is(err, persistence.ErrCorrupt) {
		err = nil
	}
	return found, err
}

// Alarms implements persistence.Store.
func (s *Store) Alarms(until int64, yield func(persistence.RoomKey, int64) bool) error {
	if err := s.gate.enter(); err != nil {
		return err
	}
	defer s.gate.leave()
	snap := s.gate.snapshot(nil, s.snapshotOrNil)
	if snap == nil {
		return fmt.Errorf("alarms: %w", s.failure())
	}
	if err := errors.Join(walkAlarms(snap, until, yield), snap.Close()); err != nil {
		return fmt.Errorf("alarms: %w", err)
	}
	return nil
}

// walkAlarms calls yield for the alarms of r that are due at until or before.
func walkAlarms(r pebble.Reader, until int64, yield func(persistence.RoomKey, int64) bool) (err error) {
	if until < 0 {
		return nil
	}
	it, err := r.NewIter(&pebble.IterOptions{
		LowerBound: []byte{prefixAlarm},
		UpperBound: binary.BigEndian.AppendUint64([]byte{prefixAlarm}, uint64(until)+1),
	})
	if err != nil {
		return asCorrupt(err)
	}
	defer func() { err = errors.Join(err, asCorrupt(it.Close())) }()
	for valid := it.First(); valid; valid = it.Next() {
		room, at, ok := alarmOf(it.Key())
		if !ok {
			return fmt.Errorf("alarm key %q: %w", it.Key(), persistence.ErrCorrupt)
		}
		if !yield(room, at) {
			return nil
		}
	}
	return nil
}
