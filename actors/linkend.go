package actors

import (
	"sync"
	"time"

	"github.com/parlor-sse/parlor/actors/wire"
)

// linkEnd is what both ends of a link have in common: they count what they send
// and take, and tell each other how far they are.
type linkEnd struct {
	// Static after construction.
	links *links
	peer  string // node of the other end

	mu sync.Mutex
	// Guarded by mu.
	id       uint64
	sent     uint64    // messages sent on this incarnation
	received uint64    // messages taken
	heard    time.Time // when the other end was last heard of on this incarnation, or it began
}

// sendLocked sends a counted message. The lock keeps counts and order the same.
func (e *linkEnd) sendLocked(m wire.Body) {
	e.sent++
	e.links.node.peers.send(e.peer, linksProcess, wire.LinkMessage{Link: e.id, N: e.sent, Body: m})
}

// takeLocked counts a message in, or reports that it is not the next one.
func (e *linkEnd) takeLocked(n uint64) bool {
	if n != e.received+1 {
		return false
	}
	e.received++
	e.heard = time.Now()
	return true
}

// beatLocked tells the other end how far this one is.
func (e *linkEnd) beatLocked() {
	e.links.node.peers.send(e.peer, linksProcess, wire.Beat{Link: e.id, Sent: e.sent, Received: e.received})
}

// silent reports whether the other end has not been heard of for too long.
func (e *linkEnd) silent() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return time.Since(e.heard) > beatsWithin
}
