package httpfront

import (
	"bytes"
	"context"
	"strings"

	"github.com/valyala/fasthttp"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/persistence"
)

// isSecret reports whether a query parameter holds what is nobody else's
// business.
func isSecret(param string) bool { return param == "token" || param == paramTicket }

// paramTicket is the query parameter of a ticket.
const paramTicket = "ticket"

// isFetchControl reports whether a query parameter is for this server, and not
// for the room.
func isFetchControl(param string) bool { return param == "kind" || isSecret(param) }

// fetch has the room that the path names answer the request.
func (s *Server) fetch(rq *request) error {
	c, err := fetchCall(rq)
	if err != nil {
		return err
	}
	want := toPublish
	if h := &rq.ctx.Request.Header; h.IsGet() || h.IsHead() {
		want = toListen
	}
	if err := s.admit(rq, want, c.Room); err != nil {
		return err
	}
	if want == toListen {
		return s.call(rq, c, nil)
	}
	if err := s.paceSender(rq); err != nil {
		return err
	}
	return s.call(rq, c, s.paceRoom)
}

// call has a room answer, and passes the answer on. The room that was found has to
// pass check, which may be nil.
func (s *Server) call(rq *request, c actors.Call, check func(persistence.RoomKey) error) error {
	ctx, cancel := context.WithTimeout(s.ctx, s.cfg.Patience)
	defer cancel()
	room, err := s.locate(ctx, c.Room)
	if err != nil {
		return attemptError{err: err, call: true}
	}
	if check != nil {
		if err := check(room); err != nil {
			return err
		}
	}
	c.Room = room
	reply, err := s.rooms.Call(ctx, c)
	if err != nil {
		return attemptError{err: err, call: true, keyed: c.Key != ""}
	}
	return rq.answerReply(reply)
}

// fetchCall reads what the room is asked: the request as it came, with what
// follows /fetch in place of the path.
func fetchCall(rq *request) (actors.Call, error) {
	room, err := rq.pathRoom()
	if err != nil {
		return actors.Call{}, err
	}
	c := actors.Call{Room: room}
	left := rq.value("rest")
	if c.Target, err = callTarget(append([]byte{'/'}, left...), rq.target.query, isFetchControl); err != nil {
		return c, err
	}
	return c, rq.complete(&c)
}

// maxCallHeaders bounds the header lines that a room is given.
const maxCallHeaders = 64

// complete gives a call what it lacks of the request's method, header, body and
// Idempotency-Key, and checks its bounds. The call shares no bytes with the
// request.
func (rq *request) complete(c *actors.Call) (err error) {
	h := &rq.ctx.Request.Header
	if c.Method == "" {
		c.Method = string(h.Method())
	}
	if c.Header == nil {
		c.Header = rq.header()
		c.Header.Set(fasthttp.HeaderHost, string(rq.target.host))
	}
	if c.Body == nil {
		c.Body = bytes.Clone(rq.ctx.Request.Body())
	}
	if c.Key == "" {
		if c.Key, err = idempotencyKey(h); err != nil {
			return err
		}
	}
	lines, size := headerSize(c.Header)
	switch {
	case len(c.Target) > actors.MaxTarget:
		return errTargetSize
	case lines > maxCallHeaders || size > actors.MaxHeader:
		return errHeadSize
	case len(c.Body) > actors.MaxBody:
		return errBodySize
	}
	return nil
}

// checkPath refuses a path, as it came, that not everybody would read alike.
func checkPath(path []byte) error {
	if _, ok := unescape(string(path), false); !ok || bytes.IndexByte(path, '#') >= 0 {
		return errPath
	}
	return nil
}

// callTarget joins a path and a query, both as they came, less the parameters
// that drop names.
func callTarget(path, query []byte, drop func(param string) bool) (string, error) {
	if err := checkPath(path); err != nil {
		return "", err
	}
	var kept strings.Builder
	kept.Write(path)
	sep := byte('?')
	for pair := range strings.SplitSeq(string(query), "&") {
		key, _, _ := strings.Cut(pair, "=")
		key, _ = unescape(key, true) // known to be well-formed
		if pair == "" || drop(key) {
			continue
		}
		kept.WriteByte(sep)
		kept.WriteString(pair)
		sep = '&'
	}
	return kept.String(), nil
}
