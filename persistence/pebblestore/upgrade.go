package pebblestore

import (
	"errors"
	"fmt"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parlor-sse/parlor/persistence"
)

// upgradeBatch bounds a batch of the upgrade, in bytes.
const upgradeBatch = 64 << 10

// upgrade gives a store of an older format what it lacks: object ids by which
// its rooms are found. The format number is not written yet, so what breaks off
// here is done once more; the first batch removes what an earlier try left, of
// rooms that the older program may have ended since.
func (s *Store) upgrade(from int) error {
	start := time.Now()
	rooms, err := s.nameIDs()
	if err != nil {
		return fmt.Errorf("upgrade from format %d: %w", from, err)
	}
	s.log.Info("store was upgraded", "dir", s.dir, "from", from, "to", formatVersion, "rooms", rooms, "took", time.Since(start))
	return nil
}

// nameIDs makes all rooms of which there is a turn known by their object ids.
func (s *Store) nameIDs() (rooms int, err error) {
	f := filler{scratch: &s.scratch, db: s.db, batch: s.db.NewBatch()}
	if err := f.batch.DeleteRange([]byte{prefixID}, []byte{prefixID + 1}, nil); err != nil {
		return 0, err
	}
	metas, err := newRoomWalk(s.db, prefixMeta, persistence.RoomKey{})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, metas.close()) }()
	for ; metas.valid; metas.next() {
		room, ok := roomOf(metas.it.Key())
		if !ok {
			return rooms, fmt.Errorf("room key %q: %w", metas.it.Key(), persistence.ErrCorrupt)
		}
		if err := f.nameID(room); err != nil {
			return rooms, err
		}
		rooms++
		if f.batch.Len() >= upgradeBatch {
			if err := s.apply(f.batch, pebble.NoSync); err != nil {
				return rooms, err
			}
			f.batch = s.db.NewBatch()
		}
	}
	return rooms, s.apply(f.batch, pebble.NoSync)
}
