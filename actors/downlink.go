package actors

import (
	"time"

	"github.com/parlor-sse/parlor/actors/wire"
	"github.com/parlor-sse/parlor/persistence"
)

// downlink is an owner's end of one incarnation of a link to a front. Its id
// never changes.
type downlink struct {
	linkEnd

	// Guarded by mu.
	rooms   map[persistence.RoomKey]struct{} // that the front is attached to, or asked to be; nil once it was given up
	unheard int                              // bytes of sizes
	sizes   []int                            // of the messages after those that the front is known to have taken
}

func newDownlink(ls *links, front string, id uint64) *downlink {
	return &downlink{
		linkEnd: linkEnd{links: ls, peer: front, id: id, heard: time.Now()},
		rooms:   make(map[persistence.RoomKey]struct{}),
	}
}

// send sends a counted message, or reports that the front has too much to take
// already: memory here is bounded, and the front catches up by asking again.
func (d *downlink) send(m wire.Body) bool {
	size := bodySize(m)
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.sizes) >= maxUnheardMessages || d.unheard > 0 && d.unheard+size > maxUnheardBytes {
		return false
	}
	d.sizes = append(d.sizes, size)
	d.unheard += size
	d.sendLocked(m)
	return true
}

// bodySize returns about how many bytes a message takes on its way.
func bodySize(m wire.Body) int {
	const fixed = 64
	size := fixed
	var records []persistence.Record
	switch m := m.(type) {
	case wire.Frames:
		records = m.Records
	case wire.Attached:
		records = m.History
	case wire.Update:
		size += len(m.Data)
	case wire.Targeted:
		size += len(m.Data)
	case wire.Presence:
		size += fixed * len(m.People)
	}
	for i := range records {
		size += fixed + len(records[i].Data)
	}
	return size
}

// take hands a front's message to its room, or reports that it is not the next
// one.
func (d *downlink) take(m wire.LinkMessage) bool {
	env, known := frontMessage(d.peer, d.id, m.Body)
	d.mu.Lock()
	if d.rooms == nil || !d.takeLocked(m.N) {
		d.mu.Unlock()
		return false
	}
	switch env.message.(type) {
	case attach:
		d.rooms[env.key] = struct{}{}
	case detach:
		delete(d.rooms, env.key)
	}
	d.mu.Unlock()
	if known {
		d.links.node.root.Send(d.links.node.rooms, env)
	}
	return true
}

// beaten takes the front's beat and reports whether nothing was lost.
func (d *downlink) beaten(m wire.Beat) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.heard = time.Now()
	// sizes[i] is of message sent-len(sizes)+1+i.
	first := d.sent - uint64(len(d.sizes)) + 1
	taken := max(min(m.Received, d.sent)+1, first) - first
	for _, size := range d.sizes[:taken] {
		d.unheard -= size
	}
	if d.sizes = d.sizes[taken:]; len(d.sizes) == 0 {
		d.sizes = nil
	}
	return m.Sent == d.received
}

// beat tells the front how far this end is.
func (d *downlink) beat() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.beatLocked()
}

// detachAll tells all rooms that the front is gone, and its streams with it.
func (d *downlink) detachAll() {
	d.mu.Lock()
	rooms := d.rooms
	d.rooms = nil
	d.mu.Unlock()
	for key := range rooms {
		d.links.node.root.Send(d.links.node.rooms, toRoom{key, detach{front: d.peer, link: d.id}})
	}
}
