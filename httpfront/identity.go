package httpfront

import (
	"net/http"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/parlor-sse/parlor/httpfront/auth"
)

// Anonymous says what requests without a token may do.
type Anonymous uint8

const (
	AnonymousNone      Anonymous = iota // nothing but what is public
	AnonymousSubscribe                  // what the right to subscribe to every room allows
	AnonymousAll                        // everything
)

// identify finds out who makes a request, and refuses one that its route is not
// for. A token that comes along is always judged, also where none is needed: a
// client that brings one believes that it is somebody. Of a ticket that is left to
// whoever opens the stream, since it is good for one attempt only.
func (s *Server) identify(rq *request, a action) error {
	if s.cfg.Auth == nil || a.public {
		return nil
	}
	rq.guarded, rq.needs = true, a.needs
	c, err := rq.credentials(a.stream)
	switch {
	case err != nil:
		return err
	case c.ticket != "":
		rq.ticket = c.ticket
		return nil
	case c.token != "":
		if rq.claims, err = s.cfg.Auth.Verify(c.token, time.Now()); err != nil {
			return err
		}
	}
	return s.entitled(rq)
}

// isCredential reports whether a header, by its canonical name, may hold a token.
func isCredential(name string) bool {
	return name == fasthttp.HeaderAuthorization || name == headerToken
}

// header returns the headers that are for whoever answers the request. Where
// tokens are looked at, none goes any further: what is passed on in its place is
// whom it is from, which nobody else can say.
func (rq *request) header() http.Header {
	header := endToEnd(rq.ctx.Request.Header.RawHeaders())
	delete(header, headerUser)
	if rq.guarded {
		for name := range header {
			if isCredential(name) {
				delete(header, name)
			}
		}
	}
	if user := rq.user(); user != "" {
		header.Set(headerUser, user)
	}
	return header
}

// user returns whose request it is, as its token says, or "".
func (rq *request) user() string {
	if rq.claims == nil {
		return ""
	}
	return rq.claims.Subject
}

// lasting refuses a stream whose token is over. The leeway for clocks that differ
// would have it opened and closed at once.
func lasting(c *auth.Claims, now time.Time) error {
	if c != nil && !now.Before(c.Expires) {
		return errTokenExpired
	}
	return nil
}
