package pebblestore

import (
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parlor-sse/parlor/persistence"
)

// baseDigits is how many digits of an object id stand for the room; the others
// follow from them.
const baseDigits = 32

// appendID appends the key under which the room with the object id is found.
func appendID(dst []byte, kind, id string) []byte {
	dst = append(dst, prefixID)
	dst = append(dst, kind...)
	dst = append(dst, separator)
	dst, _ = hex.AppendDecode(dst, []byte(id[:baseDigits])) // digits: it is an id
	return dst
}

// nameID has the room found by its object id.
func (f *filler) nameID(room persistence.RoomKey) error {
	id := room.ObjectID()
	if id == room.Name {
		return nil // found by its meta
	}
	f.key = appendID(f.key[:0], room.Kind, id)
	return f.batch.Set(f.key, []byte(room.Name), nil)
}

// unnameID has the room no longer found by its object id.
func (f *filler) unnameID(room persistence.RoomKey) error {
	id := room.ObjectID()
	if id == room.Name {
		return nil
	}
	f.key = appendID(f.key[:0], room.Kind, id)
	return f.batch.Delete(f.key, nil)
}

// Find implements persistence.Store.
func (s *Store) Find(kind, objectID string) (persistence.RoomKey, bool, error) {
	if err := s.gate.enter(); err != nil {
		return persistence.RoomKey{}, false, err
	}
	defer s.gate.leave()
	if persistence.CheckObjectID(kind, objectID) != nil {
		return persistence.RoomKey{}, false, nil
	}
	// Which room it is will only be known when it is found, so all must be durable.
	snap := s.gate.snapshot(nil, s.snapshotOrNil)
	if snap == nil {
		return persistence.RoomKey{}, false, fmt.Errorf("find %s: %w", objectID, s.failure())
	}
	room, ok, err := find(snap, kind, objectID)
	if err := errors.Join(err, snap.Close()); err != nil {
		return persistence.RoomKey{}, false, fmt.Errorf("find %s: %w", objectID, err)
	}
	return room, ok, nil
}

// find looks for the room with the object id, which is one of the kind.
func find(r pebble.Reader, kind, objectID string) (persistence.RoomKey, bool, error) {
	name, err := get(r, appendID(nil, kind, objectID))
	if err != nil {
		return persistence.RoomKey{}, false, err
	}
	if name != nil {
		room := persistence.RoomKey{Kind: kind, Name: string(name)}
		if room.ObjectID() != objectID {
			return persistence.RoomKey{}, false, fmt.Errorf("it is not the id of %q: %w", room, persistence.ErrCorrupt)
		}
		return room, true, nil
	}
	room := persistence.RoomKey{Kind: kind, Name: objectID}
	meta, err := get(r, appendRoom(nil, prefixMeta, room))
	if err != nil || meta == nil {
		return persistence.RoomKey{}, false, err
	}
	return room, true, nil
}
