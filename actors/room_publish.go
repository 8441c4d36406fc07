package actors

import (
	"errors"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/parlor-sse/parlor/persistence"
)

// publish takes a publication into the room: as it is, or as the behaviour says.
func (r *room) publish(p Publication, sender *actor.PID) {
	if p.Event == "" {
		p.Event = DefaultEvent
	}
	now := r.now()
	q := &request{what: askedPublish, waiters: []waiter{{sender: sender}}, to: p.to(), name: p.named()}
	if q.to.everybody() {
		q.entry = newEntry(&p, now)
	}
	if q.entry != nil {
		again := func(before *persistence.KeyEntry) any { return r.publishedBefore(before, &p) }
		if r.known(q.entry, q.name, sender, again) {
			return
		}
	}
	if err := r.admit(q.entry, q.name); err != nil && (q.to.everybody() || r.run.hooks.publish != nil) {
		r.answer(q, err)
		return
	}
	q.data = stamp(p.Body, p.Stamped, now)
	if r.run.hooks.publish != nil {
		r.submit(r.publishTask(stashed{message: publish{publication: p}, sender: sender}, q))
		return
	}
	r.pass(q, p.Event)
}

// named returns by what a publication is remembered.
func (p *Publication) named() named {
	switch {
	case p.Source != "":
		return bySource
	case p.Key != "":
		return byKey
	}
	return byFront
}

// pass takes a publication into the room that no behaviour has a say in.
func (r *room) pass(q *request, event string) {
	m := outgoing{to: q.to, event: event, data: q.data}
	if !q.to.everybody() { // it has no place in the order and is not kept
		r.sendAside(m)
		r.settle(&pendingTurn{asked: q})
		return
	}
	turn := persistence.Turn{Records: r.number([]outgoing{m}), Key: q.entry}
	if err := r.append(turn, pendingTurn{records: turn.Records, asked: q}); err != nil {
		r.answer(q, err)
	}
}

// publishTask has the behaviour look at a publication. What the behaviour itself
// broadcasts comes after it.
func (r *room) publishTask(m stashed, q *request) *task {
	p := m.message.(publish).publication
	return &task{
		name: "publish", message: m, asked: q,
		call: func(t *turn) error {
			msg := Message{Event: p.Event, Data: q.data, Client: p.Client, User: p.User, Key: p.Key}
			if err := t.run.hooks.publish.Publish(t.context(), &msg); err != nil {
				return err
			}
			return msg.conclude(t, q)
		},
		after: func(r *room, e ended) {
			if e.err != nil {
				r.complainAbout(e)
				r.answer(q, verdictOf(e.err))
				return
			}
			r.conclude(e, q)
		},
	}
}

// conclude notes what a behaviour has made of a message.
func (m *Message) conclude(t *turn, q *request) (err error) {
	if m.Answer != nil {
		if q.answer, err = marshal(m.Answer, MaxRemembered); err != nil {
			return ErrAnswerSize
		}
	}
	if q.entry != nil {
		q.entry.Answer = q.answer
	}
	if q.dropped = m.Drop; m.Drop {
		return nil
	}
	if m.Event == "" {
		m.Event = DefaultEvent
	}
	out, err := t.context().outgoing(m.Event, m.Data)
	if err != nil {
		return err
	}
	q.data, out.to = out.data, q.to
	if !q.to.everybody() {
		t.out.sends = append([]outgoing{out}, t.out.sends...)
	} else {
		t.out.messages = append([]outgoing{out}, t.out.messages...)
	}
	return nil
}

// publishedBefore answers a publication whose key is known.
func (r *room) publishedBefore(before *persistence.KeyEntry, p *Publication) published {
	data := stamp(p.Body, p.Stamped, before.Time)
	if rec := r.kept(before.At); rec != nil { // the behaviour may have altered it
		data = rec.Data
	}
	return published{receipt: Receipt{
		ID: before.At, Data: data, Answer: before.Answer, Dropped: before.At.Seq == 0,
		Subscribers: r.listeners(), Durability: r.node.cfg.Durability, Copies: r.copies, Of: r.of,
		Duplicate: p.named() != byFront,
	}}
}

// kept returns the message at a position, or nil if it is in memory no more.
func (r *room) kept(at persistence.Position) *persistence.Record {
	if n := len(r.window); n > 0 && at.Seq >= r.window[0].Seq && at.Seq <= r.window[n-1].Seq {
		return &r.window[at.Seq-r.window[0].Seq]
	}
	return nil
}

// submitError says what a refused write means to its publisher.
func submitError(err error) error {
	if errors.Is(err, persistence.ErrBusy) {
		return ErrOverloaded
	}
	return ErrUnavailable
}

// remember appends committed messages to the window. Others hold slices of it,
// so what is in it is never overwritten: it grows into an array of twice its
// size and then moves to a new one.
func (r *room) remember(records []persistence.Record) {
	for i := range records {
		r.bytes += len(records[i].Data)
	}
	if cap(r.window)-len(r.window) < len(records) {
		grown := make([]persistence.Record, 0, 2*(len(r.window)+len(records)))
		r.window = append(grown, r.window...)
	}
	r.window = append(r.window, records...)
	drop := 0
	for n := len(r.window) - drop; n > r.node.window || n > r.node.cfg.History && r.bytes > windowBytes; n-- {
		r.bytes -= len(r.window[drop].Data)
		drop++
	}
	r.window = r.window[drop:]
}

// windowBytes bounds the data of the messages that a room keeps in memory
// beyond its history.
const windowBytes = 1 << 20

// history returns the messages that the room keeps, oldest first.
func (r *room) history() []persistence.Record {
	n := len(r.window)
	return r.window[max(0, n-r.node.cfg.History):n:n]
}

// since returns the messages after seq that are in memory, and at least the
// history.
func (r *room) since(seq uint64) []persistence.Record {
	n := len(r.window)
	keep := r.node.cfg.History
	if seq < r.last.Seq {
		keep = max(keep, int(min(r.last.Seq-seq, uint64(n))))
	}
	return r.window[max(0, n-keep):n:n]
}

// now returns the time in unix milliseconds.
func (r *room) now() int64 { return time.Now().UnixMilli() }

// stamp returns the object with a timestamp appended, unless it has its own.
func stamp(body []byte, stamped bool, ms int64) []byte {
	if stamped {
		return body
	}
	out := make([]byte, 0, len(body)+len(`,"timestamp":"2006-01-02T15:04:05.000Z"`))
	out = append(out, body[:len(body)-1]...)
	if len(out) > 1 {
		out = append(out, ',')
	}
	out = append(out, `"timestamp":"`...)
	out = appendTime(out, ms)
	return append(out, `"}`...)
}

// appendTime appends a time in unix milliseconds as RFC 3339 in UTC.
func appendTime(dst []byte, ms int64) []byte {
	return time.UnixMilli(ms).UTC().AppendFormat(dst, "2006-01-02T15:04:05.000Z")
}
