package pebblestore

import (
	"sync"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parlor-sse/parlor/persistence"
)

// gate lets nobody see writes that are not durable yet, and nobody use a store
// that is closed.
//
// Pebble shows a batch to readers before its fsync has ended. A reader of a
// room that the batch under way writes to, or of all rooms, therefore waits;
// the commit hands it a snapshot when it is done and before the next can
// begin, so a store that is never idle starves nobody. Readers of other rooms
// do not wait.
type gate struct {
	mu      sync.Mutex
	idle    sync.Cond // users fell to 0
	users   int       // calls under way
	closed  bool
	busy    bool // a commit is under way
	plan    plan // of that commit: it names the rooms written to
	waiters []chan<- *pebble.Snapshot
}

func newGate() *gate {
	g := &gate{plan: newPlan()}
	g.idle.L = &g.mu
	return g
}

// enter begins a call; leave ends it.
func (g *gate) enter() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return persistence.ErrClosed
	}
	g.users++
	return nil
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.leaveLocked()
}

func (g *gate) leaveLocked() {
	g.users--
	if g.users == 0 {
		g.idle.Broadcast()
	}
}

// close refuses further calls and waits for those under way.
func (g *gate) close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return persistence.ErrClosed
	}
	g.closed = true
	for g.users > 0 {
		g.idle.Wait()
	}
	return nil
}

// begin begins a commit and returns what its writes come to. The plan is the
// caller's to read until end.
func (g *gate) begin(writes []persistence.Write) (*plan, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return nil, persistence.ErrClosed
	}
	g.users++
	g.busy = true
	g.plan.make(writes)
	return &g.plan, nil
}

// end ends a commit and gives those who wait a snapshot each, from take.
func (g *gate) end(take func() *pebble.Snapshot) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.busy = false
	g.plan.clear()
	for _, w := range g.waiters {
		w <- take()
	}
	g.waiters = nil
	g.leaveLocked()
}

// snapshot returns, from take, a snapshot that shows of room nothing that is
// not durable; of all rooms if room is nil. It waits for the commit under way
// if it has to. The caller has entered.
func (g *gate) snapshot(room *persistence.RoomKey, take func() *pebble.Snapshot) *pebble.Snapshot {
	g.mu.Lock()
	if !g.concernsLocked(room) {
		defer g.mu.Unlock()
		return take()
	}
	handed := make(chan *pebble.Snapshot, 1)
	g.waiters = append(g.waiters, handed)
	g.mu.Unlock()
	return <-handed
}

// concernsLocked reports whether the commit under way writes to room.
func (g *gate) concernsLocked(room *persistence.RoomKey) bool {
	if room == nil {
		return g.busy
	}
	_, ok := g.plan.rooms[*room]
	return ok
}
