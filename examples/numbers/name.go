package main

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/persistence"
)

// The id of a stream is any text, but a room's name has few letters and at most
// 128 of them. Every id has a room of its own nevertheless, whose name is
//
//	test1                     the id itself, if it is at most 63 letters of names and does not begin with "~"
//	~dMOkZ2xpY2g              "~" and the id's base64url, for other ids of up to 95 bytes
//	~~bmzUrJDghxwDzXkW4o…     "~~" and the base64url of the id's SHA-256, for longer ones
//
// The first two tell the id; a room with a name of the third form is told it
// when the first client comes, and stores it. A name of 64 letters would be
// one too many: it may be taken for an object id.
const (
	maxID      = 256 // bytes of a stream's id
	maxPlain   = 63
	maxEncoded = 95

	encodedMark = "~"
	hashedMark  = "~~"
)

// encoding is strict, so that one name stands for one id.
var encoding = base64.RawURLEncoding.Strict()

// roomOf returns the room of the stream.
func roomOf(id string) persistence.RoomKey {
	return persistence.RoomKey{Kind: kindName, Name: nameOf(id)}
}

// nameOf returns the name of the stream's room. No two ids have the same.
func nameOf(id string) string {
	_, err := actors.ParseRoom(id)
	switch {
	case err == nil && len(id) <= maxPlain && !strings.HasPrefix(id, encodedMark):
		return id
	case len(id) <= maxEncoded:
		return encodedMark + encoding.EncodeToString([]byte(id))
	}
	sum := sha256.Sum256([]byte(id))
	return hashedMark + encoding.EncodeToString(sum[:])
}

// isHashed reports whether a room's name does not tell its stream's id.
func isHashed(name string) bool { return strings.HasPrefix(name, hashedMark) }

// decode returns the id that a room's name tells. It reports false for names
// that tell none, and for those that no stream's room has.
func decode(name string) (id string, ok bool) {
	id = name
	if text, encoded := strings.CutPrefix(name, encodedMark); encoded {
		b, err := encoding.DecodeString(text)
		if err != nil {
			return "", false
		}
		id = string(b)
	}
	return id, id != "" && nameOf(id) == name
}
