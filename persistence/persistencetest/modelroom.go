package persistencetest

import (
	"maps"
	"slices"

	"github.com/parlor-sse/parlor/persistence"
)

// modelRoom is a room as the contract of persistence.Store has it.
type modelRoom struct {
	head    persistence.Head
	records []persistence.Record // of the present order, as far as a store was given them
	atLeast int                  // how many of them, of the newest, the store must still hold
	keys    map[uint32]persistence.KeyEntry
	stored  map[string][]byte
	fence   persistence.Fence
}

// apply does what the write says, in a store of that history size.
func (r *modelRoom) apply(w persistence.Write, history int) {
	switch {
	case w.Forget:
		*r = modelRoom{}
	case w.Copy != nil:
		kept := w.Copy.History[max(0, len(w.Copy.History)-history):]
		*r = modelRoom{head: w.Copy.Head, records: slices.Clone(kept), atLeast: len(kept)}
		for _, e := range w.Copy.Keys {
			r.put(e)
		}
		r.stored = itemsOf(w.Copy.Storage)
	case w.Turn != nil:
		r.head = w.Head
		r.records = append(r.records, w.Turn.Records...)
		r.atLeast += len(w.Turn.Records)
		r.trim(history)
		if w.Turn.Key != nil {
			r.put(*w.Turn.Key)
		}
		if w.Turn.Change != nil {
			r.change(w.Turn.Change)
		}
	}
	if w.Fence != nil {
		r.fence = *w.Fence
	}
}

func (r *modelRoom) put(e persistence.KeyEntry) {
	if r.keys == nil {
		r.keys = make(map[uint32]persistence.KeyEntry)
	}
	r.keys[e.Slot] = e
}

func (r *modelRoom) change(c *persistence.Change) {
	if r.stored == nil || c.Clear {
		r.stored = make(map[string][]byte)
	}
	for _, it := range c.Puts {
		r.stored[it.Key] = it.Value
	}
	for _, key := range c.Deletes {
		delete(r.stored, key)
	}
}

func (r *modelRoom) trim(history int) { r.atLeast = min(r.atLeast, history) }

// state returns the least that a store may hold of the room.
func (r *modelRoom) state() persistence.State {
	return persistence.State{
		Head:    r.head,
		History: r.records[len(r.records)-r.atLeast:],
		Keys:    slices.Collect(maps.Values(r.keys)),
		Storage: r.storage(),
		Fence:   r.fence,
	}
}

func (r *modelRoom) storage() *persistence.Storage {
	var items []persistence.Item
	for key, value := range r.stored {
		items = append(items, persistence.Item{Key: key, Value: value})
	}
	return persistence.NewStorage(items)
}

// author returns one that goes on where the room is.
func (r *modelRoom) author(key persistence.RoomKey) *author {
	a := newAuthor(key)
	a.head, a.storage = r.head, r.storage()
	return a
}

func itemsOf(s *persistence.Storage) map[string][]byte {
	items := make(map[string][]byte)
	s.Ascend("", func(it persistence.Item) bool {
		items[it.Key] = it.Value
		return true
	})
	return items
}
