package actors

import (
	"cmp"
	"crypto/sha256"
	"slices"
	"time"

	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/replication"
)

// How long and how many idempotency keys a room remembers: the newest minKeys
// whatever their age, and all that are younger than keyLife, up to maxKeys.
const (
	keyLife = 5 * time.Minute
	minKeys = 1000
	maxKeys = 1 << 16

	maxKeyAnswers = 32 << 20 // bytes of answers remembered with keys
)

// Publications without a key are remembered, too, where a front may have to
// repeat them: the newest maxRetries of them, in slots of their own.
const (
	maxRetries = 4096
	firstRetry = maxKeys
)

// What a room remembers is never more than its copies take.
const _ = uint(replication.MaxKeys - maxKeys - maxRetries)

// keyring is a room's memory of idempotency keys. It belongs to the room.
type keyring struct {
	byHash  map[[16]byte]*persistence.KeyEntry
	keys    []*persistence.KeyEntry // of publishers, by age
	retries []*persistence.KeyEntry // of fronts, by age
	next    uint32                  // slot of the next retry, from firstRetry
	answers int                     // bytes of the answers that are remembered
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
		slices.SortFunc(list, func(a, b *persistence.KeyEntry) int { return cmp.Compare(a.Turn, b.Turn) })
		for _, e := range list {
			k.byHash[e.Hash] = e
			k.answers += len(e.Answer)
		}
	}
	if n := len(k.retries); n > 0 {
		k.next = (k.retries[n-1].Slot - firstRetry + 1) % maxRetries
	}
	return k
}

// isRetry tells a front's key from a publisher's.
func isRetry(e *persistence.KeyEntry) bool { return e.Slot >= firstRetry }

// exhausted reports whether there is no room for one key more besides those of
// requests under way: for its count, or for the answers that are kept.
func (k *keyring) exhausted(underWay int, now int64) bool {
	n := len(k.keys)
	if n+underWay < minKeys || n > 0 && k.keys[0].Time+keyLife.Milliseconds() < now {
		return false
	}
	return n+underWay >= maxKeys || k.answers > maxKeyAnswers
}

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
		k.answers -= len(old.Answer)
		(*list)[0] = nil
		*list = (*list)[1:]
		if k.byHash[old.Hash] == old {
			delete(k.byHash, old.Hash)
		}
	}
	*list = append(*list, e)
	k.byHash[e.Hash] = e
	k.answers += len(e.Answer)
}

// renew remembers an entry in place of the one with the same key.
func (k *keyring) renew(old, e *persistence.KeyEntry) {
	list := k.keys
	if isRetry(e) {
		list = k.retries
	}
	if i := slices.Index(list, old); i >= 0 {
		list[i] = e
		k.byHash[e.Hash] = e
		k.answers += len(e.Answer) - len(old.Answer)
	}
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

// callEntry is newEntry for a call.
func callEntry(c *Call, now int64) *persistence.KeyEntry {
	switch {
	case c.Key != "":
		body := sha16([]byte(c.Method), []byte{0}, []byte(c.Target), []byte{0}, c.Body)
		return &persistence.KeyEntry{Hash: hashKey(c.Key), Body: [16]byte(body), Time: now}
	case c.retry != [16]byte{}:
		return &persistence.KeyEntry{Hash: c.retry, Time: now}
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
