package persistencetest

import (
	"maps"
	"slices"

	"github.com/parlor-sse/parlor/persistence"
)

// modelRoom is a room as the contract of persistence.Store has it.
type modelRoom struct {
	lineage persistence.Lineage
	last    persistence.Position
	records []persistence.Record // of the present order, as far as a store was given them
	atLeast int                  // how many of them, of the newest, the store must still hold
	keys    map[uint32]persistence.KeyEntry
	fence   persistence.Fence
}

// apply does what the write says, in a store of that history size.
func (r *modelRoom) apply(w persistence.Write, history int) {
	switch {
	case w.Forget:
		*r = modelRoom{}
	case w.Copy != nil:
		kept := w.Copy.History[max(0, len(w.Copy.History)-history):]
		*r = modelRoom{lineage: w.Copy.Lineage, last: w.Copy.Last, records: slices.Clone(kept), atLeast: len(kept)}
		for _, e := range w.Copy.Keys {
			r.put(e)
		}
	case w.Record.Seq != 0:
		r.lineage, r.last = w.Lineage, w.Record.Position
		r.records = append(r.records, w.Record)
		r.atLeast++
		r.trim(history)
		if w.Key != nil {
			r.put(*w.Key)
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

func (r *modelRoom) trim(history int) { r.atLeast = min(r.atLeast, history) }

// state returns the least that a store may hold of the room.
func (r *modelRoom) state() persistence.State {
	return persistence.State{
		Lineage: r.lineage,
		Last:    r.last,
		History: r.records[len(r.records)-r.atLeast:],
		Keys:    slices.Collect(maps.Values(r.keys)),
		Fence:   r.fence,
	}
}
