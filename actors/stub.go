package actors

import (
	"bytes"
	"fmt"
	"io"
	"net/http"

	"github.com/parlor-sse/parlor/persistence"
)

// Stub is another room, as a behaviour calls it. A call leaves once the turn that
// made it is committed, and its answer comes back as a turn of its own, so that
// a room never waits for another and two that call each other never hang. Calls
// of one room on another arrive in the order in which they were made, each after
// the answer to the one before.
//
// A call survives a move of the room that is called: it is asked again, and done
// once. It does not survive the end of the activation that made it: then the
// call may be done and its answer be lost. What has to come about whatever
// happens is called from Alarm, under a key.
type Stub struct {
	turn *turn
	room persistence.RoomKey
}

// roomCall is a call on its way out of a room, or back.
type roomCall struct {
	call Call
	then func(*Context, *http.Response, error)
}

// Fetch has the room's Fetch answer a request, of which the method, the path and
// query, the header and the body count; an Idempotency-Key among the headers
// makes that it is done once, whoever repeats it. Then is called with the answer,
// whatever its status (a refusal is an answer, too, as a client over HTTP gets
// it), or with an error, of which Retryable and Overloaded say what to make. Then
// may be nil. Errors of Fetch itself are ErrBadCall, ErrBadRoom, ErrNoKind, ErrTurnOver,
// and ErrOverloaded when MaxCalls are under way.
func (s *Stub) Fetch(r *http.Request, then func(ctx *Context, res *http.Response, err error)) error {
	t := s.turn
	switch {
	case t.over.Load():
		return ErrTurnOver
	case len(t.out.calls)+int(t.run.calling.Load()) >= MaxCalls:
		return ErrOverloaded
	}
	if _, err := ParseRoom(s.room.Name); err != nil {
		return err
	}
	if !t.run.kinds.has(s.room.Kind) {
		return fmt.Errorf("%w: %q", ErrNoKind, s.room.Kind)
	}
	c, err := callOf(r)
	if err != nil {
		return err
	}
	c.Room, c.caller = s.room, t.run.id
	t.out.calls = append(t.out.calls, &roomCall{call: c, then: then})
	return nil
}

// headerKey is the header that names what is to be done once.
const headerKey = "Idempotency-Key"

// callOf returns a request as a call, its body read.
func callOf(r *http.Request) (Call, error) {
	c := Call{Method: r.Method, Target: r.URL.RequestURI(), Header: r.Header.Clone(), Key: r.Header.Get(headerKey)}
	if c.Method == "" {
		c.Method = http.MethodGet
	}
	c.Header.Del(headerKey)
	if r.Body != nil {
		body, err := io.ReadAll(io.LimitReader(r.Body, MaxBody+1))
		if err != nil {
			return Call{}, fmt.Errorf("%w: %w", ErrBadCall, err)
		}
		c.Body = body
	}
	return c, c.check()
}

// response returns a reply as a client of net/http sees it.
func (r *Reply) response() *http.Response {
	h := r.Header
	if h == nil {
		h = make(http.Header)
	}
	return &http.Response{
		Status: fmt.Sprintf("%d %s", r.Status, http.StatusText(r.Status)), StatusCode: r.Status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: h, Body: io.NopCloser(bytes.NewReader(r.Body)), ContentLength: int64(len(r.Body)),
	}
}

// callTask gives a behaviour the answer to a call of its.
func callTask(c *roomCall, reply Reply, err error) *task {
	return &task{
		name: "answer",
		call: func(t *turn) error {
			var res *http.Response
			if no := refusalIn(err); no != nil {
				reply, err = no.reply(), nil
			}
			if err == nil {
				res = reply.response()
			}
			c.then(t.context(), res, err)
			return nil
		},
		after: func(r *room, e ended) {
			if e.err == nil {
				r.conclude(e, nil)
			}
		},
	}
}
