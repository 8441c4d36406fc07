package httpfront

import (
	"bytes"
	"context"
	"math/rand/v2"
	"net"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/valyala/fasthttp"

	"github.com/parlor-sse/parlor/actors"
)

// malformedID stands for a last event id that can't be passed on. No room ever
// gives such an id, so that it is answered as any malformed one: in the stream.
const malformedID = "?"

// connect opens a stream of one or several rooms.
func (s *Server) connect(rq *request) error {
	return s.stream(rq, typeStream, func() (actors.SubscribeRequest, error) { return s.subscribeRequest(rq, actors.Named) })
}

// events opens a stream for readers that listen to no event by name.
func (s *Server) events(rq *request) error {
	return s.stream(rq, typeStreamPlain, func() (actors.SubscribeRequest, error) { return s.subscribeRequest(rq, actors.Plain) })
}

// stream subscribes to what read wants and hands the connection over. Only
// refusals that will be the same the next time are answered with their status:
// an EventSource gives up on those, and has to come back after the others.
func (s *Server) stream(rq *request, contentType string, read func() (actors.SubscribeRequest, error)) error {
	if !acceptsStream(joined(rq.ctx.Request.Header.PeekAll(fasthttp.HeaderAccept))) {
		return errAccept
	}
	sub, err := s.open(rq, read)
	if err != nil {
		if r := explain(err); r.passing() && !final(err) {
			s.comeBack(rq, err, r, contentType)
			return nil
		}
		return err
	}
	origin := s.cors.match(rq.ctx.Request.Header.Peek(fasthttp.HeaderOrigin))
	head := s.heads[headKey{contentType, origin}]
	// Between here and the handler below fasthttp only clears deadlines, which
	// can't fail on an open connection: the handler always runs.
	rq.ctx.HijackSetNoResponse(true)
	rq.ctx.Hijack(func(conn net.Conn) { s.attach(sub, conn, head) })
	return nil
}

// open prepares the stream that read wants, for whoever asks for it.
func (s *Server) open(rq *request, read func() (actors.SubscribeRequest, error)) (Stream, error) {
	if err := s.redeem(rq); err != nil {
		return nil, err
	}
	if err := lasting(rq.claims, time.Now()); err != nil {
		return nil, err
	}
	req, err := read()
	if err != nil {
		return nil, err
	}
	return s.subscribe(rq, s.personal(rq, req))
}

// personal makes a stream that of the client's user, and has it end with the
// client's token.
func (s *Server) personal(rq *request, req actors.SubscribeRequest) actors.SubscribeRequest {
	if rq.claims == nil {
		return req
	}
	if end := rq.claims.Expires; req.Expires.IsZero() || end.Before(req.Expires) {
		req.Expires = end
	}
	if req.User == "" {
		req.User = rq.claims.Subject
	}
	req.Only = req.Only || s.cfg.OnePerUser && req.User != ""
	return req
}

// subscribe reserves a place for the stream and asks the rooms for it. The slice
// of req's rooms becomes its own.
func (s *Server) subscribe(rq *request, req actors.SubscribeRequest) (Stream, error) {
	release, err := s.reserve(rq)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(s.ctx, s.cfg.Patience)
	defer cancel()
	subscribed := false
	defer func() {
		if !subscribed { // refused, or panicking
			release()
		}
	}()
	if err := s.locateAll(ctx, req.Rooms); err != nil {
		return nil, err
	}
	if release, err = s.reserveIn(req.Rooms, release); err != nil {
		return nil, err
	}
	req.Closed = before(release, req.Closed)
	sub, err := s.rooms.Subscribe(ctx, req)
	subscribed = err == nil
	return sub, err
}

// attach gives the stream the bare connection. fasthttp's wrapper must not be
// kept: it holds a read buffer, and after the handler's return it refers to a
// request that is no longer ours.
func (s *Server) attach(sub Stream, conn net.Conn, head []byte) {
	bare := conn.(interface{ UnsafeConn() net.Conn }).UnsafeConn()
	defer func() {
		if p := recover(); p != nil {
			s.log.Error("attach panicked", "panic", p, "stack", string(debug.Stack()))
			_ = bare.Close()
		}
	}()
	sub.Attach(bare, head)
}

// comeBack answers with a stream that ends at once and says when to try again.
func (s *Server) comeBack(rq *request, err error, r refusal, contentType string) {
	s.noteRefusal(rq, err, r)
	h := &rq.ctx.Response.Header
	for _, line := range streamHeaders(contentType, nil) {
		h.Set(line.name, line.value)
	}
	h.SetConnectionClose()
	body := append([]byte("retry: "), strconv.FormatInt(s.retry().Milliseconds(), 10)...)
	rq.ctx.Response.SetBodyRaw(append(body, "\n\n"...))
}

// retry draws a reconnection time. Drawing it spreads the clients that were
// turned away together.
func (s *Server) retry() time.Duration {
	return s.cfg.RetryMin + rand.N(s.cfg.RetryMax-s.cfg.RetryMin+1)
}

// subscribeRequest reads what a stream shall be from the query and the headers.
func (s *Server) subscribeRequest(rq *request, single actors.Framing) (actors.SubscribeRequest, error) {
	var (
		req actors.SubscribeRequest
		err error
		q   = rq.query
	)
	if req.Rooms, err = q.rooms(); err != nil {
		return req, err
	}
	if err := s.admit(rq, toListen, req.Rooms...); err != nil {
		return req, err
	}
	if req.Presence, err = q.presence(); err != nil {
		return req, err
	}
	if req.Presence {
		if err := s.admit(rq, toWatch, req.Rooms...); err != nil {
			return req, err
		}
	}
	if req.Framing, err = q.framing(len(req.Rooms), single); err != nil {
		return req, err
	}
	if req.HeartbeatEvent, err = q.heartbeatEvent(); err != nil {
		return req, err
	}
	if req.Replay, err = q.number("replay", maxReplay, -1); err != nil {
		return req, err
	}
	if req.Client, err = q.client(); err != nil {
		return req, err
	}
	if req.TTL, err = q.seconds("ttl", maxTTL); err != nil {
		return req, err
	}
	req.LastEventID, err = lastEventID(rq)
	req.Resume = req.LastEventID != ""
	return req, err
}

// lastEventID returns the id from which the client wants to go on, or "" if it
// brings none. The header wins over the query, because an EventSource that
// reconnects repeats its URL with what was true when it was made.
func lastEventID(rq *request) (string, error) {
	id, err := rq.query.one("lastEventId")
	if err != nil {
		return "", err
	}
	if header := rq.ctx.Request.Header.Peek(headerLastID); len(header) > 0 {
		id = string(header)
	}
	if len(id) > actors.MaxLastEventID || !utf8.ValidString(id) {
		return malformedID, nil
	}
	return strings.Clone(id), nil
}

// joined returns the values of a header that may come in several lines.
func joined(values [][]byte) string {
	if len(values) == 1 {
		return string(values[0])
	}
	return string(bytes.Join(values, []byte(",")))
}
