package actors

import (
	"sync"

	"github.com/parlor-sse/parlor/actors/fanout"
	"github.com/parlor-sse/parlor/persistence"
)

// Parked returns how many streams wait for their peers, Skipped how often some
// skipped under a policy.
func (s *System) Parked() int64                  { return s.engine.Stats().Parked }
func (s *System) Skipped(p fanout.Policy) uint64 { return s.engine.Stats().Skips[p] }

// Front is a front that is not there, on a room of a node of its own: it can say
// what fronts say, and hears nothing.
type Front struct {
	Name  string
	Link  uint64
	known bool
}

// Attach has the front attach, with one stream for each client, numbered from 1.
func (f *Front) Attach(s *System, room persistence.RoomKey, clients ...string) {
	r := roster{front: f.Name, link: f.Link, all: f.known}
	for i, client := range clients {
		r.joins = append(r.joins, &listener{ID: uint64(i + 1), Client: client, Since: int64(i)})
	}
	s.node.root.Send(s.node.rooms, toRoom{room, attach{front: f.Name, link: f.Link, known: f.known}})
	s.node.root.Send(s.node.rooms, toRoom{room, r})
	f.known = true
}

// Detach has the front's link break.
func (f *Front) Detach(s *System, room persistence.RoomKey) {
	s.node.root.Send(s.node.rooms, toRoom{room, detach{front: f.Name, link: f.Link}})
	f.Link++
}

// BreakLinks has the node give up its links from fronts, as it does when it does
// not hear of them for too long.
func (s *System) BreakLinks() {
	s.node.links.mu.Lock()
	var all []*downlink
	for _, d := range s.node.links.down {
		all = append(all, d)
	}
	s.node.links.mu.Unlock()
	for _, d := range all {
		s.node.links.drop(d, breakSilence)
	}
}

// HoldConfirmations has rooms that begin from now on wait to hear that they are
// the node's still, until confirm is called. It is for a node of its own.
func (s *System) HoldConfirmations() (confirm func()) {
	h := &heldLedger{ledger: s.node.ledger, rooms: make(map[*room]int)}
	s.node.ledger = h
	return h.confirm
}

// heldLedger is a ledger that takes its time to confirm.
type heldLedger struct {
	ledger
	mu    sync.Mutex
	rooms map[*room]int // guarded by mu; confirmations that each waits for
}

func (h *heldLedger) open(r *room) order { return heldOrder{h.ledger.open(r), h, r} }

func (h *heldLedger) confirm() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for r, n := range h.rooms {
		r.node.root.Send(r.self, confirmed{n: n})
	}
	clear(h.rooms)
}

type heldOrder struct {
	order
	held *heldLedger
	room *room
}

func (o heldOrder) confirm() bool {
	o.held.mu.Lock()
	defer o.held.mu.Unlock()
	o.held.rooms[o.room]++
	return false
}
