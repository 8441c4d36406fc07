package actors

import (
	"time"

	"github.com/parlor-sse/parlor/actors/wire"
)

// uplink is a front's end of a link to an owner. Its id changes with each
// incarnation of the link.
type uplink struct {
	linkEnd

	// Guarded by mu.
	acked uint64    // received, as of the last beat sent
	used  time.Time // when something was last sent
}

func newUplink(ls *links, owner string) *uplink {
	return &uplink{linkEnd: linkEnd{links: ls, peer: owner}}
}

// begin starts a new incarnation of the link: what was sent or received before
// belongs to no link any more.
func (u *uplink) begin() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.id, u.sent, u.received, u.acked = newLinkID(), 0, 0, 0
	u.heard, u.used = time.Now(), time.Now()
	u.links.node.peers.send(u.peer, linksProcess, wire.Open{Link: u.id})
}

func (u *uplink) is(id uint64) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.id == id
}

func (u *uplink) send(m wire.Body) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.used = time.Now()
	u.sendLocked(m)
}

// take hands a message to its outlet, or reports that it is not the next one.
// One reader brings all messages of a node, so they are handed on in order.
func (u *uplink) take(m wire.LinkMessage) bool {
	u.mu.Lock()
	if m.Link != u.id {
		u.mu.Unlock()
		return true
	}
	if !u.takeLocked(m.N) {
		u.mu.Unlock()
		return false
	}
	if u.received-u.acked >= ackAfter {
		u.ackLocked()
	}
	u.mu.Unlock()
	u.links.node.outlets.take(u.peer, m.Body)
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
	u.ackLocked()
}

func (u *uplink) ackLocked() {
	u.acked = u.received
	u.beatLocked()
}

// busy reports whether something was sent a moment ago.
func (u *uplink) busy() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return time.Since(u.used) < beatsWithin
}
