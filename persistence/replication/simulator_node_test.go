package replication_test

import (
	"fmt"

	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/replication"
)

// simNode is a node with one core a room.
type simNode struct {
	w     *world
	index int
	name  string

	up, paused, dead bool
	life             uint64
	incarnation      uint64
	disk             *simDisk
	view             int // newest ring document that it knows; durable

	cores   []*replication.Core
	owns    []ownership
	adopted []uint64 // by room: ring under which its owner told that it is established
}

// ownership is what the runtime of an owner remembers.
type ownership struct {
	epoch     uint64
	tip       *made // the newest turn that is committed or proposed; nil without one
	committed uint64
	reads     []uint64 // turns that were committed when each read began that is not confirmed
	config    replication.Config
}

// next returns the number of the next turn.
func (o *ownership) next() uint64 {
	if o.tip == nil {
		return 1
	}
	return o.tip.number + 1
}

func (n *simNode) doc() *ringDoc { return n.w.rings.docs[n.view] }

// core returns the node's core of a room, made from the disk if need be.
func (n *simNode) core(room int) *replication.Core {
	if c := n.cores[room]; c != nil {
		return c
	}
	w := n.w
	c := replication.New(replication.Options{
		Self: n.name, Life: n.life, Incarnation: n.incarnation,
		History: w.history, Window: w.window, WindowBytes: w.windowBytes,
	}, n.disk.rooms[room].state())
	c.Break(w.weakness)
	n.cores[room] = c
	n.owns[room] = ownership{}
	n.step(room, replication.Configure{Configs: n.doc().configs[room]})
	return c
}

// step gives a core an input and does what it asks for. Messages to the node
// itself are given back before anything else happens.
func (n *simNode) step(room int, in replication.Input) {
	w := n.w
	queue := []replication.Input{in}
	for len(queue) > 0 && w.err == nil {
		in, queue = queue[0], queue[1:]
		c := n.core(room)
		eff := c.Step(in)
		if w.tracing {
			w.traceStep(n, room, in, eff)
		}
		w.checkStep(n, room, in, eff)
		for _, write := range eff.Writes {
			n.disk.pending = append(n.disk.pending, simWrite{room, write})
		}
		for _, s := range eff.Sends {
			w.checkSend(n, room, s)
			if s.To == n.name {
				queue = append(queue, replication.Receive{From: n.name, Message: s.Message})
			} else {
				w.net.send(simMessage{room: room, from: n.index, to: w.byName(s.To), message: s.Message})
			}
		}
		for _, e := range eff.Events {
			n.event(room, e)
		}
	}
}

func (n *simNode) event(room int, e replication.Event) {
	own := &n.owns[room]
	if n.w.heard != nil {
		n.w.heard(e)
	}
	switch e := e.(type) {
	case replication.Owned:
		configs := n.doc().configs[room]
		*own = ownership{epoch: e.Epoch, committed: e.Log.Turn, config: configs[len(configs)-1]}
		n.w.checkOwned(n, room, e)
		spoil(e.Log.Storage)
	case replication.Committed:
		n.w.checkCommitted(n, room, e)
		own.committed = e.Turn
	case replication.Confirmed:
		n.w.checkConfirmed(n, room, e)
	case replication.Deposed:
		*own = ownership{}
	}
}

// write makes the oldest k pending writes durable.
func (n *simNode) write(k int) {
	d := n.disk
	k = min(k, len(d.pending))
	counts := make([]int, len(n.cores))
	for _, p := range d.pending[:k] {
		n.apply(p)
		counts[p.room]++
	}
	d.pending = d.pending[k:]
	for room, count := range counts {
		if count > 0 && n.cores[room] != nil {
			n.step(room, replication.Durable{N: count})
		}
	}
}

// apply makes one write durable.
func (n *simNode) apply(p simWrite) {
	d := n.disk
	write := p.write
	write.Room = persistence.RoomKey{Kind: "room", Name: fmt.Sprint(p.room)}
	if err := write.Validate(); err != nil {
		n.w.fail("%s: a write that no store takes: %v", n.name, err)
		return
	}
	before := d.rooms[p.room]
	after := before.after(&write, n.w.history)
	d.rooms[p.room] = after
	n.w.checkWritten(n, p.room, before, &write)
	if len(d.journal) == maxJournal {
		d.journal = append(d.journal[:0], d.journal[1:]...)
	}
	d.journal = append(d.journal, undo{p.room, before})
	n.w.checkDisk(n, p.room, before, after)
}

// stop ends the process. A clean stop makes everything durable; another only
// some of what was to be written.
func (n *simNode) stop(clean bool) {
	w := n.w
	survive := len(n.disk.pending)
	if !clean {
		survive = w.rng.IntN(survive + 1)
	}
	for _, p := range n.disk.pending[:survive] {
		n.apply(p)
	}
	n.disk.pending = nil
	n.up, n.paused = false, false
	clear(n.cores)
	clear(n.owns)
	clear(n.adopted)
	if !clean {
		w.lives++
		n.life = w.lives
	}
	w.tracef("%s stops, clean %v, life %d", n.name, clean, n.life)
}

// start begins a process on the disk.
func (n *simNode) start() {
	n.w.incarnations++
	n.up, n.incarnation = true, n.w.incarnations
	for room, r := range n.disk.rooms {
		n.w.ghosts[room].reach(n, r)
	}
	n.w.tracef("%s starts, life %d, incarnation %d", n.name, n.life, n.incarnation)
}

// learn takes a newer ring document.
func (n *simNode) learn(view int) {
	if view <= n.view {
		return
	}
	n.view = view
	n.w.tracef("%s learns %v", n.name, n.doc())
	for room, c := range n.cores {
		if c != nil {
			n.step(room, replication.Configure{Configs: n.doc().configs[room]})
		}
	}
}

// stores reports whether a walk over the node's disk finds the room.
func (n *simNode) stores(room int) bool { return n.disk.rooms[room].stored() }

// present returns the ring that the node goes by.
func (n *simNode) present() uint64 {
	d := n.doc()
	return d.rings[len(d.rings)-1].version
}

// first reports whether the node is to own the room.
func (n *simNode) first(room int) bool { return n.doc().owner(room) == n.index }
