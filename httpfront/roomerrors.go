package httpfront

import (
	"context"
	"errors"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/httpfront/auth"
)

// Refusals that depend on the room's state.
var (
	errUnavailable = refusal{status: 503, code: "unavailable", message: "The room can't be reached at the moment.", retryAfter: 1}
	errNotStarted  = refusal{status: 503, code: "start_failed", message: "The room did not start.", retryAfter: 1}
	errOverloaded  = refusal{status: 503, code: "overloaded", message: "The room has more to do than it can keep up with.", retryAfter: 1}
	errDraining    = refusal{status: 503, code: "draining", message: "This node is about to stop.", retryAfter: 1}
	errConflict    = refusal{status: 409, code: "idempotency_conflict", message: "The Idempotency-Key was used before with another body."}
	errKeysUsedUp  = refusal{status: 429, code: "idempotency_keys_exhausted", message: "The room remembers as many Idempotency-Keys as it can.", retryAfter: 60}
	errFailed      = refusal{status: 500, code: "behaviour_failed", message: "The room's code failed: nothing was changed or sent."}
	errAnswerSize  = refusal{status: 500, code: "answer_too_large", message: "The room's answer is too large: nothing was changed or sent."}
	errTorn        = refusal{status: 500, code: "storage_damaged", message: "What the room has stored is damaged on the only disk that holds it."}
	errOutcome     = refusal{
		status: 504, code: "outcome_unknown", outcome: unknown,
		message: "No word came back in time: the message was delivered, or will be, once or never.",
	}
	errCallOutcome = refusal{
		status: 504, code: "outcome_unknown", outcome: unknown,
		message: "No word came back in time: the request was carried out, or will be, once or never.",
	}
	errHandlerAnswer = refusal{status: 500, code: "answer_too_large", message: "The answer is larger than this server sends."}
	errBadAnswer     = refusal{status: 500, code: "invalid_answer", message: "The answer is not one that HTTP can carry."}
)

// attemptError is a failure of Rooms.Publish or Rooms.Call. It is told apart
// because the client has to know whether what it wanted may still be done.
type attemptError struct {
	err   error
	call  bool
	keyed bool // it had an Idempotency-Key: to try again does nothing twice
}

func (e attemptError) Error() string {
	if e.call {
		return "call: " + e.err.Error()
	}
	return "publish: " + e.err.Error()
}

func (e attemptError) Unwrap() error { return e.err }

// explain returns the answer for an error. Errors that are not foreseen come
// out as errInternal; they are the ones worth logging.
func explain(err error) refusal {
	var attempt attemptError
	if errors.As(err, &attempt) {
		return attempt.explain()
	}
	var token *auth.Error
	r, ok := explainRooms(err)
	switch {
	case ok:
		r.state = false
	case errors.As(err, &token):
		r = tokenRefused(token.Reason, token.Message)
	case errors.As(err, &r):
	case outOfTime(err):
		r = errUnavailable
	default:
		r = errInternal
	}
	return r
}

// explain adds what became of the attempt, and whether to make another.
func (e attemptError) explain() refusal {
	outcome := errOutcome
	if e.call {
		outcome = errCallOutcome
	}
	r, ok := explainRooms(e.err)
	switch {
	case errors.Is(e.err, actors.ErrUnknownOutcome), !ok && outOfTime(e.err):
		r = outcome
		r.state, r.retryable = true, e.keyed && !errors.Is(e.err, actors.ErrAnswerLost)
	case !ok && !errors.As(e.err, &r):
		r = errInternal
		r.outcome = unknown
	case r.state && r.status >= 500:
		r.outcome = notAccepted
	}
	return r
}

// outOfTime reports whether err says that a request was not waited for longer.
func outOfTime(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) || errors.Is(err, ErrServerClosed)
}

// explainRooms knows the errors of package actors.
func explainRooms(err error) (refusal, bool) {
	var own *actors.Refusal
	if errors.As(err, &own) {
		return explainOwn(own), true
	}
	for _, known := range []struct {
		err   error
		r     *refusal
		state bool
	}{
		{actors.ErrUnknownOutcome, &errOutcome, true},
		{actors.ErrKeyConflict, &errConflict, true},
		{actors.ErrKeysExhausted, &errKeysUsedUp, true},
		{actors.ErrOverloaded, &errOverloaded, true},
		{actors.ErrUnavailable, &errUnavailable, true},
		{actors.ErrNotStarted, &errNotStarted, true},
		{actors.ErrDraining, &errDraining, true},
		{actors.ErrFailed, &errFailed, true},
		{actors.ErrAnswerSize, &errAnswerSize, true},
		{actors.ErrTorn, &errTorn, true},
		{actors.ErrBadRoom, &errRoom, false},
		{actors.ErrBadKind, &errBadKind, false},
		{actors.ErrNoKind, &errKind, false},
		{actors.ErrNoObject, &errNoObject, false},
		{actors.ErrNoFetch, &errNoFetch, false},
		{actors.ErrBadCall, &errCall, false},
	} {
		if errors.Is(err, known.err) {
			r := *known.r
			r.state, r.retryable, r.overloaded = known.state, actors.Retryable(err), actors.Overloaded(err)
			return r, true
		}
	}
	return refusal{}, false
}

// explainOwn returns the answer that a behaviour, or a program, has chosen. One
// that is no refusal at all is a fault of the behaviour.
func explainOwn(own *actors.Refusal) refusal {
	if own.Status < 400 || own.Status > 599 || own.Code == "" {
		r := errFailed
		r.state = true
		return r
	}
	return refusal{status: own.Status, code: own.Code, message: own.Message, ofBehaviour: true}
}

// final reports whether err is an answer that somebody chose word for word.
// Other passing refusals are not told to streams.
func final(err error) bool {
	var own *actors.Refusal
	var given *givenAnswer
	return errors.As(err, &own) || errors.As(err, &given)
}
