package replication_test

import (
	"slices"

	"github.com/parlor-sse/parlor/persistence"
)

// simRoom is what a simulated disk holds of a room. It is never changed: a write
// makes another, so that a lost tail is only a step back.
type simRoom struct {
	fence   persistence.Fence
	head    persistence.Head
	history []persistence.Record
	keys    []persistence.KeyEntry // by slot
	items   []persistence.Item     // by key
	damaged bool
	torn    bool // only if damaged
}

// state returns what a store would load.
func (r *simRoom) state() *persistence.State {
	s := &persistence.State{
		Head: r.head, History: slices.Clone(r.history), Keys: slices.Clone(r.keys),
		Fence: r.fence, Damaged: r.damaged, Torn: r.torn,
	}
	if r.head.Items != uint64(len(r.items)) || r.head.Bytes != bytesOf(r.items) {
		s.Damaged, s.Torn = true, true
	}
	if !s.Torn {
		s.Storage = persistence.NewStorage(r.items)
	}
	return s
}

func copyOf(r *simRoom) persistence.Copy {
	return persistence.Copy{Head: r.head, History: r.history, Keys: r.keys, Storage: persistence.NewStorage(r.items)}
}

func (r *simRoom) stored() bool { return r.fence != (persistence.Fence{}) || r.head.Turn > 0 }

func (r *simRoom) order() order { return order{r.fence.AcceptedRing, r.fence.Accepted} }

// after returns what the room is after the write.
func (r *simRoom) after(w *persistence.Write, history int) *simRoom {
	n := *r
	if w.Fence != nil {
		n.fence = *w.Fence
	}
	switch {
	case w.Copy != nil:
		n = simRoom{fence: n.fence, head: w.Copy.Head, history: w.Copy.History,
			keys: slices.Clone(w.Copy.Keys), items: itemsOf(w.Copy.Storage)}
	case w.Turn != nil:
		n.head = w.Head
		n.history = append(slices.Clip(n.history), w.Turn.Records...)
		if w.Turn.Key != nil {
			n.keys = withKey(n.keys, *w.Turn.Key)
		}
		if w.Turn.Change != nil {
			n.items = withChange(n.items, w.Turn.Change)
		}
	}
	if extra := len(n.history) - history; extra > 0 {
		n.history = n.history[extra:]
	}
	return &n
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
