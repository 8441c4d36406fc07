package actors

import (
	"github.com/asynkron/protoactor-go/actor"

	"github.com/parlor-sse/parlor/actors/wire"
	"github.com/parlor-sse/parlor/persistence"
)

// request is what was asked of a room, from its arrival to its answer.
type request struct {
	waiters []waiter
	entry   *persistence.KeyEntry // by which it is remembered; nil if it is not
	name    named                 // by what
	what    asked

	// The answer, once the call was made.
	data    []byte // of a publish: the object as delivered
	answer  []byte // of a publish: what the behaviour says to it
	dropped bool   // of a publish: the behaviour did not pass it on
	to      target // of a publish: whose streams get it
	reply   Reply  // of a call
	later   bool   // of a call: the answer comes with a later turn
}

// asked is the sort of a request.
type asked uint8

const (
	askedPublish asked = iota
	askedFetch
	askedCreate
)

// waiter is who asked; more than one if retries came in before the commit.
type waiter struct {
	sender    *actor.PID
	duplicate bool
}

// settle answers a request of which all is committed.
func (r *room) settle(p *pendingTurn) {
	q := p.asked
	if q == nil || p.later {
		return
	}
	for _, w := range q.waiters {
		switch q.what {
		case askedPublish:
			r.reply(w.sender, published{receipt: r.receipt(q, p, w.duplicate)})
		case askedFetch:
			reply := q.reply
			reply.Duplicate = w.duplicate
			r.reply(w.sender, fetched{reply: reply})
		case askedCreate:
			r.reply(w.sender, created{})
		}
	}
}

// answer tells whoever waits for a request that it failed.
func (r *room) answer(q *request, err error) {
	if q == nil {
		return
	}
	for _, w := range q.waiters {
		r.reply(w.sender, published{err: err})
	}
}

// disappoint tells whoever waits for the end of a turn that it failed. Whose answer
// is held back is told when that is given up.
func (r *room) disappoint(p *pendingTurn, err error) {
	if !p.later {
		r.answer(p.asked, err)
	}
}

// receipt says what became of a publish.
func (r *room) receipt(q *request, p *pendingTurn, duplicate bool) Receipt {
	receipt := Receipt{
		Data: q.data, Answer: q.answer, Dropped: q.dropped, Subscribers: r.listeners(),
		Durability: r.node.cfg.Durability, Copies: r.copies, Of: r.of, Duplicate: duplicate,
	}
	switch {
	case q.dropped:
		receipt.Subscribers = 0
	case !q.to.everybody():
		receipt.Durability, receipt.Copies, receipt.Of = DurabilityMemory, 1, 1
		receipt.Subscribers = r.streamsOf(q.to)
	default:
		receipt.ID = p.records[0].Position
	}
	return receipt
}

// known answers a request whose key was used before, and reports whether it did.
// One that is under way answers both.
func (r *room) known(entry *persistence.KeyEntry, name named, sender *actor.PID, again func(*persistence.KeyEntry) any) bool {
	if q := r.asking[entry.Hash]; q != nil {
		r.join(q, entry, name, sender)
		return true
	}
	before := r.keys.find(entry.Hash)
	switch {
	case before == nil, name == bySource && !takenIn(before, entry):
		return false
	case name != bySource && before.Body != entry.Body:
		r.reply(sender, published{err: ErrKeyConflict})
	case before.Turn > r.turn:
		for i := range r.pending {
			if q := r.pending[i].asked; r.pending[i].number == before.Turn && q != nil {
				r.join(q, entry, name, sender)
				break
			}
		}
	default:
		r.reply(sender, again(before))
	}
	return true
}

// join lets a request wait for the answer to one with the same key, or to a later one
// of the same source.
func (r *room) join(q *request, entry *persistence.KeyEntry, name named, sender *actor.PID) {
	switch {
	case name == bySource && !takenIn(q.entry, entry):
		r.reply(sender, published{err: ErrOverloaded}) // it is ahead of its turn
	case name != bySource && q.entry.Body != entry.Body:
		r.reply(sender, published{err: ErrKeyConflict})
	default:
		q.waiters = append(q.waiters, waiter{sender: sender, duplicate: name != byFront})
	}
}

// admit reports why the room takes no further request that its behaviour has to
// see.
func (r *room) admit(entry *persistence.KeyEntry, name named) error {
	switch {
	case !r.order.reachable(): // refused for certain, rather than of unknown fate
		return ErrUnavailable
	case r.order.full(), len(r.tasks) >= r.node.cfg.Mailbox:
		return ErrOverloaded
	case name == byKey && r.keys.exhausted(len(r.asking), entry.Time):
		return ErrKeysExhausted
	}
	return nil
}

// submit has the behaviour see to a request.
func (r *room) submit(t *task) {
	if q := t.asked; q.entry != nil {
		r.asking[q.entry.Hash] = q
	}
	r.begin(t)
}

// abandon gives up the calls that have not ended: those that were not begun are
// left to the room's next activation.
func (r *room) abandon() {
	if r.run == nil {
		return
	}
	for _, t := range r.run.close() {
		delete(r.tasks, t)
		r.postpone(t)
	}
	for t := range r.tasks { // under way: nothing of it was committed, or will be
		err := ErrUnavailable
		if r.ended != nil {
			err = r.ended
		}
		r.answer(t.asked, err)
	}
	clear(r.tasks)
	for q := range r.held {
		r.disown(q)
	}
	clear(r.asking)
}

// remembered returns the answer to a call that was made before.
func remembered(e *persistence.KeyEntry, keyed bool) fetched {
	m, err := wire.Decode(e.Answer)
	if called, ok := m.(wire.Called); err == nil && ok {
		f := fetchedOf(called)
		f.reply.Duplicate = keyed
		return f
	}
	return fetched{err: ErrAnswerLost}
}
