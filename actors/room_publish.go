package actors

import (
	"errors"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/parlor-sse/parlor/actors/wire"
	"github.com/parlor-sse/parlor/persistence"
)

// pendingPublish is a message between its numbering and its commit.
type pendingPublish struct {
	record  persistence.Record
	waiters []waiter
}

// waiter is who asked for a publish; more than one if retries came in before
// the commit.
type waiter struct {
	sender    *actor.PID
	duplicate bool
}

// publish numbers a publication and hands it to the commit pipeline.
func (r *room) publish(p Publication, sender *actor.PID) {
	if p.Event == "" {
		p.Event = DefaultEvent
	}
	now := time.Now().UnixMilli()
	if p.Client != "" {
		r.publishTo(p, now, sender)
		return
	}
	if !r.order.reachable() { // refused for certain, rather than of unknown fate
		r.reply(sender, published{err: ErrUnavailable})
		return
	}
	entry := newEntry(&p, now)
	if entry != nil {
		if known := r.keys.find(entry.Hash); known != nil {
			r.publishedBefore(known, entry, p, sender)
			return
		}
		if err := r.keys.place(entry, p.Key == ""); err != nil {
			r.reply(sender, published{err: err})
			return
		}
	}
	rec := persistence.Record{
		Position: persistence.Position{Epoch: r.epoch, Seq: r.last.Seq + uint64(len(r.pending)) + 1},
		Time:     now,
		Event:    p.Event,
		Data:     stamp(p.Body, p.Stamped, now),
	}
	if entry != nil {
		entry.At = rec.Position
	}
	w := persistence.Write{Room: r.key, Record: rec, Lineage: r.lineage, Key: entry}
	if err := r.order.append(w); err != nil {
		r.reply(sender, published{err: submitError(err)})
		return
	}
	if entry != nil {
		r.keys.add(entry)
	}
	r.pending = append(r.pending, pendingPublish{record: rec, waiters: []waiter{{sender: sender}}})
}

// submitError says what a refused write means to its publisher.
func submitError(err error) error {
	if errors.Is(err, persistence.ErrBusy) {
		return ErrOverloaded
	}
	return ErrUnavailable
}

// publishedBefore answers a publication whose key is known.
func (r *room) publishedBefore(known, again *persistence.KeyEntry, p Publication, sender *actor.PID) {
	if known.Body != again.Body {
		r.reply(sender, published{err: ErrKeyConflict})
		return
	}
	if known.At.Seq > r.last.Seq { // still on its way: the answer waits with the first
		first := &r.pending[known.At.Seq-r.last.Seq-1]
		first.waiters = append(first.waiters, waiter{sender: sender, duplicate: p.Key != ""})
		return
	}
	receipt := r.receipt(known.At, stamp(p.Body, p.Stamped, known.Time))
	receipt.Duplicate = p.Key != ""
	r.reply(sender, published{receipt: receipt})
}

// publishTo sends a publication to one client's streams. It has no place in the
// order and is not kept, so there is nothing to commit.
func (r *room) publishTo(p Publication, now int64, sender *actor.PID) {
	data := stamp(p.Body, p.Stamped, now)
	n := 0
	for front, subscribers := range r.subscribers {
		here := 0
		for _, s := range subscribers {
			if s.Client == p.Client {
				here++
			}
		}
		if link, attached := r.fronts[front]; here > 0 && attached {
			r.node.toFront(front, link, wire.Targeted{Room: r.key, Client: p.Client, Event: p.Event, Data: data})
			n += here
		}
	}
	r.reply(sender, published{receipt: Receipt{
		Data: data, Durability: DurabilityMemory, Copies: 1, Of: 1, Subscribers: n,
	}})
}

// commit takes the oldest n pending messages as committed: history first, then
// the fronts, then the answers.
func (r *room) commit(m committed) {
	if m.n > len(r.pending) { // of an order that has ended
		return
	}
	done := r.pending[:m.n]
	if r.pending = r.pending[m.n:]; len(r.pending) == 0 {
		r.pending = nil
	}
	if m.err != nil {
		for _, p := range done {
			r.answer(p, published{err: ErrUnknownOutcome})
		}
		r.fail()
		return
	}
	records := make([]persistence.Record, len(done))
	for i, p := range done {
		records[i] = p.record
	}
	r.last = records[len(records)-1].Position
	r.copies, r.of = m.copies, m.of
	r.remember(records)
	r.publishState()
	for front, link := range r.fronts {
		r.node.toFront(front, link, wire.Frames{Room: r.key, Records: records})
	}
	for _, p := range done {
		r.answer(p, published{receipt: r.receipt(p.record.Position, p.record.Data)})
	}
	clear(done)
	r.node.metrics.published.Add(float64(m.n))
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

func (r *room) answer(p pendingPublish, m published) {
	for _, w := range p.waiters {
		m.receipt.Duplicate = m.err == nil && w.duplicate
		r.reply(w.sender, m)
	}
}

func (r *room) receipt(at persistence.Position, data []byte) Receipt {
	return Receipt{
		ID: at, Data: data, Subscribers: r.listeners(),
		Durability: r.node.cfg.Durability, Copies: r.copies, Of: r.of,
	}
}

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
