package actors

import (
	"github.com/asynkron/protoactor-go/actor"

	"github.com/parlor-sse/parlor/actors/wire"
	"github.com/parlor-sse/parlor/persistence"
)

// fetch has the behaviour answer a request.
func (r *room) fetch(c Call, sender *actor.PID) {
	q := &request{what: askedFetch, waiters: []waiter{{sender: sender}}, entry: callEntry(&c, r.now())}
	if c.Key != "" {
		q.name = byKey
	}
	if r.run.hooks.fetch == nil {
		r.answer(q, ErrNoFetch)
		return
	}
	if q.entry != nil {
		again := func(before *persistence.KeyEntry) any { return remembered(before, q.name == byKey) }
		if r.known(q.entry, q.name, sender, again) {
			return
		}
	}
	if err := r.admit(q.entry, q.name); err != nil {
		r.answer(q, err)
		return
	}
	r.submit(r.fetchTask(stashed{message: fetch{call: c}, sender: sender}, q))
}

// fetchTask makes the call that a request is for. A refusal is an answer like
// any other, but that nothing else comes of the call.
func (r *room) fetchTask(m stashed, q *request) *task {
	c := m.message.(fetch).call
	return &task{
		name: "fetch", message: m, asked: q,
		call: func(t *turn) error {
			ctx := t.context()
			req, err := c.request(ctx)
			if err != nil {
				return err
			}
			w := recorder{turn: t, request: q}
			if err := t.run.hooks.fetch.Fetch(ctx, &w, req); err != nil {
				return err
			}
			if q.later = w.held; w.held {
				return nil
			}
			if q.reply, err = w.reply(); err != nil {
				return err
			}
			return q.remember()
		},
		after: func(r *room, e ended) {
			if e.err != nil {
				r.complainAbout(e)
				r.answer(q, verdictOf(e.err))
				return
			}
			if q.later {
				r.hold(q)
			}
			r.conclude(e, q)
		},
	}
}

// maxRetryAnswer bounds the answer that is remembered for a front that may have
// to ask again, in bytes: there are as many as maxRetries of them.
const maxRetryAnswer = 1 << 10

// remember puts the answer to a call where a repetition finds it.
func (q *request) remember() error {
	if q.entry == nil {
		return nil
	}
	answer := wire.Append(nil, calledOf(fetched{reply: q.reply}))
	switch {
	case len(answer) <= q.mostRemembered():
		q.entry.Answer = answer
	case q.name == byKey:
		return ErrAnswerSize
	}
	return nil
}

// mostRemembered returns how long an answer is remembered, in bytes.
func (q *request) mostRemembered() int {
	if q.name == byKey {
		return MaxRemembered
	}
	return maxRetryAnswer
}

// complainAbout logs a call that failed without a word from the behaviour to
// whoever asked.
func (r *room) complainAbout(e ended) {
	if refusalIn(e.err) == nil {
		r.complain(e)
	}
}

// create answers once the room is on disk.
func (r *room) create(sender *actor.PID) {
	q := &request{what: askedCreate, waiters: []waiter{{sender: sender}}}
	if r.head.Turn > 0 {
		r.wait(pendingTurn{asked: q})
		return
	}
	if err := r.admit(nil, byFront); err != nil {
		r.answer(q, err)
		return
	}
	if err := r.append(persistence.Turn{}, pendingTurn{asked: q}); err != nil {
		r.answer(q, err)
	}
}
