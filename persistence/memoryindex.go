package persistence

import (
	"cmp"

	"github.com/google/btree"
)

// memoryIndex finds rooms by what they are not named by: their alarms and their
// object ids.
type memoryIndex struct {
	alarms *btree.BTreeG[memoryAlarm] // of all rooms that have one, the earliest first
	names  map[objectKey]string       // of all rooms of which there is a turn, but those named by their ids
}

type memoryAlarm struct {
	at   int64
	room RoomKey
}

// objectKey is how a room is found by its id.
type objectKey struct{ kind, id string }

func newMemoryIndex() memoryIndex {
	return memoryIndex{
		alarms: btree.NewG(storageDegree, func(a, b memoryAlarm) bool {
			return cmp.Or(cmp.Compare(a.at, b.at), compareRooms(a.room, b.room)) < 0
		}),
		names: make(map[objectKey]string),
	}
}

// move notes that a write changed the room's head.
func (x *memoryIndex) move(room RoomKey, from, to Head) {
	if from.Alarm.At != to.Alarm.At {
		if from.Alarm.At != 0 {
			x.alarms.Delete(memoryAlarm{from.Alarm.At, room})
		}
		if to.Alarm.At != 0 {
			x.alarms.ReplaceOrInsert(memoryAlarm{to.Alarm.At, room})
		}
	}
	known, stays := from.Turn > 0, to.Turn > 0
	if known == stays {
		return
	}
	id := room.ObjectID()
	switch {
	case id == room.Name:
	case stays:
		x.names[objectKey{room.Kind, id}] = room.Name
	default:
		delete(x.names, objectKey{room.Kind, id})
	}
}
