package actors

import (
	"fmt"

	"github.com/parlor-sse/parlor/actors/sse"
	"github.com/parlor-sse/parlor/persistence"
)

// MaxNameLen bounds a room name, in bytes.
const MaxNameLen = 128

// DefaultRoom is the room of requests that name none.
const DefaultRoom = "global"

// ParseRoom returns the key of the default kind's room of that name. Names are
// 1 to MaxNameLen bytes of [A-Za-z0-9._:~@-]; any other is ErrBadRoom.
func ParseRoom(name string) (persistence.RoomKey, error) {
	if len(name) == 0 || len(name) > MaxNameLen {
		return persistence.RoomKey{}, fmt.Errorf("%w: 1 to %d bytes", ErrBadRoom, MaxNameLen)
	}
	for i := range len(name) {
		if !sse.NameByte(name[i]) {
			return persistence.RoomKey{}, fmt.Errorf("%w: byte %d is not one of A-Z a-z 0-9 . _ : ~ @ -", ErrBadRoom, i)
		}
	}
	return persistence.RoomKey{Kind: DefaultKind, Name: name}, nil
}
