package actors

import (
	"sync"
	"time"

	"github.com/parlor-sse/parlor/actors/wire"
)

// uplink is a front's end of a link to an owner.
type uplink struct {
	// Static after construction.
	links *links
	owner string

	mu sync.Mutex
	// Guarded by mu.
	id       uint64
	sent     uint64    // messages sent on this incarnation
	received uint64    // messages taken
	acked    uint64    // received, as of the last beat sent
	heard    time.Time // when the owner was last heard of on this incarnation, or it began
	used     time.Time // when something was last sent
}

// begin starts a new incarnation of the link: what was sent or received before
// belongs to no link any more.
func (u *uplink) begin() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.id, u.sent, u.received, u.acked = newLinkID(), 0, 0, 0
	u.heard, u.used = time.Now(), time.Now()
	peers := u.links.node.peers
	peers.send(u.owner, linksProcess, wire.Open{Link: u.id, From: u.links.node.cfg.Node})
}

func (u *uplink) is(id uint64) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.id == id
}

// send sends a counted message. The lock keeps counts and order the same.
func (u *uplink) send(m wire.Body) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.sent++
	u.used = time.Now()
	u.links.node.peers.send(u.owner, linksProcess, wire.LinkMessage{Link: u.id, N: u.sent, Body: m})
}

// take hands a message to its outlet, or reports that it is not the next one.
// One reader brings all messages of a node, so they are handed on in order.
func (u *uplink) take(m wire.LinkMessage) bool {
	u.mu.Lock()
	if m.Link != u.id {
		u.mu.Unlock()
		return true
	}
	if m.N != u.received+1 {
		u.mu.Unlock()
		return false
	}
	u.received++
	u.heard = time.Now()
	ack := u.received-u.acked >= ackAfter
	u.mu.Unlock()
	if ack {
		u.beat()
	}
	u.links.node.outlets.take(u.owner, m.Body)
	return true
}

// beaten takes the owner's beat and reports whether nothing was lost.
func (u *uplink) beaten(m wire.Beat) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if m.Link != u.id {
		return true
	}
	u.heard = time.Now()
	return m.Sent == u.received
}

// beat tells the owner how far this end is.
func (u *uplink) beat() {
	u.mu.Lock()
	defer u.mu.Unlock()
	n := u.links.node
	u.acked = u.received
	n.peers.send(u.owner, linksProcess, wire.Beat{
		Link: u.id, From: n.cfg.Node, Sent: u.sent, Received: u.received, Ring: n.place.version(),
	})
}

// overdue reports whether the owner has been silent for too long.
func (u *uplink) overdue() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return time.Since(u.heard) > max(beatsWithin, openEvery)
}

// busy reports whether something was sent a moment ago.
func (u *uplink) busy() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return time.Since(u.used) < beatsWithin
}
