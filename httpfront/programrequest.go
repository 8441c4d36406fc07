package httpfront

import (
	"net"
	"net/http"
	"net/url"

	"github.com/valyala/fasthttp"

	"github.com/parlor-sse/parlor/httpfront/auth"
)

// Request is what a program may know of a request to one of its routes. It is
// good until the function that it was given to returns; what its methods
// returned stays good.
type Request struct {
	rq     *request
	values []string // of the pattern's names, decoded
}

// newRequest shows the request to a program. It refuses a path that not
// everybody would read alike.
func newRequest(rq *request) (*Request, error) {
	r := &Request{rq: rq, values: make([]string, 0, len(rq.values))}
	for _, raw := range rq.values {
		value, ok := unescape(string(raw), false)
		if !ok {
			return nil, errPath
		}
		r.values = append(r.values, value)
	}
	return r, nil
}

// Path returns what stands in the path for {name}, or {name...}, of the route's
// pattern, with its escapes decoded: UTF-8, perhaps empty, and of a client's
// making in any other way. It is empty for names that the pattern lacks.
func (r *Request) Path(name string) string {
	i := r.rq.path.pattern.index(name)
	if i < 0 {
		return ""
	}
	return r.values[i]
}

// Claims returns what the request's token says, or nil if it has none. They must
// not be changed.
func (r *Request) Claims() *auth.Claims { return r.rq.claims }

// Query returns the parameters of the query, which is well-formed UTF-8. With
// Config.Auth it lacks token and ticket.
func (r *Request) Query() url.Values {
	values := make(url.Values, len(r.rq.query))
	for _, p := range r.rq.query {
		if r.rq.guarded && isSecret(p.key) {
			continue
		}
		values[p.key] = append(values[p.key], p.value)
	}
	return values
}

// Header returns the first value of a header, or "". Parlor-User is the subject of
// the request's token; with Config.Auth, the headers that tokens come in are empty.
func (r *Request) Header(name string) string {
	switch name = http.CanonicalHeaderKey(name); {
	case name == fasthttp.HeaderHost:
		return string(r.rq.target.host)
	case name == headerUser:
		return r.rq.user()
	case r.rq.guarded && isCredential(name):
		return ""
	}
	return string(r.rq.ctx.Request.Header.Peek(name))
}

// Method returns the method, which is the route's, or HEAD for one of GET.
func (r *Request) Method() string { return string(r.rq.ctx.Request.Header.Method()) }

// Body returns a copy of the body.
func (r *Request) Body() []byte { return append([]byte{}, r.rq.ctx.Request.Body()...) }

// LastEventID returns the id from which a client wants to go on with a stream,
// by its header or by the parameter lastEventId, and whether it brings one; it
// is never too long for a SubscribeRequest, nor malformed UTF-8.
func (r *Request) LastEventID() (id string, resume bool) {
	id, err := lastEventID(r.rq)
	if err != nil {
		id = malformedID
	}
	return id, id != ""
}

// RemoteAddr returns the address of the other end of the connection.
func (r *Request) RemoteAddr() net.Addr { return r.rq.ctx.RemoteAddr() }
