package pebblestore

import (
	"errors"
	"fmt"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parlor-sse/parlor/persistence"
)

// Load implements persistence.Store. The first Load of a room whose records
// are laid out for another history size lays them out anew, in one batch.
func (s *Store) Load(key persistence.RoomKey) (*persistence.State, error) {
	if err := key.Validate(); err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	if err := s.gate.enter(); err != nil {
		return nil, err
	}
	defer s.gate.leave()
	start := time.Now()
	room, err := s.load(key)
	s.metrics.loads.Observe(time.Since(start).Seconds())
	if err != nil {
		if errors.Is(err, persistence.ErrCorrupt) {
			s.metrics.damaged.Inc()
		}
		return nil, fmt.Errorf("load room %q: %w", key, err)
	}
	if room == nil {
		return &persistence.State{}, nil
	}
	if room.damaged != nil {
		s.metrics.damaged.Inc()
		s.log.Error("damaged room: parts of it are left out", "room", key.String(), "err", room.damaged)
	}
	return room.state(s.cfg.History), nil
}

func (s *Store) load(key persistence.RoomKey) (*storedRoom, error) {
	snap := s.gate.snapshot(&key, s.snapshotOrNil)
	if snap == nil {
		return nil, s.failure()
	}
	room, err := readRoom(snap, key)
	err = errors.Join(err, snap.Close())
	if err != nil || room == nil || !room.needsLayout(s.cfg.History) {
		return room, err
	}
	return s.layOut(key)
}

// snapshotOrNil returns a snapshot of the store, or nil after a failure, when
// Pebble may show what never became durable.
func (s *Store) snapshotOrNil() *pebble.Snapshot {
	if s.failure() != nil {
		return nil
	}
	return s.db.NewSnapshot()
}

// state returns the room as its owner sees it, with at most history records.
func (room *storedRoom) state(history int) *persistence.State {
	return &persistence.State{
		Head:    room.meta.Head,
		History: room.history[max(0, len(room.history)-history):],
		Keys:    room.keys,
		Storage: room.storage,
		Fence:   room.fence,
		Damaged: room.damaged != nil,
		Torn:    room.torn,
	}
}

// needsLayout reports whether the room's records lie elsewhere than a history
// of that size wants them. A damaged room is left as it was found: what is
// readable in it is read from wherever it lies.
func (room *storedRoom) needsLayout(history int) bool {
	return room.damaged == nil && room.meta.Last.Seq != 0 && (room.misplaced || room.meta.Slots != uint32(history))
}

// layOut moves the room's records to the slots that the configured history
// wants them in, drops those beyond it, and returns the room. Nothing that
// was acknowledged changes, so the batch need not wait for the disk: it lies
// in the log before all that follows.
func (s *Store) layOut(key persistence.RoomKey) (*storedRoom, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	if err := s.failure(); err != nil {
		return nil, err
	}
	// Between the first look and this one a commit may have come.
	room, err := readRoom(s.db, key)
	if err != nil || room == nil || !room.needsLayout(s.cfg.History) {
		return room, err
	}
	slots := uint32(s.cfg.History)
	drop := max(0, len(room.history)-s.cfg.History)
	dropped := room.history[:drop]
	room.history = room.history[drop:]
	room.meta.Slots = slots

	batch := s.db.NewBatch()
	if err := s.keep(batch, key, room, dropped); err != nil {
		return nil, err
	}
	for _, slot := range room.slots {
		if err := batch.Delete(appendSlot(nil, prefixRecord, key, slot), nil); err != nil {
			return nil, err
		}
	}
	for i := range room.history {
		rec := &room.history[i]
		slot := uint32(rec.Seq % uint64(slots))
		if err := batch.Set(appendSlot(nil, prefixRecord, key, slot), persistence.AppendRecord(nil, rec), nil); err != nil {
			return nil, err
		}
	}
	if err := batch.Set(appendRoom(nil, prefixMeta, key), persistence.AppendMeta(nil, &room.meta), nil); err != nil {
		return nil, err
	}
	if err := s.apply(batch, pebble.NoSync); err != nil {
		return nil, err
	}
	return room, nil
}

// keep stores what is of use still of records that a room drops.
func (s *Store) keep(batch *pebble.Batch, key persistence.RoomKey, room *storedRoom, dropped []persistence.Record) error {
	if len(dropped) == 0 || s.cfg.Leaving == nil {
		return nil
	}
	kept := persistence.Change{Puts: s.cfg.Leaving(dropped, room.storage)}
	if len(kept.Puts) == 0 {
		return nil
	}
	f := filler{scratch: new(scratch), db: s.db, batch: batch}
	if err := f.change(key, &kept); err != nil {
		return err
	}
	room.storage = room.storage.Clone()
	room.storage.Apply(&kept)
	room.meta.Uneven = true // as every room that stores something
	room.meta.Items, room.meta.Bytes = uint64(room.storage.Len()), uint64(room.storage.Bytes())
	return nil
}
