package httpfront

import (
	"errors"
	"log/slog"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/parlor-sse/parlor/httpfront/auth"
)

// noRoute labels requests that match no route, in metrics and logs.
const noRoute = "none"

// request is what a handler works with. It lives as long as the handler runs.
type request struct {
	ctx    *fasthttp.RequestCtx
	path   *path    // nil if there is no route
	values [][]byte // what stands for the names of the path's pattern, undecoded
	target target
	query  query

	guarded bool         // tokens are looked at; the rest is about that
	needs   Right        // what the route asks for
	claims  *auth.Claims // of the token; nil for nobody in particular
	ticket  string       // that is yet to be redeemed; empty for none
}

// route labels the request in metrics and logs.
func (rq *request) route() string {
	if rq.path == nil {
		return noRoute
	}
	return rq.path.pattern.text
}

// value returns what stands for name in the path, undecoded, or nil.
func (rq *request) value(name string) []byte {
	i := rq.path.pattern.index(name)
	if i < 0 {
		return nil
	}
	return rq.values[i]
}

// serve answers one request.
func (s *Server) serve(ctx *fasthttp.RequestCtx) {
	start := time.Now()
	rq := &request{ctx: ctx}
	s.busy.Add(1)
	defer func() {
		s.busy.Add(-1)
		if p := recover(); p != nil {
			s.log.Error("handler panicked", "route", rq.route(), "panic", p, "stack", string(debug.Stack()))
			s.refuse(rq, errInternal)
		}
		if s.retiring.Load() {
			ctx.SetConnectionClose()
		}
		s.metrics.request(rq.route(), ctx.Response.StatusCode(), time.Since(start))
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
	var err error
	if rq.target, err = parseTarget(h.RequestURI(), h.Host()); err != nil {
		return err
	}
	if s.hosts != nil && !s.hosts.allows(string(rq.target.host)) {
		return errHost
	}
	p, values := s.router.find(rq.target.path)
	if string(h.Method()) == fasthttp.MethodOptions {
		preflight(rq.ctx, p)
		return nil
	}
	if p == nil {
		return errNotFound
	}
	rq.path, rq.values = p, values
	action, ok := p.methods[string(h.Method())]
	if !ok {
		return methodRefused(p.allow)
	}
	if rq.query, err = parseQuery(rq.target.query); err != nil {
		return err
	}
	if err := s.identify(rq, action); err != nil {
		return err
	}
	return action.handle(rq)
}

// refuse answers an error.
func (s *Server) refuse(rq *request, err error) {
	var given *givenAnswer
	if errors.As(err, &given) {
		s.answerGiven(rq, given)
		return
	}
	r := explain(err)
	s.noteRefusal(rq, err, r)
	writeRefusal(rq.ctx, r)
}

// noteRefusal counts a refusal, and logs those that point at a fault of ours or
// of the program that we are part of.
func (s *Server) noteRefusal(rq *request, err error, r refusal) {
	s.metrics.refused(r.reason())
	var foreseen refusal
	switch {
	case r.ofBehaviour:
	case r.code == errInternal.code && !errors.As(err, &foreseen), r.code == errBadAnswer.code:
		s.log.Error("request failed", slog.String("route", rq.route()), slog.Any("error", err))
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
	if r.challenge != "" {
		h.Set(fasthttp.HeaderWWWAuthenticate, r.challenge)
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
