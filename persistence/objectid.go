package persistence

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
)

// DefaultKind is the kind of rooms that name none: the broker.
const DefaultKind = "room"

// uniqueKey is what the default kind's object ids are derived from. It is the
// name under which the worker that this kind stands in for is developed, so
// that rooms have the ids they have there.
const uniqueKey = "sse-worker-SseDurableObject"

// What is wrong with an object id.
var (
	// ErrIDForm: not 64 lower-case hexadecimal digits.
	ErrIDForm = errors.New("object id is not 64 hexadecimal digits")
	// ErrIDForged: nobody who knows the kind's key made it.
	ErrIDForged = errors.New("object id is not valid for this kind")
)

const (
	idHalf   = 16
	idDigits = 4 * idHalf
)

// ObjectID returns the 64 hexadecimal digits that name the room for ever: 16
// bytes derived from its name, and 16 that prove that the first were derived by
// somebody who knows the kind's key. A room that was made without a name has its
// id for a name. A name may therefore be an id only if it is the id of no other
// room: who is given one looks for its room first (Store.Find).
func (k RoomKey) ObjectID() string {
	if CheckObjectID(k.Kind, k.Name) == nil {
		return k.Name
	}
	key := kindKey(k.Kind)
	return sign(key, mac(key, []byte(k.Name)))
}

// NewObjectID returns the id of a room without a name, which nobody can guess.
func NewObjectID(kind string) string {
	base := make([]byte, idHalf)
	_, _ = rand.Read(base) // never fails
	return sign(kindKey(kind), base)
}

// CheckObjectID returns why the text is no object id of the kind: ErrIDForm,
// ErrIDForged, or nil if it is one. It says nothing of whether there is such a
// room.
func CheckObjectID(kind, id string) error {
	if len(id) != idDigits || id != strings.ToLower(id) { // one spelling each
		return ErrIDForm
	}
	var b [2 * idHalf]byte
	if _, err := hex.Decode(b[:], []byte(id)); err != nil {
		return ErrIDForm
	}
	if !hmac.Equal(b[idHalf:], mac(kindKey(kind), b[:idHalf])) {
		return ErrIDForged
	}
	return nil
}

// kindKey returns what a kind's ids are derived with.
func kindKey(kind string) []byte {
	unique := "parlor-" + kind
	if kind == DefaultKind {
		unique = uniqueKey
	}
	key := sha256.Sum256([]byte(unique))
	return key[:]
}

func sign(key, base []byte) string { return hex.EncodeToString(append(base, mac(key, base)...)) }

func mac(key, data []byte) []byte {
	m := hmac.New(sha256.New, key)
	m.Write(data)
	return m.Sum(nil)[:idHalf:idHalf]
}
