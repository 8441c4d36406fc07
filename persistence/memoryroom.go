package persistence

import (
	"maps"
	"slices"
)

// memoryRoom holds a room's newest records: contiguous, the last one at
// head.Last, and somewhat more of them than the history, so that dropping old
// ones costs little a record.
type memoryRoom struct {
	head    Head
	records []Record
	keys    map[uint32]KeyEntry
	storage *Storage // nil until something is stored
	fence   Fence
}

func (r *memoryRoom) state(history int) *State {
	newest := r.records[max(0, len(r.records)-history):]
	st := &State{
		Head:    r.head,
		History: slices.Clone(newest),
		Keys:    slices.Collect(maps.Values(r.keys)),
		Fence:   r.fence,
	}
	st.Lineage = slices.Clone(r.head.Lineage)
	if r.storage.Len() > 0 {
		st.Storage = r.storage.Clone()
	}
	return st
}

// add makes the turn, which leaves the head behind, the room's newest.
func (r *memoryRoom) add(t *Turn, head Head, history int) {
	if lineage := r.head.Lineage; slices.Equal(lineage, head.Lineage) {
		head.Lineage = lineage
	} else {
		head.Lineage = slices.Clone(head.Lineage)
	}
	r.head = head
	for i := range t.Records {
		r.append(t.Records[i], history)
	}
	if t.Key != nil {
		r.put(*t.Key)
	}
	if t.Change != nil {
		if r.storage == nil {
			r.storage = emptyStorage()
		}
		r.storage.Apply(t.Change)
	}
}

// append adds rec and drops what the history no longer needs. A record that
// does not follow on the newest one ends the run that the history is.
func (r *memoryRoom) append(rec Record, history int) {
	for len(r.records) > 0 && r.records[len(r.records)-1].Seq >= rec.Seq {
		r.records = r.records[:len(r.records)-1]
	}
	if n := len(r.records); n > 0 && r.records[n-1].Seq+1 != rec.Seq {
		r.records = r.records[:0]
	}
	r.records = append(r.records, rec)
	if excess := len(r.records) - history; excess > history/8 {
		n := copy(r.records, r.records[excess:])
		clear(r.records[n:])
		r.records = r.records[:n]
	}
}

func (r *memoryRoom) put(e KeyEntry) {
	if r.keys == nil {
		r.keys = make(map[uint32]KeyEntry)
	}
	r.keys[e.Slot] = e
}

// replace makes the room hold what c holds, and nothing else. Its slices are
// copied, and its storage cloned: c belongs to whoever made it.
func (r *memoryRoom) replace(c *Copy, history int) {
	*r = memoryRoom{
		head:    c.Head,
		records: slices.Clone(c.History[max(0, len(c.History)-history):]),
	}
	r.head.Lineage = slices.Clone(c.Lineage)
	for _, e := range c.Keys {
		r.put(e)
	}
	if c.Storage.Len() > 0 {
		r.storage = c.Storage.Clone()
	}
}
