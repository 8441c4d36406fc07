package actors

import (
	"encoding/hex"
	"hash/fnv"
	"strings"

	"github.com/parlor-sse/parlor/persistence"
)

// A stream on several rooms has one last event id for all of them: eight digits
// that stand for the rooms and their order, a colon, and their positions in that
// order, joined by commas. Names are left out so that a hundred rooms fit into
// what clients may send back.

// MaxLastEventID bounds what a client may bring as its last event id, in bytes.
const MaxLastEventID = 4 << 10

// appendCompound appends the bookmark of several rooms.
func appendCompound(dst []byte, digest string, positions []persistence.Position) []byte {
	dst = append(dst, digest...)
	sep := byte(':')
	for _, p := range positions {
		dst = append(dst, sep)
		dst = p.Append(dst)
		sep = ','
	}
	return dst
}

// parseBookmark reads the last event id of a stream on these rooms, in their
// order; that of one room is a position. A non-empty reason says why the id says
// nothing here.
func parseBookmark(id string, rooms []persistence.RoomKey) (positions []persistence.Position, reason string) {
	if len(id) > MaxLastEventID {
		return nil, resetMalformed
	}
	parts := []string{id}
	if len(rooms) > 1 {
		digest, list, found := strings.Cut(id, ":")
		if !found {
			return nil, resetMalformed
		}
		if digest != digestOf(rooms) {
			return nil, resetUnknownID
		}
		parts = strings.Split(list, ",")
	}
	if len(parts) != len(rooms) {
		return nil, resetMalformed
	}
	for _, part := range parts {
		p, err := persistence.ParsePosition(part)
		if err != nil {
			return nil, resetMalformed
		}
		positions = append(positions, p)
	}
	return positions, ""
}

// digestOf returns the eight digits that stand for rooms in their order.
func digestOf(rooms []persistence.RoomKey) string {
	h := fnv.New32a()
	for _, r := range rooms {
		_, _ = h.Write([]byte(r.Kind))
		_, _ = h.Write([]byte{0})
		_, _ = h.Write([]byte(r.Name))
		_, _ = h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil))
}
