package actors

import (
	"math/rand/v2"
	"sync"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/parlor-sse/parlor/actors/wire"
)

// Times and bounds of links.
const (
	beatEvery   = 200 * time.Millisecond
	beatsWithin = 900 * time.Millisecond // of silence; then the other end is given up, or asked anew
	ackAfter    = 1024                   // messages taken since the last beat; then one is sent at once

	maxUnheardMessages = 1 << 14 // sent on a link and not known to be taken
	maxUnheardBytes    = 16 << 20
)

// links are the node's links: up to the owners of rooms that streams here
// listen to, and down to fronts whose streams listen to rooms here. The
// transport may lose messages without a word; a link's counts tell, and then
// the front begins the link anew and asks each room for what it missed.
//
// links is the process "links" of its node. Its lock is taken before an end's;
// neither is held while rooms or outlets are called.
type links struct {
	node *node

	mu   sync.Mutex
	up   map[string]*uplink   // guarded by mu; by owner
	down map[string]*downlink // guarded by mu; by front
}

func newLinks(n *node) *links {
	return &links{node: n, up: make(map[string]*uplink), down: make(map[string]*downlink)}
}

// Why a link was begun anew or given up, as metrics tell.
const (
	breakSkip    = "skip"    // a message did not arrive
	breakSilence = "silence" // nothing was heard of the other end
	breakReset   = "reset"   // the other end does not know the link
	breakStream  = "stream"  // the transport's stream broke
	breakCredit  = "credit"  // the front took too little of what it was sent
	breakGone    = "gone"    // the other end has left, or begun anew

	refillHole = "hole" // of an outlet: frames did not follow on each other
)

// toOwner sends a front's message to an owner and begins the link if need be.
func (ls *links) toOwner(owner string, m wire.Body) {
	ls.mu.Lock()
	u := ls.up[owner]
	if u == nil {
		u = newUplink(ls, owner)
		ls.up[owner] = u
		u.begin()
	}
	ls.mu.Unlock()
	u.send(m)
}

// toFront sends a room's message to a front on the link of that id, if that is
// still the front's.
func (ls *links) toFront(front string, link uint64, m wire.Body) {
	ls.mu.Lock()
	d := ls.down[front]
	ls.mu.Unlock()
	if d != nil && d.id == link && !d.send(m) {
		ls.drop(d, breakCredit)
	}
}

// SendUserMessage implements actor.Process: it takes what other nodes' links
// send, on the goroutine of the transport that brings it.
func (ls *links) SendUserMessage(_ *actor.PID, message any) {
	from, m, ok := ls.node.peers.unpacked(message)
	if !ok {
		return
	}
	switch m := m.(type) {
	case wire.Open:
		ls.opened(from, m.Link)
	case wire.LinkMessage:
		ls.counted(from, m)
	case wire.Beat:
		ls.beat(from, m)
	case wire.Reset:
		if u := ls.upTo(from, m.Link); u != nil {
			ls.restart(u, breakReset)
		}
	}
}

// SendSystemMessage implements actor.Process; links have no use for any.
func (ls *links) SendSystemMessage(*actor.PID, any) {}

// Stop implements actor.Process; nobody stops the links.
func (ls *links) Stop(*actor.PID) {}

// upTo returns the link to an owner, if it is the one of that id.
func (ls *links) upTo(owner string, id uint64) *uplink {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if u := ls.up[owner]; u != nil && u.is(id) {
		return u
	}
	return nil
}

// downTo returns the link to a front, if it is the one of that id.
func (ls *links) downTo(front string, id uint64) *downlink {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if d := ls.down[front]; d != nil && d.id == id {
		return d
	}
	return nil
}

// opened takes a front's word that a link begins.
func (ls *links) opened(front string, id uint64) {
	ls.mu.Lock()
	old := ls.down[front]
	if old != nil && old.id == id {
		ls.mu.Unlock()
		old.beat()
		return
	}
	d := newDownlink(ls, front, id)
	ls.down[front] = d
	ls.mu.Unlock()
	if old != nil {
		ls.node.metrics.linkBreaks.WithLabelValues("down", breakGone).Inc()
		old.detachAll()
	}
	d.beat()
}

