package bulk

import (
	"slices"
	"time"

	"github.com/parlor-sse/parlor/actors/wire"
)

// receiver fetches what others offer. It is told the time and leaves what is to
// be sent in its mail.
type receiver struct {
	metrics *metrics
	mail    *mail
	whole   func(*incoming) // takes a message that is there as a whole, until delivered is called with it

	active  []*incoming // being fetched or delivered, at most maxReceiving
	bytes   int         // that these will have, at most MaxBytes
	waiting []offer     // oldest first, at most maxWaiting
	done    past
}

// offer is a message that waits to be fetched.
type offer struct {
	from  string
	offer wire.Offer
	heard time.Time // when the sender last offered it
}

// past remembers which messages were received last, because the sender may not
// have heard of it.
type past struct {
	names [maxDone]struct {
		from string
		id   uint64
	}
	next int
}

func (p *past) add(from string, id uint64) {
	p.names[p.next].from, p.names[p.next].id = from, id
	p.next = (p.next + 1) % len(p.names)
}

func (p *past) has(from string, id uint64) bool {
	for i := range p.names {
		if p.names[i].id == id && p.names[i].from == from {
			return true
		}
	}
	return false
}

// idle reports whether nothing is being fetched or waits for it.
func (r *receiver) idle() bool { return len(r.active)+len(r.waiting) == 0 }

// find returns the message if it is being fetched, or nil.
func (r *receiver) find(from string, id uint64) *incoming {
	for _, a := range r.active {
		if a.id == id && a.from == from {
			return a
		}
	}
	return nil
}

// offered takes a sender's offer, the first or a repeated one.
func (r *receiver) offered(from string, m wire.Offer, now time.Time) {
	switch {
	case r.done.has(from, m.ID):
		r.mail.post(from, wire.Drop{ID: m.ID, Done: true})
		return
	case m.Bytes == 0 || m.Bytes > MaxBytes:
		r.metrics.ignore(ignoredMalformed)
		r.mail.post(from, wire.Drop{ID: m.ID})
		return
	}
	if a := r.find(from, m.ID); a != nil {
		a.moved = now // the sender means it, and sends when its rate lets it
		return
	}
	r.enlist(offer{from: from, offer: m, heard: now})
	r.start(now)
	if r.waits(from, m.ID) {
		r.mail.post(from, wire.Want{ID: m.ID})
	}
}

// enlist has an offer wait. It takes the place of the one about the same room,
// which it is or which the sender has replaced by it.
func (r *receiver) enlist(o offer) {
	for i := range r.waiting {
		if w := &r.waiting[i]; w.from == o.from && w.offer.Room == o.offer.Room {
			*w = o
			return
		}
	}
	if len(r.waiting) == maxWaiting {
		oldest := r.waiting[0]
		r.waiting = slices.Delete(r.waiting, 0, 1)
		r.metrics.giveUp(endReceive, givenUpCrowded)
		r.mail.post(oldest.from, wire.Drop{ID: oldest.offer.ID})
	}
	r.waiting = append(r.waiting, o)
}

func (r *receiver) waits(from string, id uint64) bool {
	return slices.ContainsFunc(r.waiting, func(w offer) bool { return w.offer.ID == id && w.from == from })
}

// start begins to fetch what waits, in its order: a large one waits for its
// bytes, and those behind it for it.
func (r *receiver) start(now time.Time) {
	for len(r.waiting) > 0 && len(r.active) < maxReceiving && r.bytes+int(r.waiting[0].offer.Bytes) <= MaxBytes {
		a := newIncoming(r.waiting[0], now)
		r.waiting = slices.Delete(r.waiting, 0, 1)
		r.active = append(r.active, a)
		r.bytes += a.size
		r.ask(a, now)
	}
}

// ask asks for the next parts of a message, as many as may be on their way.
func (r *receiver) ask(a *incoming, now time.Time) {
	for len(a.window) < inFlight && a.next < a.size {
		n := min(ChunkBytes, a.size-a.next)
		a.window = append(a.window, piece{offset: a.next, size: n})
		a.next += n
		r.askFor(a, len(a.window)-1, now)
	}
}

func (r *receiver) askFor(a *incoming, i int, now time.Time) {
	p := &a.window[i]
	p.asked = now
	r.mail.post(a.from, wire.Want{ID: a.id, Offset: uint64(p.offset), N: uint32(p.size)})
}

// arrived takes a part.
func (r *receiver) arrived(from string, m wire.Part, now time.Time) {
	a := r.find(from, m.ID)
	if a == nil {
		r.metrics.ignore(ignoredRepeated)
		return
	}
	if ignored := a.take(m); ignored != "" {
		r.metrics.ignore(ignored)
		return
	}
	r.metrics.receivedBytes.Add(float64(len(m.Data)))
	a.moved = now
	if !a.advance() {
		r.ask(a, now)
		return
	}
	if !a.sound() {
		r.metrics.giveUp(endReceive, givenUpChecksum)
		r.drop(a, now)
		return
	}
	r.done.add(from, a.id)
	r.mail.post(from, wire.Drop{ID: a.id, Done: true})
	r.whole(a)
}

// drop gives up a message and tells its sender.
func (r *receiver) drop(a *incoming, now time.Time) {
	r.mail.post(a.from, wire.Drop{ID: a.id})
	r.remove(a, now)
}

// remove forgets a message, and begins with what waited for its place.
func (r *receiver) remove(a *incoming, now time.Time) {
	r.active = slices.DeleteFunc(r.active, func(other *incoming) bool { return other == a })
	r.bytes -= a.size
	r.start(now)
}

// delivered forgets a message that was handed on.
func (r *receiver) delivered(a *incoming, now time.Time) {
	r.metrics.delivered.Inc()
	r.remove(a, now)
}

// dropped takes a sender's word that there is no more to be had of a message.
func (r *receiver) dropped(from string, m wire.Drop, now time.Time) {
	r.waiting = slices.DeleteFunc(r.waiting, func(w offer) bool { return w.offer.ID == m.ID && w.from == from })
	if a := r.find(from, m.ID); a != nil && !a.complete() {
		r.metrics.giveUp(endReceive, givenUpDropped)
		r.remove(a, now)
		return
	}
	r.start(now)
}

// tick passes time: what is stuck is given up, parts that did not come are asked
// for again.
func (r *receiver) tick(now time.Time) {
	r.waiting = slices.DeleteFunc(r.waiting, func(w offer) bool {
		stuck := now.Sub(w.heard) >= patience
		if stuck {
			r.metrics.giveUp(endReceive, givenUpStuck)
		}
		return stuck
	})
	for _, a := range slices.Clone(r.active) {
		if a.complete() {
			continue
		}
		if now.Sub(a.moved) >= patience {
			r.metrics.giveUp(endReceive, givenUpStuck)
			r.drop(a, now)
			continue
		}
		for i := range a.window {
			if p := &a.window[i]; p.data == nil && now.Sub(p.asked) >= again {
				r.metrics.askedAgain.Inc()
				r.askFor(a, i, now)
			}
		}
	}
	r.start(now)
}
