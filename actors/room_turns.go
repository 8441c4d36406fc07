package actors

import (
	"slices"

	"github.com/parlor-sse/parlor/actors/wire"
	"github.com/parlor-sse/parlor/persistence"
)

// pendingTurn is a turn between its end and the moment when what it says may
// leave the room: when it is committed itself, or, if it changed nothing, when
// all before it are and the room is known to be this node's still. (What it says
// may rest on what turns before it have stored.)
type pendingTurn struct {
	number  uint64 // 0 for a turn that changed nothing
	check   uint64 // the confirmation that it waits for; 0 for none
	records []persistence.Record
	out     effects
	asked   *request              // who is to be answered; nil for nobody
	later   bool                  // the answer to asked comes with a later turn
	now     *stored               // what the room stores from then on; nil for what it did
	renews  *persistence.KeyEntry // that the turn's key takes the place of; nil for none
	settles bool                  // the turn only tidies up, before the room sleeps
}

// stored is what is shown of a room's storage.
type stored struct {
	items, bytes int
	alarm        persistence.Alarm
}

// begin has a call made on the behaviour, after those that wait.
func (r *room) begin(t *task) {
	if r.run.submit(t) {
		r.tasks[t] = struct{}{}
		return
	}
	r.postpone(t) // the last call ended the activation, and the room is about to hear of it
}

// postpone leaves what was asked to the room's next activation.
func (r *room) postpone(t *task) {
	if t.asked == nil {
		return
	}
	for _, w := range t.asked.waiters {
		r.act.pending.Add(1)
		r.stash = append(r.stash, stashed{message: t.message.message, sender: w.sender})
	}
}

// over takes a call that has ended, unless the room has given it up.
func (r *room) over(e ended) {
	if _, open := r.tasks[e.task]; !open {
		return
	}
	delete(r.tasks, e.task)
	if q := e.task.asked; q != nil && q.entry != nil {
		delete(r.asking, q.entry.Hash)
	}
	if r.state != roomAwake && r.state != roomStarting {
		return
	}
	e.task.after(r, e)
	if !e.dead || r.state == roomRefusing {
		return
	}
	r.node.metrics.failures.Inc()
	r.fail()
	if change := e.task.instead; change != nil {
		r.commitChange(change)
	}
}

// commitChange commits a change that no call made.
func (r *room) commitChange(c *persistence.Change) {
	st := r.stored
	before := r.run.settled()
	for _, it := range c.Puts {
		if old, ok := before.Get(it.Key); ok {
			st.bytes -= len(it.Key) + len(old)
		} else {
			st.items++
		}
		st.bytes += len(it.Key) + len(it.Value)
	}
	for _, key := range c.Deletes {
		if old, ok := before.Get(key); ok {
			st.items--
			st.bytes -= len(key) + len(old)
		}
	}
	if c.Alarm != nil {
		st.alarm = *c.Alarm
	}
	_ = r.append(persistence.Turn{Change: c}, pendingTurn{now: &st})
}

// conclude numbers what a call has sent, has all that it did committed, and
// keeps what is to leave the room until then.
func (r *room) conclude(e ended, q *request) {
	t := e.turn
	turn := persistence.Turn{Records: r.number(t.out.messages), Change: t.change()}
	p := pendingTurn{records: turn.Records, out: t.out, asked: q, later: q != nil && q.later}
	if turn.Change != nil {
		p.now = &stored{items: t.storage.Len(), bytes: t.storage.Bytes(), alarm: t.alarm}
	}
	changed := len(turn.Records) > 0 || turn.Change != nil
	if q != nil && q.entry != nil && (changed || q.name != byFront || t.out.seen()) { // not to be done twice
		turn.Key = q.entry
	}
	if !changed && turn.Key == nil {
		r.wait(p)
	} else if err := r.append(turn, p); err != nil {
		// The calls after this one have seen what it stored: none of them holds.
		r.answer(q, err)
		r.fail()
		return
	}
	r.answerHeld(t.out.answers)
}

// number makes records of messages, at the places after those under way.
func (r *room) number(messages []outgoing) []persistence.Record {
	if len(messages) == 0 {
		return nil
	}
	now := r.now()
	records := make([]persistence.Record, len(messages))
	for i, m := range messages {
		records[i] = persistence.Record{
			Position: persistence.Position{Epoch: r.epoch, Seq: r.head.Last.Seq + uint64(i) + 1},
			Time:     now, Event: m.event, Data: m.data,
		}
	}
	return records
}

