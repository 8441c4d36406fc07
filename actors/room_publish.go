package actors

import (
	"errors"
	"time"

	"github.com/asynkron/protoactor-go/actor"

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
	var entry *persistence.KeyEntry
	if p.Key != "" {
		entry = &persistence.KeyEntry{Hash: hashKey(p.Key), Body: hashBody(&p), Time: now}
		if known := r.keys.find(entry.Hash); known != nil {
			r.publishedBefore(known, entry, p, sender)
			return
		}
		if err := r.keys.place(entry); err != nil {
			r.reply(sender, published{err: err})
			return
		}
	}
	rec := persistence.Record{
		Position: persistence.Position{Epoch: r.lineage.Current(), Seq: r.last.Seq + uint64(len(r.pending)) + 1},
		Time:     now,
		Event:    p.Event,
		Data:     stamp(p.Body, p.Stamped, now),
	}
	if entry != nil {
		entry.At = rec.Position
	}
	w := persistence.Write{Room: r.key, Record: rec, Lineage: r.lineage, Key: entry}
	if err := r.node.committer.Submit(w, r); err != nil {
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
		first.waiters = append(first.waiters, waiter{sender: sender, duplicate: true})
		return
	}
	receipt := r.receipt(known.At, stamp(p.Body, p.Stamped, known.Time))
	receipt.Duplicate = true
	r.reply(sender, published{receipt: receipt})
}

// publishTo sends a publication to one client's streams. It has no place in the
// order and is not kept, so there is nothing to commit.
func (r *room) publishTo(p Publication, now int64, sender *actor.PID) {
	data := stamp(p.Body, p.Stamped, now)
	n := 0
	for address, subscribers := range r.subscribers {
		here := 0
		for _, s := range subscribers {
			if s.Client == p.Client {
				here++
			}
		}
		if front := r.fronts[address]; here > 0 && front != nil {
			r.node.root.Send(front, targeted{key: r.key, client: p.Client, event: p.Event, data: data})
			n += here
		}
	}
	r.reply(sender, published{receipt: Receipt{
		Data: data, Durability: DurabilityMemory, Replicas: replicasAlone, Subscribers: n,
	}})
}

// commit takes the oldest n pending messages as committed: history first, then
// the fronts, then the answers.
func (r *room) commit(m committed) {
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
	r.remember(records)
	r.publishState()
	for _, front := range r.fronts {
		r.node.root.Send(front, frames{key: r.key, messages: records})
	}
	for _, p := range done {
		r.answer(p, published{receipt: r.receipt(p.record.Position, p.record.Data)})
	}
	clear(done)
	r.node.metrics.published.Add(float64(m.n))
}

// remember appends committed messages to the history. Others hold slices of it,
// so what is in it is never overwritten: it grows into an array of twice its
// size and then moves to a new one.
func (r *room) remember(records []persistence.Record) {
	keep := r.node.cfg.History
	records = records[max(0, len(records)-keep):]
	if cap(r.history)-len(r.history) < len(records) {
		grown := make([]persistence.Record, 0, 2*keep)
		r.history = append(grown, r.history[max(0, len(r.history)+len(records)-keep):]...)
	}
	r.history = append(r.history, records...)
	r.history = r.history[max(0, len(r.history)-keep):]
}

func (r *room) answer(p pendingPublish, m published) {
	for _, w := range p.waiters {
		m.receipt.Duplicate = w.duplicate
		r.reply(w.sender, m)
	}
}

func (r *room) receipt(at persistence.Position, data []byte) Receipt {
	return Receipt{
		ID: at, Data: data, Subscribers: r.listeners(),
		Durability: r.node.cfg.Durability, Replicas: replicasAlone,
	}
}

// replicasAlone is what a node on its own can say of copies.
const replicasAlone = "1/1"

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
