package actors

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
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
// repeat them: the newest maxRetries of them. Of a source there is one entry, for how
// far it has been taken in: of maxSources at most, those taken from last. Both have
// slots of their own.
const (
	maxRetries  = 4096
	maxSources  = 1024
	firstRetry  = maxKeys
	firstSource = firstRetry + maxRetries
)

// What a room remembers is never more than its copies take.
const _ = uint(replication.MaxKeys - firstSource - maxSources)

// named is by what a request is remembered.
type named uint8

const (
	byFront  named = iota // by the front that may have to repeat it, or not at all
	byKey                 // by its Idempotency-Key
	bySource              // by its place in a source
)

// nameOf returns by what an entry that has its slot remembers.
func nameOf(e *persistence.KeyEntry) named {
	switch {
	case e.Slot >= firstSource:
		return bySource
	case e.Slot >= firstRetry:
		return byFront
	}
	return byKey
}

// keyring is a room's memory of idempotency keys. It belongs to the room.
type keyring struct {
	byHash  map[[16]byte]*persistence.KeyEntry
	keys    []*persistence.KeyEntry // of publishers, by age
	retries []*persistence.KeyEntry // of fronts, by age
	sources []*persistence.KeyEntry // by age
	next    uint32                  // slot of the next retry, from firstRetry
	answers int                     // bytes of the answers that are remembered
}

func newKeyring(entries []persistence.KeyEntry) *keyring {
	k := &keyring{byHash: make(map[[16]byte]*persistence.KeyEntry, len(entries))}
	for i := range entries {
		list := k.list(&entries[i])
		*list = append(*list, &entries[i])
	}
	for _, list := range [][]*persistence.KeyEntry{k.keys, k.retries, k.sources} {
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

// list returns the list that an entry with a slot belongs to.
func (k *keyring) list(e *persistence.KeyEntry) *[]*persistence.KeyEntry {
	switch nameOf(e) {
	case byFront:
		return &k.retries
	case bySource:
		return &k.sources
	}
	return &k.keys
}

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
// front's takes that of the oldest, and a source's that which it has, or a new one, or
// that of the oldest. Nothing is remembered until add.
func (k *keyring) place(e *persistence.KeyEntry, name named) error {
	n := len(k.keys)
	switch {
	case name == byFront:
		e.Slot = firstRetry + k.next
	case name == bySource:
		if before := k.byHash[e.Hash]; before != nil {
			e.Slot = before.Slot
		} else if n := len(k.sources); n < maxSources {
			e.Slot = firstSource + uint32(n)
		} else {
			e.Slot = k.sources[0].Slot
		}
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
	list := k.list(e)
	switch nameOf(e) {
	case byKey:
		if int(e.Slot) < len(k.keys) {
			k.forget(list, 0)
		}
	case byFront:
		if k.next = (k.next + 1) % maxRetries; len(k.retries) == maxRetries {
			k.forget(list, 0)
		}
	case bySource:
		if i := slices.IndexFunc(k.sources, func(old *persistence.KeyEntry) bool { return old.Slot == e.Slot }); i >= 0 {
			k.forget(list, i)
		}
	}
	*list = append(*list, e)
	k.byHash[e.Hash] = e
	k.answers += len(e.Answer)
}

// forget forgets the entry at a place in its list.
func (k *keyring) forget(list *[]*persistence.KeyEntry, i int) {
	old := (*list)[i]
	k.answers -= len(old.Answer)
	copy((*list)[1:], (*list)[:i])
	(*list)[0] = nil
	*list = (*list)[1:]
	if k.byHash[old.Hash] == old {
		delete(k.byHash, old.Hash)
	}
}

// renew remembers an entry in place of the one with the same key.
func (k *keyring) renew(old, e *persistence.KeyEntry) {
	list := *k.list(e)
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
	case p.Source != "":
		e := &persistence.KeyEntry{Hash: hashSource(p.Source), Time: now}
		binary.BigEndian.PutUint64(e.Body[:], p.Offset)
		return e
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

// hashSource returns what is remembered of a source's name, which no key's is.
func hashSource(name string) [16]byte { return [16]byte(sha16([]byte{0}, []byte(name))) }

// offsetOf returns the place in its source that an entry is of.
func offsetOf(e *persistence.KeyEntry) uint64 { return binary.BigEndian.Uint64(e.Body[:]) }

// takenIn reports whether the place in a source that e is of was taken in by the time
// of an entry before. As with keys that holds for a while, and for what is near:
// whoever reads a source again from its beginning, later, means it.
func takenIn(before, e *persistence.KeyEntry) bool {
	newest, place := offsetOf(before), offsetOf(e)
	return place <= newest && (before.Time+keyLife.Milliseconds() >= e.Time || newest-place < minKeys)
}

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
