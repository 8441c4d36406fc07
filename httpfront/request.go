package httpfront

import (
	"errors"
	"log/slog"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/parlor-sse/parlor/persistence"
)

// noRoute labels requests that match no route, in metrics and logs.
const noRoute = "none"

// request is what a handler works with. It lives as long as the handler runs.
type request struct {
	ctx     *fasthttp.RequestCtx
	pattern string // of the route, or noRoute
	segment []byte // what stands for {room} in the path, undecoded
	query   query
}

// serve answers one request.
func (s *Server) serve(ctx *fasthttp.RequestCtx) {
	start := time.Now()
	rq := &request{ctx: ctx, pattern: noRoute}
	s.busy.Add(1)
	defer func() {
		s.busy.Add(-1)
		if p := recover(); p != nil {
			s.log.Error("handler panicked", "route", rq.pattern, "panic", p, "stack", string(debug.Stack()))
			s.refuse(rq, errInternal)
		}
		if s.retiring.Load() {
			ctx.SetConnectionClose()
		}
		s.metrics.request(rq.pattern, ctx.Response.StatusCode(), time.Since(start))
	}()
	s.cors.apply(ctx)
	if err := s.dispatch(rq); err != nil {
		s.refuse(rq, err)
	}
}

// dispatch checks what holds for every request, finds the route and runs it.
func (s *Server) dispatch(rq *request) error {
	h := &rq.ctx.Request.Header
	rq.ctx.Response.Header.Set(headerNosniff, "nosniff")
	if err := checkRequest(h); err != nil {
		return err
	}
	t, err := parseTarget(h.RequestURI(), h.Host())
	if err != nil {
		return err
	}
	if s.hosts != nil && !s.hosts.allows(string(t.host)) {
		return errHost
	}
	if string(h.Method()) == fasthttp.MethodOptions {
		preflight(rq.ctx)
		return nil
	}
	p, segment := s.router.find(t.path)
	if p == nil {
		return errNotFound
	}
	rq.pattern, rq.segment = p.pattern, segment
	handle, ok := p.methods[string(h.Method())]
	if !ok {
		return methodRefused(p.allow)
	}
	if rq.query, err = parseQuery(t.query); err != nil {
		return err
	}
	return handle(rq)
}

// refuse answers an error.
func (s *Server) refuse(rq *request, err error) {
	r := explain(err)
	s.noteRefusal(rq, err, r)
	writeRefusal(rq.ctx, r)
}

// noteRefusal counts a refusal, and logs those that point at a fault of ours.
func (s *Server) noteRefusal(rq *request, err error, r refusal) {
	s.metrics.refused(r.code)
	var foreseen refusal
	if r.code == errInternal.code && !errors.As(err, &foreseen) {
		s.log.Error("request failed", slog.String("route", rq.pattern), slog.Any("error", err))
	}
}

// writeRefusal sets the answer, keeping headers that are already there.
func writeRefusal(ctx *fasthttp.RequestCtx, r refusal) {
	h := &ctx.Response.Header
	ctx.SetStatusCode(r.status)
	h.SetContentType(typeJSON)
	h.Set(fasthttp.HeaderCacheControl, cacheNever)
	if r.retryAfter > 0 {
		h.Set(fasthttp.HeaderRetryAfter, strconv.Itoa(r.retryAfter))
	}
	if r.allow != "" {
		h.Set(fasthttp.HeaderAllow, r.allow)
	}
	if r.close {
		h.SetConnectionClose()
	}
	ctx.Response.SetBodyRaw(r.json())
}

// answerJSON answers 200 with body, which must not be changed afterwards.
func (rq *request) answerJSON(body []byte) {
	h := &rq.ctx.Response.Header
	h.SetContentType(typeJSON)
	h.Set(fasthttp.HeaderCacheControl, cacheNever)
	rq.ctx.Response.SetBodyRaw(body)
}

// pathRoom returns the room that the path names.
func (rq *request) pathRoom() (persistence.RoomKey, error) {
	kind, err := rq.query.kind()
	if err != nil {
		return persistence.RoomKey{}, err
	}
	name, ok := unescape(string(rq.segment), false)
	if !ok || name == "" {
		return persistence.RoomKey{}, errRoom
	}
	return roomKey(kind, name)
}
