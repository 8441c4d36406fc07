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

// Publications without a key are remembered, too, where a front may have to
// repeat them: the newest maxRetries of them, in slots of their own.
const (
	maxRetries = 4096
	firstRetry = maxKeys
)

// keyring is a room's memory of idempotency keys. It belongs to the room.
type keyring struct {
	byHash  map[[16]byte]*persistence.KeyEntry
	keys    []*persistence.KeyEntry // of publishers, by age
	retries []*persistence.KeyEntry // of fronts, by age
	next    uint32                  // slot of the next retry, from firstRetry
}

func newKeyring(entries []persistence.KeyEntry) *keyring {
	k := &keyring{byHash: make(map[[16]byte]*persistence.KeyEntry, len(entries))}
	for i := range entries {
		if e := &entries[i]; isRetry(e) {
			k.retries = append(k.retries, e)
		} else {
			k.keys = append(k.keys, e)
		}
	}
	for _, list := range [][]*persistence.KeyEntry{k.keys, k.retries} {
		slices.SortFunc(list, func(a, b *persistence.KeyEntry) int { return cmp.Compare(a.At.Seq, b.At.Seq) })
		for _, e := range list {
			k.byHash[e.Hash] = e
		}
	}
	if n := len(k.retries); n > 0 {
		k.next = (k.retries[n-1].Slot - firstRetry + 1) % maxRetries
	}
	return k
}

// isRetry tells a front's key from a publisher's.
func isRetry(e *persistence.KeyEntry) bool { return e.Slot >= firstRetry }

// find returns what is remembered of a key, or nil.
func (k *keyring) find(hash [16]byte) *persistence.KeyEntry { return k.byHash[hash] }

// place gives an entry its slot. A publisher's takes that of the oldest one if
// it may be forgotten, else a new one; with neither it is ErrKeysExhausted. A
// front's takes that of the oldest. Nothing is remembered until add.
func (k *keyring) place(e *persistence.KeyEntry, retry bool) error {
	n := len(k.keys)
	switch {
	case retry:
		e.Slot = firstRetry + k.next
	case n >= minKeys && k.keys[0].Time+keyLife.Milliseconds() < e.Time:
		e.Slot = k.keys[0].Slot
	case n < maxKeys:
		e.Slot = uint32(n)
	default:
		return ErrKeysExhausted
	}
	return nil
}

// add remembers an entry that was placed, instead of the one whose slot it took.
func (k *keyring) add(e *persistence.KeyEntry) {
	list := &k.keys
	full := int(e.Slot) < len(k.keys)
	if isRetry(e) {
		k.next = (k.next + 1) % maxRetries
		list, full = &k.retries, len(k.retries) == maxRetries
	}
	if full {
		old := (*list)[0]
		(*list)[0] = nil
		*list = (*list)[1:]
		if k.byHash[old.Hash] == old {
			delete(k.byHash, old.Hash)
		}
	}
	*list = append(*list, e)
	k.byHash[e.Hash] = e
}

// newEntry returns what is to be remembered of a publication, or nil if nothing
// is.
func newEntry(p *Publication, now int64) *persistence.KeyEntry {
	switch {
	case p.Key != "":
		return &persistence.KeyEntry{Hash: hashKey(p.Key), Body: hashBody(p), Time: now}
	case p.retry != [16]byte{}:
		// Only this front repeats it, and never with another body.
		return &persistence.KeyEntry{Hash: p.retry, Time: now}
	}
	return nil
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
