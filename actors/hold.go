package actors

import (
	"net/http"
	"slices"
	"time"

	"github.com/parlor-sse/parlor/actors/wire"
	"github.com/parlor-sse/parlor/persistence"
)

// MaxHeld bounds the requests that a room may have held back.
const MaxHeld = 1024

// Hold keeps the answer to the Fetch under way back, for a later turn to give by
// Answer: the one that brings the answer of another room, say. What the Fetch has
// stored is committed meanwhile. A request that is not answered within Kind.Limit,
// or before the activation ends, is of unknown outcome to whoever asked. Errors
// are ErrNotHeld for a w that is none of a Fetch under way, and ErrOverloaded
// when MaxHeld are held.
func (c *Context) Hold(w http.ResponseWriter) error {
	rec, ok := w.(*recorder)
	switch {
	case c.turn.over.Load():
		return ErrTurnOver
	case !ok || rec.turn != c.turn:
		return ErrNotHeld
	case c.turn.run.holding.Load() >= MaxHeld:
		return ErrOverloaded
	}
	rec.held = true
	return nil
}

// Answer gives the answer that was held back, as it was written to w: it is sent
// when this turn is committed. Errors are ErrNotHeld for a w that is not held, or
// was answered before, and ErrAnswerSize.
func (c *Context) Answer(w http.ResponseWriter) error {
	rec, ok := w.(*recorder)
	switch {
	case c.turn.over.Load():
		return ErrTurnOver
	case !ok || !rec.held || rec.answered || rec.turn == c.turn || c.turn.answers(rec):
		return ErrNotHeld
	}
	reply, err := rec.reply()
	if err != nil {
		return err
	}
	c.turn.out.answers = append(c.turn.out.answers, heldAnswer{to: rec, reply: reply})
	return nil
}

// heldAnswer is an answer that was held back, on its way out.
type heldAnswer struct {
	to    *recorder
	reply Reply
}

// answers reports whether the turn has given that answer.
func (t *turn) answers(to *recorder) bool {
	return slices.ContainsFunc(t.out.answers, func(a heldAnswer) bool { return a.to == to })
}

// hold notes that a request waits for a later turn.
func (r *room) hold(q *request) {
	if r.held == nil {
		r.held = make(map[*request]time.Time)
	}
	if len(r.held) == 0 {
		r.expireHeldAfter(r.run.kind.Limit)
	}
	r.held[q] = time.Now()
	if q.entry != nil {
		r.asking[q.entry.Hash] = q // who repeats it waits with the first
	}
}

func (r *room) unhold(q *request) bool {
	if _, held := r.held[q]; !held {
		return false
	}
	delete(r.held, q)
	r.run.holding.Add(-1)
	if q.entry != nil {
		delete(r.asking, q.entry.Hash)
	}
	return true
}

// answerHeld gives answers that were held back, after the turn that gave them.
func (r *room) answerHeld(answers []heldAnswer) {
	for _, a := range answers {
		q := a.to.request
		if !r.unhold(q) {
			continue
		}
		q.later, q.reply = false, a.reply
		if q.entry == nil || q.entry.Turn == 0 {
			r.wait(pendingTurn{asked: q})
			continue
		}
		// What was remembered without an answer is remembered with it now.
		before, entry := q.entry, *q.entry
		entry.Answer = nil
		if answer := wire.Append(nil, calledOf(fetched{reply: q.reply})); len(answer) <= q.mostRemembered() {
			entry.Answer = answer
		}
		q.entry = &entry
		if err := r.append(persistence.Turn{Key: &entry}, pendingTurn{asked: q, renews: before}); err != nil {
			r.answer(q, err)
		}
	}
}

// expireHeldAfter has the room look for requests that were held back for too long.
func (r *room) expireHeldAfter(d time.Duration) {
	if r.holdTimer != nil {
		r.holdTimer.Stop()
	}
	r.holdTimer = time.AfterFunc(d, func() { r.node.root.Send(r.self, holdDue{}) })
}

// expireHeld gives up the requests that were held back for too long.
func (r *room) expireHeld() {
	if r.state != roomAwake && r.state != roomStarting {
		return
	}
	limit := r.run.kind.Limit
	next := limit
	for q, since := range r.held {
		if left := limit - time.Since(since); left > 0 {
			next = min(next, left)
		} else {
			r.disown(q)
		}
	}
	if len(r.held) > 0 {
		r.expireHeldAfter(next)
	}
}

// disown tells whoever waits for an answer that was held back that there will be
// none.
func (r *room) disown(q *request) {
	if r.unhold(q) {
		r.answer(q, ErrUnknownOutcome)
	}
}
