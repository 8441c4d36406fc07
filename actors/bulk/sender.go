package bulk

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/parlor-sse/parlor/actors/wire"
	"github.com/parlor-sse/parlor/persistence"
)

// sender keeps messages until others have fetched them. It is told the time and
// leaves what is to be sent in its mail.
type sender struct {
	metrics *metrics
	mail    *mail
	rate    int // bytes a second; 0: no bound

	list  []*outgoing // oldest first, at most maxKept
	bytes int         // of their data, at most MaxKeptBytes
	last  uint64      // id given

	// due are parts that were asked for and that the rate holds back, in the
	// order of the questions; at most inFlight of a message.
	due   []part
	ready time.Time // when the rate lets the next part go
}

func newSender(rate int, m *metrics, to *mail) sender {
	// Ids begin anywhere, so that nobody takes those of a process that was here
	// before for this one's; half of all numbers are above, so that they do not
	// come round to 0.
	return sender{metrics: m, mail: to, rate: rate, last: rand.Uint64() >> 1}
}

// about returns what is on its way to the node about the room, or nil.
func (s *sender) about(node string, room persistence.RoomKey) *outgoing {
	for _, o := range s.list {
		if o.node == node && o.room == room {
			return o
		}
	}
	return nil
}

// find returns the message of that id for the node, or nil.
func (s *sender) find(node string, id uint64) *outgoing {
	for _, o := range s.list {
		if o.id == id && o.node == node {
			return o
		}
	}
	return nil
}

// carry takes on a message, or counts why not. What is under way about the room
// is another.
func (s *sender) carry(node string, room persistence.RoomKey, data []byte, sum uint64, now time.Time) {
	old := s.about(node, room)
	bytes, count := s.bytes+len(data), len(s.list)+1
	if old != nil {
		if old.begun {
			s.metrics.refuse(refusedBegun)
			return
		}
		bytes, count = bytes-len(old.data), count-1
	}
	if bytes > MaxKeptBytes || count > maxKept {
		s.metrics.refuse(refusedFull)
		return
	}
	if old != nil {
		// The node is not told: the next offer takes this one's place in its list.
		s.remove(old)
		s.metrics.replaced.Inc()
	}
	s.last++
	o := &outgoing{
		node: node, room: room, id: s.last, data: data, sum: sum, moved: now,
		asked: make([]bool, (len(data)+ChunkBytes-1)/ChunkBytes),
	}
	s.list = append(s.list, o)
	s.bytes += len(data)
	s.offer(o, now)
}

func (s *sender) offer(o *outgoing, now time.Time) {
	o.spoken = now
	s.mail.post(o.node, wire.Offer{ID: o.id, Bytes: uint64(len(o.data)), Sum: o.sum, Room: o.room})
}

// remove forgets a message.
func (s *sender) remove(o *outgoing) {
	s.list = slices.DeleteFunc(s.list, func(other *outgoing) bool { return other == o })
	s.due = slices.DeleteFunc(s.due, func(p part) bool { return p.of == o })
	s.bytes -= len(o.data)
}

// wanted takes a node's question for a part.
func (s *sender) wanted(from string, m wire.Want, now time.Time) {
	o := s.find(from, m.ID)
	if o == nil {
		s.mail.post(from, wire.Drop{ID: m.ID})
		return
	}
	if m.N == 0 {
		o.moved = now
		return
	}
	p, ok := o.part(m)
	if !ok {
		s.metrics.ignore(ignoredMalformed)
		return
	}
	o.ask(&p)
	switch {
	case o.sentLately(p.index, now) || s.isDue(p):
		s.metrics.ignore(ignoredRepeated)
	case s.dueOf(o) >= inFlight:
		s.metrics.ignore(ignoredMalformed)
	default:
		s.due = append(s.due, p)
		s.pump(now)
	}
}

// isDue reports whether the rate holds a part back.
func (s *sender) isDue(p part) bool {
	return slices.ContainsFunc(s.due, func(d part) bool { return d.of == p.of && d.index == p.index })
}

// dueOf returns how many parts of a message the rate holds back.
func (s *sender) dueOf(o *outgoing) (n int) {
	for _, p := range s.due {
		if p.of == o {
			n++
		}
	}
	return n
}

// pump sends the parts that the rate lets go.
func (s *sender) pump(now time.Time) {
	for len(s.due) > 0 && !s.ready.After(now) {
		p := s.due[0]
		s.due = slices.Delete(s.due, 0, 1)
		s.send(p, now)
	}
}

// slack is how late a part may go without delaying the next one: timers are.
const slack = 10 * time.Millisecond

func (s *sender) send(p part, now time.Time) {
	o, data := p.of, p.data()
	o.send(p, now)
	if s.rate > 0 {
		if s.ready.Before(now.Add(-slack)) {
			s.ready = now
		}
		s.ready = s.ready.Add(time.Duration(len(data)) * time.Second / time.Duration(s.rate))
	}
	s.metrics.sentBytes.Add(float64(len(data)))
	s.mail.post(o.node, wire.Part{ID: o.id, Offset: uint64(p.offset()), Data: data})
}

// dropped takes a node's word that it wants no more of a message.
func (s *sender) dropped(from string, m wire.Drop) {
	o := s.find(from, m.ID)
	switch {
	case o == nil:
		return
	case m.Done:
		s.metrics.carried.Inc()
	default:
		s.metrics.giveUp(endSend, givenUpDropped)
	}
	s.remove(o)
}

// tick passes time: what is stuck is given up, what nobody hears of is offered
// again.
func (s *sender) tick(now time.Time) {
	var stuck []*outgoing
	for _, o := range s.list {
		switch {
		case now.Sub(o.moved) >= patience && !s.holds(o):
			stuck = append(stuck, o)
		case now.Sub(o.spoken) >= again:
			s.offer(o, now)
		}
	}
	for _, o := range stuck {
		s.metrics.giveUp(endSend, givenUpStuck)
		s.mail.post(o.node, wire.Drop{ID: o.id})
		s.remove(o)
	}
	s.pump(now)
}

// holds reports whether the rate is all that keeps the message from moving.
func (s *sender) holds(o *outgoing) bool {
	return slices.ContainsFunc(s.due, func(p part) bool { return p.of == o && p.fresh })
}
