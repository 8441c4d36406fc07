package actors

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
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

// uniqueKey is what the default kind's object ids are derived from. It is the
// name under which the worker that this kind stands in for is developed, so
// that rooms have the ids they have there.
const uniqueKey = "sse-worker-SseDurableObject"

// ObjectID returns the 64 hexadecimal digits that name the room for ever: 16
// bytes derived from its name, and 16 that prove that the first were derived by
// somebody who knows the kind's key.
func ObjectID(room persistence.RoomKey) string {
	key := sha256.Sum256([]byte(kindKey(room.Kind)))
	base := sum16(key[:], []byte(room.Name))
	id := append(base, sum16(key[:], base)...)
	return hex.EncodeToString(id)
}

// kindKey returns a kind's unique key.
func kindKey(kind string) string {
	if kind == DefaultKind {
		return uniqueKey
	}
	return "parlor-" + kind
}

func sum16(key, data []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(data)
	return mac.Sum(nil)[:16]
}
