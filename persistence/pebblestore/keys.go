package pebblestore

import (
	"encoding/binary"
	"strings"

	"github.com/parlor-sse/parlor/persistence"
)

// The key space:
//
//	0x00 name                        what belongs to the store as a whole
//	'a' time kind 0x00 name          a room's alarm; nothing is under it
//	'f' kind 0x00 name               a room's fence
//	'i' kind 0x00 base               the name of the room with an object id
//	'k' kind 0x00 name 0x00 slot     an idempotency key
//	'm' kind 0x00 name               a room's meta
//	'r' kind 0x00 name 0x00 slot     a record
//	's' kind 0x00 name 0x00 item     the value of an item of the room's storage
//
// Slots are four bytes and times eight, big endian; a base is the first half of
// an object id, 16 bytes; an item's key is whatever bytes the room chose. Kinds
// and names hold no NUL, so rooms sort by (kind, name), in each prefix alike.
// The metas lie together: a walk over all rooms reads nothing but them and the
// fences, and the values that change with every message share blocks. Fences
// change seldom and lie apart.
//
// Every slot and every item belongs to a room that has a meta, whose alarm, if
// it has one, is among the alarms, and whose id is among the ids, unless the
// room's name is its id. A room that was never copied between nodes has no
// fence; one that promised something and of which there is no turn has nothing
// else.
const (
	prefixAlarm    = 'a'
	prefixFence    = 'f'
	prefixID       = 'i'
	prefixKeyEntry = 'k'
	prefixMeta     = 'm'
	prefixRecord   = 'r'
	prefixItem     = 's'

	separator = 0x00
	slotBytes = 4
	timeBytes = 8
)

// Keys of the store as a whole.
const (
	keyFormat = "\x00format" // decimal number of the layout's version
	keyLife   = "\x00life"
)

// appendRoom appends the part of a key that names the room.
func appendRoom(dst []byte, prefix byte, room persistence.RoomKey) []byte {
	return appendName(append(dst, prefix), room)
}

func appendName(dst []byte, room persistence.RoomKey) []byte {
	dst = append(dst, room.Kind...)
	dst = append(dst, separator)
	return append(dst, room.Name...)
}

// appendSlot appends the key of one of the room's slots.
func appendSlot(dst []byte, prefix byte, room persistence.RoomKey, slot uint32) []byte {
	dst = append(appendRoom(dst, prefix, room), separator)
	return binary.BigEndian.AppendUint32(dst, slot)
}

// appendItem appends the key of one of the room's items.
func appendItem(dst []byte, room persistence.RoomKey, item string) []byte {
	dst = append(appendRoom(dst, prefixItem, room), separator)
	return append(dst, item...)
}

// appendAlarm appends the key of the room's alarm at that time, which is not
// negative.
func appendAlarm(dst []byte, at int64, room persistence.RoomKey) []byte {
	dst = append(dst, prefixAlarm)
	dst = binary.BigEndian.AppendUint64(dst, uint64(at))
	return appendName(dst, room)
}

// partBounds returns the bounds, lower inclusive and upper exclusive, of the
// keys of all the room's slots, or items.
func partBounds(prefix byte, room persistence.RoomKey) (lower, upper []byte) {
	lower = append(appendRoom(nil, prefix, room), separator)
	upper = append(appendRoom(nil, prefix, room), separator+1)
	return lower, upper
}

// slotOf returns the slot that a key within partBounds names, from its byte
// number suffix on.
func slotOf(key []byte, suffix int) (uint32, bool) {
	if len(key) != suffix+slotBytes {
		return 0, false
	}
	return binary.BigEndian.Uint32(key[suffix:]), true
}

// roomOf returns the room that a meta or a fence names by its key.
func roomOf(key []byte) (persistence.RoomKey, bool) {
	if len(key) == 0 || key[0] != prefixMeta && key[0] != prefixFence {
		return persistence.RoomKey{}, false
	}
	return nameOf(key[1:])
}

// alarmOf returns the room that an alarm names by its key, and its time.
func alarmOf(key []byte) (room persistence.RoomKey, at int64, ok bool) {
	if len(key) < 1+timeBytes || key[0] != prefixAlarm {
		return persistence.RoomKey{}, 0, false
	}
	room, ok = nameOf(key[1+timeBytes:])
	return room, int64(binary.BigEndian.Uint64(key[1:])), ok
}

// nameOf reads what appendName wrote.
func nameOf(b []byte) (persistence.RoomKey, bool) {
	kind, name, ok := strings.Cut(string(b), string(rune(separator)))
	return persistence.RoomKey{Kind: kind, Name: name}, ok
}
