package main

import (
	"net/http"
	"time"

	"github.com/parlor-sse/parlor/actors"
)

// patience is how long an answer to a subscription waits for the user's stream.
const patience = time.Second

// heldAnswers are answers that wait for their user's stream, at most
// actors.MaxHeld of them.
type heldAnswers struct{ answers map[string][]heldAnswer }

type heldAnswer struct {
	to    http.ResponseWriter
	since time.Time
}

// hold keeps an answer back. If there is no room for it, it is given at once.
func (h *heldAnswers) hold(ctx *actors.Context, w http.ResponseWriter, user string, now time.Time) {
	if ctx.Hold(w) != nil {
		return
	}
	if h.answers == nil {
		h.answers = make(map[string][]heldAnswer)
	}
	h.answers[user] = append(h.answers[user], heldAnswer{w, now})
}

// release gives the answers that waited for a stream of a user's.
func (h *heldAnswers) release(ctx *actors.Context, user string) {
	for _, answer := range h.answers[user] {
		if err := ctx.Answer(answer.to); err != nil {
			ctx.Logger().Warn("a subscription was not answered", "err", err)
		}
	}
	delete(h.answers, user)
}

// due returns when the answer that has waited for longest is to be given, if any
// waits.
func (h *heldAnswers) due() (at time.Time, ok bool) {
	for _, answers := range h.answers {
		if first := answers[0].since; !ok || first.Before(at) {
			at, ok = first, true
		}
	}
	return at.Add(patience), ok
}

// releaseBefore gives all answers to users of whom one has waited since a time,
// or longer.
func (h *heldAnswers) releaseBefore(ctx *actors.Context, at time.Time) {
	for user, answers := range h.answers {
		if !answers[0].since.After(at) {
			h.release(ctx, user)
		}
	}
}
