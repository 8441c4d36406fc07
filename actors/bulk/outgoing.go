package bulk

import (
	"time"

	"github.com/parlor-sse/parlor/actors/wire"
	"github.com/parlor-sse/parlor/persistence"
)

// outgoing is a message on its way out.
type outgoing struct {
	// Static after construction.
	node string
	room persistence.RoomKey
	id   uint64
	data []byte
	sum  uint64

	begun  bool           // the node asked for a part
	asked  []bool         // by part: whether the node asked for it
	moved  time.Time      // when a part was first sent, or the node said that the message waits
	spoken time.Time      // when an offer or a part was last sent
	recent [inFlight]sent // the parts sent last
	turn   int            // index of the older of them
}

// sent is a part that was sent.
type sent struct {
	index int
	at    time.Time
}

// part is a part of a message that its receiver asked for.
type part struct {
	of    *outgoing
	index int
	fresh bool // it was not asked for before
}

// part returns what a node asks for, or false if it is no part of the message.
func (o *outgoing) part(m wire.Want) (part, bool) {
	p := part{of: o, index: int(m.Offset / ChunkBytes)}
	if m.Offset%ChunkBytes != 0 || m.Offset >= uint64(len(o.data)) || int(m.N) != len(p.data()) {
		return part{}, false
	}
	return p, true
}

func (p *part) offset() int { return p.index * ChunkBytes }

func (p *part) data() []byte {
	rest := p.of.data[p.offset():]
	n := min(len(rest), ChunkBytes)
	return rest[:n:n]
}

// ask notes that a part was asked for.
func (o *outgoing) ask(p *part) {
	p.fresh = !o.asked[p.index]
	o.begun, o.asked[p.index] = true, true
}

// send notes that a part is being sent.
func (o *outgoing) send(p part, now time.Time) {
	o.recent[o.turn] = sent{index: p.index, at: now}
	o.turn = (o.turn + 1) % len(o.recent)
	o.spoken = now
	if p.fresh {
		o.moved = now
	}
}

// sentLately reports whether a part was sent so short a time ago that a question
// for it cannot be one for a part that was lost.
func (o *outgoing) sentLately(index int, now time.Time) bool {
	for _, r := range o.recent {
		if r.index == index && now.Sub(r.at) < again/2 {
			return true
		}
	}
	return false
}
