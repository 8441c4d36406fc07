package pebblestore

import (
	"encoding/binary"
	"strings"

	"github.com/parlor-sse/parlor/persistence"
)

// The key space:
//
//	0x00 name                      what belongs to the store as a whole
//	'f' kind 0x00 name             a room's fence
//	'k' kind 0x00 name 0x00 slot   an idempotency key
//	'm' kind 0x00 name             a room's meta
//	'r' kind 0x00 name 0x00 slot   a record
//
// Slots are four bytes, big endian. Kinds and names hold no NUL, so rooms sort
// by (kind, name), in each prefix alike. The metas lie together: a walk over
// all rooms reads nothing but them and the fences, and the values that change
// with every message share blocks. Fences change seldom and lie apart.
//
// Every slot belongs to a room that has a meta. A room that was never copied
// between nodes has no fence; one that promised something and holds no message
// has nothing else.
const (
	prefixFence    = 'f'
	prefixKeyEntry = 'k'
	prefixMeta     = 'm'
	prefixRecord   = 'r'

	separator = 0x00
	slotBytes = 4
)

// Keys of the store as a whole.
const (
	keyFormat = "\x00format" // decimal number of the layout's version
	keyLife   = "\x00life"
)

// appendRoom appends the part of a key that names the room.
func appendRoom(dst []byte, prefix byte, room persistence.RoomKey) []byte {
	dst = append(dst, prefix)
	dst = append(dst, room.Kind...)
	dst = append(dst, separator)
	return append(dst, room.Name...)
}

// appendSlot appends the key of one of the room's slots.
func appendSlot(dst []byte, prefix byte, room persistence.RoomKey, slot uint32) []byte {
	dst = append(appendRoom(dst, prefix, room), separator)
	return binary.BigEndian.AppendUint32(dst, slot)
}

// slotBounds returns the bounds, lower inclusive and upper exclusive, of the
// keys of all the room's slots.
func slotBounds(prefix byte, room persistence.RoomKey) (lower, upper []byte) {
	lower = append(appendRoom(nil, prefix, room), separator)
	upper = append(appendRoom(nil, prefix, room), separator+1)
	return lower, upper
}

// slotOf returns the slot that a key within slotBounds names; lower is their
// lower bound.
func slotOf(key, lower []byte) (uint32, bool) {
	if len(key) != len(lower)+slotBytes {
		return 0, false
	}
	return binary.BigEndian.Uint32(key[len(lower):]), true
}

// roomOf returns the room that a meta or a fence names by its key.
func roomOf(key []byte) (persistence.RoomKey, bool) {
	if len(key) == 0 || key[0] != prefixMeta && key[0] != prefixFence {
		return persistence.RoomKey{}, false
	}
	kind, name, ok := strings.Cut(string(key[1:]), string(rune(separator)))
	return persistence.RoomKey{Kind: kind, Name: name}, ok
}
