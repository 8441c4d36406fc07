package replication_test

import (
	"slices"

	"github.com/parlor-sse/parlor/persistence"
)

// simRoom is what a simulated disk holds of a room. It is never changed: a write
// makes another, so that a lost tail is only a step back.
type simRoom struct {
	fence   persistence.Fence
	lineage persistence.Lineage
	last    persistence.Position
	history []persistence.Record
	keys    []persistence.KeyEntry // by slot
	damaged bool
}

// state returns what a store would load.
func (r *simRoom) state() *persistence.State {
	return &persistence.State{
		Lineage: slices.Clone(r.lineage), Last: r.last, History: slices.Clone(r.history),
		Keys: slices.Clone(r.keys), Fence: r.fence, Damaged: r.damaged,
	}
}

func copyOf(r *simRoom) persistence.Copy {
	return persistence.Copy{Lineage: r.lineage, Last: r.last, History: r.history, Keys: r.keys}
}

func (r *simRoom) stored() bool { return r.fence != (persistence.Fence{}) || r.last.Seq > 0 }

func (r *simRoom) order() order { return order{r.fence.AcceptedRing, r.fence.Accepted} }

// after returns what the room is after the write.
func (r *simRoom) after(w *persistence.Write, history int) *simRoom {
	n := *r
	if w.Fence != nil {
		n.fence = *w.Fence
	}
	switch {
	case w.Copy != nil:
		n.lineage, n.last, n.damaged = w.Copy.Lineage, w.Copy.Last, false
		n.history = w.Copy.History
		n.keys = slices.Clone(w.Copy.Keys)
	case w.Record.Seq != 0:
		n.lineage, n.last = w.Lineage, w.Record.Position
		n.history = append(slices.Clip(n.history), w.Record)
		if w.Key != nil {
			n.keys = withKey(n.keys, *w.Key)
		}
	}
	if extra := len(n.history) - history; extra > 0 {
		n.history = n.history[extra:]
	}
	return &n
}

func withKey(keys []persistence.KeyEntry, k persistence.KeyEntry) []persistence.KeyEntry {
	keys = slices.Clone(keys)
	i := slices.IndexFunc(keys, func(e persistence.KeyEntry) bool { return e.Slot >= k.Slot })
	switch {
	case i < 0:
		return append(keys, k)
	case keys[i].Slot == k.Slot:
		keys[i] = k
		return keys
	}
	return slices.Insert(keys, i, k)
}

// simWrite is a write on its way to a disk.
type simWrite struct {
	room  int
	write persistence.Write
}

// undo is how a durable write is lost again.
type undo struct {
	room   int
	before *simRoom
}

// maxJournal is how many writes a disk can lose from its end.
const maxJournal = 64

// simDisk makes writes durable in their order.
type simDisk struct {
	rooms   []*simRoom
	pending []simWrite
	journal []undo
}

func newSimDisk(rooms int) *simDisk {
	d := &simDisk{rooms: make([]*simRoom, rooms)}
	for i := range d.rooms {
		d.rooms[i] = &simRoom{}
	}
	return d
}

// lose takes back up to n of the newest durable writes.
func (d *simDisk) lose(n int) {
	for ; n > 0 && len(d.journal) > 0; n-- {
		u := d.journal[len(d.journal)-1]
		d.journal = d.journal[:len(d.journal)-1]
		d.rooms[u.room] = u.before
	}
}
