package actors

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"sync/atomic"
	"unicode/utf8"

	"github.com/parlor-sse/parlor/actors/sse"
	"github.com/parlor-sse/parlor/persistence"
)

// What a room stores lies under one of these prefixes: what its behaviour
// stores, and who the behaviour was told of. A roster sorts first, but for what
// is stored for sinks, which no turn sees.
const (
	rosterItem    = "r"
	userItem      = "u"
	pastUserItems = "v"
)

// turn is one call of a behaviour and what it has done so far. It belongs to the
// goroutine that runs the call, and to the room once that is over.
type turn struct {
	run  *runner
	over atomic.Bool // nothing is taken from its Context any more

	storage *persistence.Storage // as the call sees it
	own     bool                 // storage is a clone, that the call may change
	changes changes
	alarm   persistence.Alarm // as the call sees it
	rang    bool              // alarm was set or removed
	size    int               // bytes of the changes
	failed  bool              // the call failed, and what it did was discarded
	out     effects
}

// changes are what a turn has changed of the storage, so far.
type changes struct {
	cleared bool
	puts    map[string][]byte
	deletes map[string]struct{} // keys that were there before; none of them put
}

// effects are what leaves a room once the turn is committed.
type effects struct {
	messages []outgoing // that join the order
	sends    []outgoing
	kicks    []target
	calls    []*roomCall
	answers  []heldAnswer
	hooks    []outgoing // what is told of the room outside
}

// seen reports whether others notice something, besides messages.
func (e *effects) seen() bool { return len(e.sends)+len(e.kicks)+len(e.calls) > 0 }

// outgoing is an event on its way out.
type outgoing struct {
	to    target // whose streams get it
	event string
	data  []byte
}

func (r *runner) begin() *turn {
	return &turn{run: r, storage: r.storage, alarm: r.alarm}
}

// admit reports why a call to storage with n keys is not taken.
func (t *turn) admit(n int) error {
	switch {
	case t.over.Load():
		return ErrTurnOver
	case n > MaxStorageBatch:
		return ErrStorageBatch
	}
	return nil
}

// stage makes the storage the turn's own to change.
func (t *turn) stage() {
	if !t.own {
		t.storage, t.own = t.storage.Clone(), true
	}
	if t.changes.puts == nil {
		t.changes.puts, t.changes.deletes = make(map[string][]byte), make(map[string]struct{})
	}
}

// put stores a value, which is the storage's from now on. The caller has made
// sure that it fits.
func (t *turn) put(key string, value []byte) {
	t.size += t.weight(key, value)
	t.stage()
	t.storage.Apply(&persistence.Change{Puts: []persistence.Item{{Key: key, Value: value}}})
	t.changes.puts[key] = value
	delete(t.changes.deletes, key)
}

// weight returns what the changes weigh more with a value put under the key.
func (t *turn) weight(key string, value []byte) int {
	n := len(key) + len(value)
	if old, ok := t.changes.puts[key]; ok {
		n -= len(key) + len(old)
	} else if _, ok := t.changes.deletes[key]; ok {
		n -= len(key)
	}
	return n
}

// remove deletes a key and reports whether it was there.
func (t *turn) remove(key string) bool {
	if _, ok := t.storage.Get(key); !ok {
		return false
	}
	t.stage()
	t.storage.Apply(&persistence.Change{Deletes: []string{key}})
	if old, ok := t.changes.puts[key]; ok {
		t.size -= len(key) + len(old)
		delete(t.changes.puts, key)
	}
	if !t.changes.cleared {
		t.size += len(key)
		t.changes.deletes[key] = struct{}{}
	}
	return true
}

// clear removes all that the behaviour has stored, and the alarm. Who it was
// told of stays.
func (t *turn) clear() {
	var roster []persistence.Item
	t.storage.Ascend(rosterItem, func(it persistence.Item) bool {
		if it.Key >= userItem {
			return false
		}
		roster = append(roster, it)
		return true
	})
	t.stage()
	t.storage.Apply(&persistence.Change{Clear: true, Puts: roster})
	t.changes.cleared = true
	clear(t.changes.puts)
	clear(t.changes.deletes)
	t.size = 0
	for _, it := range roster {
		t.changes.puts[it.Key] = it.Value
		t.size += len(it.Key) + len(it.Value)
	}
	t.setAlarm(persistence.Alarm{})
}

func (t *turn) setAlarm(a persistence.Alarm) { t.alarm, t.rang = a, true }

// saved is a turn's storage at some moment.
type saved struct {
	storage *persistence.Storage
	changes changes
	alarm   persistence.Alarm
	rang    bool
	size    int
}

func (t *turn) save() saved {
	t.stage()
	return saved{storage: t.storage.Clone(), changes: t.changes.clone(), alarm: t.alarm, rang: t.rang, size: t.size}
}

func (t *turn) restore(s saved) {
	t.storage, t.changes, t.alarm, t.rang, t.size = s.storage, s.changes, s.alarm, s.rang, s.size
}

// change returns what the turn changes, or nil.
func (t *turn) change() *persistence.Change {
	c := t.changes
	if !c.cleared && len(c.puts) == 0 && len(c.deletes) == 0 && !t.rang {
		return nil
	}
	change := &persistence.Change{Clear: c.cleared, Deletes: slices.Sorted(maps.Keys(c.deletes))}
	for _, key := range slices.Sorted(maps.Keys(c.puts)) {
		change.Puts = append(change.Puts, persistence.Item{Key: key, Value: c.puts[key]})
	}
	if t.rang {
		alarm := t.alarm
		change.Alarm = &alarm
	}
	return change
}

// publishable reports whether rooms may send events of that name.
func publishable(event string) bool { return sse.ValidName(event) && !sse.Reserved(event) }

// marshal returns v as compact JSON of at most limit bytes, with nothing escaped
// that need not be.
func marshal(v any, limit int) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, ErrBadData
	}
	out := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	if len(out) > limit || !utf8.Valid(out) {
		return nil, ErrBadData
	}
	return out, nil
}