// append hands a turn to the ledger; p is let out when it is committed.
func (r *room) append(turn persistence.Turn, p pendingTurn) error {
	if k := turn.Key; k != nil {
		if k.Turn = r.head.Turn + 1; p.asked.what == askedPublish && !p.asked.dropped {
			k.At = turn.Records[0].Position
		}
		if p.renews == nil {
			if err := r.keys.place(k, p.asked.name); err != nil {
				return err
			}
		}
	}
	leaves := r.stored
	if p.now != nil {
		leaves = *p.now
	}
	out := r.out.plan(handed{
		change: turn.Change, alarm: leaves.alarm, more: r.parcels(turn.Records, p.out.hooks), now: r.now(), settle: p.settles,
	})
	turn.Change = out.change
	head := r.head.After(&turn, nil)
	if turn.Change != nil {
		head.Items, head.Bytes = uint64(leaves.items+out.items), uint64(leaves.bytes+out.bytes)
	}
	if err := r.order.append(turn, head); err != nil {
		return submitError(err)
	}
	r.stored = leaves
	r.posted(&out)
	switch {
	case p.renews != nil:
		r.keys.renew(p.renews, turn.Key)
	case turn.Key != nil:
		r.keys.add(turn.Key)
	}
	r.head = head
	p.number = head.Turn
	r.pending = append(r.pending, p)
	return nil
}

// wait keeps what a turn that changed nothing has to say until it may be said.
func (r *room) wait(p pendingTurn) {
	if p.asked == nil && len(p.out.sends)+len(p.out.kicks)+len(p.out.calls) == 0 {
		return
	}
	if (p.asked != nil || len(p.out.calls) > 0) && !r.order.confirm() {
		r.checks++
		p.check = r.checks
	}
	r.pending = append(r.pending, p)
	r.release()
}

// commit takes the oldest n turns not yet reported as committed.
func (r *room) commit(m committed) {
	if m.n > int(r.head.Turn-r.turn) { // of an order that has ended
		return
	}
	if m.err != nil {
		for _, p := range r.pending {
			r.disappoint(&p, ErrUnknownOutcome)
		}
		r.pending = nil
		r.fail()
		return
	}
	r.turn += uint64(m.n)
	r.copies, r.of = m.copies, m.of
	r.release()
}

// confirm takes note that the room was this node's still when the oldest n
// confirmations not yet reported were asked for.
func (r *room) confirm(m confirmed) {
	r.checked = min(r.checks, r.checked+uint64(m.n))
	r.release()
}

// release lets out what waits for nothing any more, in the order of the turns:
// of each, history first, then the fronts, then other rooms, then the answer. The
// sinks come last of all.
func (r *room) release() {
	n := 0
	for n < len(r.pending) && r.pending[n].number <= r.turn && r.pending[n].check <= r.checked {
		n++
	}
	if n == 0 {
		return
	}
	done := r.pending[:n]
	if r.pending = r.pending[n:]; len(r.pending) == 0 {
		r.pending = nil
	}
	for i := 0; i < n; {
		i += r.publicize(done[i:])
	}
	for i := range done {
		r.send(done[i].out.calls)
		r.settle(&done[i])
	}
	clear(done)
	r.deliver()
}

// publicize sends the fronts what the first few turns say, with their messages
// in one piece, and returns how many turns that were.
func (r *room) publicize(done []pendingTurn) int {
	var records []persistence.Record
	n := 0
	for aside := false; n < len(done) && !aside; n++ {
		p := &done[n]
		if records == nil {
			records = slices.Clip(p.records)
		} else {
			records = append(records, p.records...)
		}
		if p.now != nil {
			r.store(p.now)
		}
		aside = len(p.out.sends)+len(p.out.kicks) > 0
	}
	if len(records) > 0 {
		r.last = records[len(records)-1].Position
		r.remember(records)
		for front, link := range r.fronts {
			r.node.toFront(front, link, wire.Frames{Room: r.key, Records: records})
		}
		r.node.metrics.published.Add(float64(len(records)))
	}
	r.publishState()
	out := &done[n-1].out
	for _, s := range out.sends {
		r.sendAside(s)
	}
	for _, to := range out.kicks {
		r.kick(to)
	}
	return n
}

// sendAside sends fronts an event that has no place in the order.
func (r *room) sendAside(s outgoing) {
	for front, link := range r.fronts {
		switch {
		case s.to.everybody():
			r.node.toFront(front, link, wire.Update{Room: r.key, Event: s.event, Data: s.data})
		case r.streamsAt(front, s.to) > 0:
			r.node.toFront(front, link, wire.Targeted{
				Room: r.key, Client: s.to.client, User: s.to.user, Event: s.event, Data: s.data,
			})
		}
	}
}

// store takes note of what the room stores now, and sets its alarm.
func (r *room) store(s *stored) {
	r.act.items.Store(int64(s.items))
	r.act.bytes.Store(int64(s.bytes))
	r.setAlarm(s.alarm)
}
