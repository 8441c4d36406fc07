package actors

import (
	"cmp"
	"crypto/sha256"
	"slices"
	"time"

	"github.com/parlor-sse/parlor/persistence"
)

// How long and how many idempotency keys a room remembers: the newest minKeys
// whatever their age, and all that are younger than keyLife, up to maxKeys.
const (
	keyLife = 5 * time.Minute
	minKeys = 1000
	maxKeys = 1 << 16
)

// keyring is a room's memory of idempotency keys. It belongs to the room.
type keyring struct {
	byHash map[[16]byte]*persistence.KeyEntry
	oldest []*persistence.KeyEntry // by age
}

func newKeyring(entries []persistence.KeyEntry) *keyring {
	k := &keyring{byHash: make(map[[16]byte]*persistence.KeyEntry, len(entries))}
	for i := range entries {
		k.oldest = append(k.oldest, &entries[i])
	}
	slices.SortFunc(k.oldest, func(a, b *persistence.KeyEntry) int { return cmp.Compare(a.At.Seq, b.At.Seq) })
	for _, e := range k.oldest {
		k.byHash[e.Hash] = e
	}
	return k
}

// find returns what is remembered of a key, or nil.
func (k *keyring) find(hash [16]byte) *persistence.KeyEntry { return k.byHash[hash] }

// place gives an entry its slot: that of the oldest one if it may be forgotten,
// else a new one. It returns ErrKeysExhausted when there is neither. Nothing is
// remembered until add.
func (k *keyring) place(e *persistence.KeyEntry) error {
	n := len(k.oldest)
	switch {
	case n >= minKeys && k.oldest[0].Time+keyLife.Milliseconds() < e.Time:
		e.Slot = k.oldest[0].Slot
	case n < maxKeys:
		e.Slot = uint32(n)
	default:
		return ErrKeysExhausted
	}
	return nil
}

// add remembers an entry that was placed, instead of the one whose slot it took.
func (k *keyring) add(e *persistence.KeyEntry) {
	if int(e.Slot) < len(k.oldest) {
		old := k.oldest[0]
		k.oldest[0] = nil
		k.oldest = k.oldest[1:]
		if k.byHash[old.Hash] == old {
			delete(k.byHash, old.Hash)
		}
	}
	k.oldest = append(k.oldest, e)
	k.byHash[e.Hash] = e
}

// hashKey returns what is remembered of a key's text.
func hashKey(key string) [16]byte { return [16]byte(sha16([]byte(key))) }

// hashBody returns what is remembered of a publication: another event or body
// under the same key is a mistake of the publisher's.
func hashBody(p *Publication) [16]byte {
	return [16]byte(sha16([]byte(p.Event), []byte{0}, p.Body))
}

func sha16(parts ...[]byte) []byte {
	h := sha256.New()
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)[:16]
}