// counted takes a counted message, from either end of a link.
func (ls *links) counted(from string, m wire.LinkMessage) {
	switch m.Body.(type) {
	case wire.Attach, wire.Detach, wire.Roster:
		d := ls.downTo(from, m.Link)
		switch {
		case d == nil:
			ls.node.peers.send(from, linksProcess, wire.Reset{Link: m.Link})
		case !d.take(m):
			ls.drop(d, breakSkip)
		}
	default:
		if u := ls.upTo(from, m.Link); u != nil && !u.take(m) {
			ls.restart(u, breakSkip)
		}
	}
}

// beat takes the other end's word how far it is.
func (ls *links) beat(from string, m wire.Beat) {
	if u := ls.upTo(from, m.Link); u != nil {
		if !u.beaten(m) {
			ls.restart(u, breakSkip)
		}
		return
	}
	d := ls.downTo(from, m.Link)
	switch {
	case d == nil:
		ls.node.peers.send(from, linksProcess, wire.Reset{Link: m.Link})
	case !d.beaten(m):
		ls.drop(d, breakSkip)
	}
}

// drop gives up a front. The front learns of it and begins anew.
func (ls *links) drop(d *downlink, reason string) {
	ls.mu.Lock()
	current := ls.down[d.peer] == d
	if current {
		delete(ls.down, d.peer)
	}
	ls.mu.Unlock()
	if !current {
		return
	}
	ls.node.metrics.linkBreaks.WithLabelValues("down", reason).Inc()
	ls.node.peers.send(d.peer, linksProcess, wire.Reset{Link: d.id})
	// On a goroutine of its own: who found the credit exhausted may hold the
	// router's lock. Rooms heed only the end of the link that they know.
	go d.detachAll()
}

// restart begins a link to an owner anew and has all its outlets ask for what
// they missed.
func (ls *links) restart(u *uplink, reason string) {
	ls.node.metrics.linkBreaks.WithLabelValues("up", reason).Inc()
	u.begin()
	ls.node.metrics.refills.WithLabelValues(reason).Inc()
	go ls.node.outlets.each(func(o *outlet) { o.linkLost(u.peer) })
}

// broke notes that the transport's stream to or from a node broke.
func (ls *links) broke(node string) {
	ls.mu.Lock()
	u, d := ls.up[node], ls.down[node]
	ls.mu.Unlock()
	if u != nil {
		ls.restart(u, breakStream)
	}
	if d != nil {
		ls.drop(d, breakStream)
	}
}

// tick sends beats and gives up ends that fell silent.
func (ls *links) tick() {
	ls.mu.Lock()
	ups := make([]*uplink, 0, len(ls.up))
	for _, u := range ls.up {
		ups = append(ups, u)
	}
	downs := make([]*downlink, 0, len(ls.down))
	for _, d := range ls.down {
		downs = append(downs, d)
	}
	ls.mu.Unlock()
	for _, u := range ups {
		if u.silent() {
			ls.node.peers.members.Suspect(u.peer)
			ls.restart(u, breakSilence)
		} else {
			u.beat()
		}
	}
	for _, d := range downs {
		if d.silent() {
			ls.drop(d, breakSilence)
		} else {
			d.beat()
		}
	}
}

// prune forgets links to owners that no outlet uses. The owner gives up its end
// for the silence.
func (ls *links) prune() {
	used := make(map[string]bool)
	ls.node.outlets.each(func(o *outlet) { used[o.attachedTo()] = true })
	ls.mu.Lock()
	defer ls.mu.Unlock()
	for owner, u := range ls.up {
		if !used[owner] && !u.busy() { // nothing was sent since the outlets were asked
			delete(ls.up, owner)
		}
	}
}

// newLinkID returns the id of a link's incarnation.
func newLinkID() uint64 { return rand.Uint64() | 1 }
