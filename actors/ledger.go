package actors

import (
	"github.com/parlor-sse/parlor/actors/replica"
	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/replication"
)

// ledger keeps the orders of rooms: on this node's disk alone, or on the disks
// of a room's home set.
type ledger interface {
	// open begins to write the room's order for its actor. The actor hears
	// opened, and then committed for what it appends, or closed.
	open(r *room) order
}

// order is a room's place in a ledger. Its methods do not block.
type order interface {
	// append has the room's next turn committed, which leaves the head; the room
	// hears committed.
	append(t persistence.Turn, head persistence.Head) error
	// full reports whether a turn would not be taken now.
	full() bool
	// confirm asks whether the room is this node's still, and reports whether that
	// is certain already; else the room hears confirmed.
	confirm() bool
	// reachable reports whether there is hope for a commit.
	reachable() bool
	// settled reports whether the room may be left alone.
	settled() bool
	// release gives the order up; the room hears nothing more of it.
	release()
}

// Messages of a ledger to a room's actor.
type (
	// opened gives the room what it holds, all of it committed.
	opened struct {
		epoch   uint64 // that the room's next messages are committed under
		log     persistence.Copy
		lineage persistence.Lineage // that ids are judged by: of the log, and epoch
		past    []uint64            // epochs of which a client may have found the room empty
		start   uint64              // epoch of the place before the first message
		copies  int                 // disks that hold it, at least
		of      int                 // disks that should
		damaged bool                // what is stored is not all that was committed
	}
	// committed tells that the oldest n turns not yet reported are durable on
	// copies of the disks that should hold them, or, with an error, of unknown
	// fate.
	committed struct {
		n          int
		copies, of int
		err        error
	}
	// confirmed tells that the room was this node's when the oldest n
	// confirmations not yet reported were asked for.
	confirmed struct{ n int }
	// closed tells that the room is no longer written here. What was appended
	// and not committed is of unknown fate.
	closed struct {
		err error // what callers are told
	}
)

// localLedger writes to this node's disk alone.
type localLedger struct{ node *node }

func (l localLedger) open(r *room) order {
	go l.load(r)
	return localOrder{l.node, r}
}

// load reads the room's state off the actor's goroutine.
func (l localLedger) load(r *room) {
	n := l.node
	state, err := n.store.Load(r.key)
	if err != nil {
		n.log.Error("room not loaded", "room", r.key.Name, "err", err)
		n.root.Send(r.self, closed{err: ErrUnavailable})
		return
	}
	if state.Torn {
		n.log.Error("what a room has stored is damaged, and the room is not started", "room", r.key.Name, "kind", r.key.Kind)
		n.root.Send(r.self, closed{err: ErrTorn})
		return
	}
	log := persistence.Copy{Head: state.Head, History: state.History, Keys: state.Keys, Storage: state.Storage}
	life, lineage := n.store.Life(), log.Lineage
	if lineage.Current() < life.Epoch {
		lineage = lineage.Begin(life.Epoch, log.Last.Seq+1)
	}
	epoch := lineage.Current()
	n.root.Send(r.self, opened{
		epoch: epoch, log: log, lineage: lineage, past: life.Past, start: epoch, copies: 1, of: 1, damaged: state.Damaged,
	})
}

type localOrder struct {
	node *node
	room *room
}

func (o localOrder) append(t persistence.Turn, head persistence.Head) error {
	return o.node.committer.Submit(persistence.Write{Room: o.room.key, Turn: &t, Head: head}, o.room)
}

func (o localOrder) full() bool      { return o.node.committer.Full() }
func (o localOrder) confirm() bool   { return true }
func (o localOrder) reachable() bool { return true }
func (o localOrder) settled() bool   { return true }
func (o localOrder) release()        {}

// quorumLedger writes to the disks of the home set.
type quorumLedger struct{ node *node }

func (l quorumLedger) open(r *room) order {
	o := &quorumOrder{node: l.node, room: r}
	o.own = l.node.replicas.Acquire(r.key, o)
	return o
}

// quorumOrder passes what becomes of an ownership on to the room's actor.
type quorumOrder struct {
	node *node
	room *room
	own  *replica.Ownership

	// Written by the set, under its lock.
	turn uint64 // newest committed
	of   int    // members of the home set
}

func (o *quorumOrder) append(t persistence.Turn, head persistence.Head) error {
	if o.full() {
		return persistence.ErrBusy
	}
	o.own.Propose(head.Turn, t)
	return nil
}

func (o *quorumOrder) full() bool { return o.node.committer.Full() }

func (o *quorumOrder) confirm() bool {
	o.own.Check()
	return false
}

func (o *quorumOrder) reachable() bool { return o.own.Reachable() }
func (o *quorumOrder) settled() bool   { return o.own.Settled() }
func (o *quorumOrder) release()        { o.own.Release() }

// Owned implements replica.Owner.
func (o *quorumOrder) Owned(e replication.Owned) {
	o.turn = e.Log.Turn
	m := opened{epoch: e.Epoch, log: e.Log, lineage: e.Log.Lineage, past: []uint64{e.Birth}, start: e.Birth}
	if configs := o.node.place.configs(o.room.key); len(configs) > 0 {
		present := configs[len(configs)-1]
		m.copies, m.of = present.Quorum(), len(present.Members)
	}
	o.of = m.of
	o.node.root.Send(o.room.self, m)
}

// Committed implements replica.Owner.
func (o *quorumOrder) Committed(e replication.Committed) {
	n := int(e.Turn - o.turn)
	o.turn = e.Turn
	o.node.root.Send(o.room.self, committed{n: n, copies: e.Replicas, of: o.of})
}

// Confirmed implements replica.Owner.
func (o *quorumOrder) Confirmed(e replication.Confirmed) {
	o.node.root.Send(o.room.self, confirmed{n: e.N})
}

// Deposed implements replica.Owner.
func (o *quorumOrder) Deposed(reason replication.Reason) {
	err := errMoved
	switch reason {
	case replication.ReasonNoQuorum:
		err = ErrUnavailable
	case replication.ReasonTorn:
		err = ErrTorn
	}
	o.node.root.Send(o.room.self, closed{err: err})
}
