package sseclients

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"github.com/valyala/fasthttp"
)

// Refusal is an error that says how the request that met it is to be answered.
// A function that identifies clients may return one of its own.
type Refusal struct {
	Status     int    // the answer's
	Code       string // for programs, in snake_case
	Message    string // for people: one sentence, which the client gets to see
	RetryAfter int    // in seconds; 0 for none
	Allow      string // the methods that the path takes, for status 405
}

// Error implements error.
func (r Refusal) Error() string { return "sseclients: " + r.Code }

// known says how the manager's errors are answered.
var known = []struct {
	err     error
	refusal Refusal
}{
	{ErrUnknownClient, Refusal{Status: 404, Code: "unknown_client", Message: "No stream is open for this client."}},
	{ErrBadKey, Refusal{Status: 400, Code: "invalid_client_id", Message: "A client id is 1 to 128 of the characters A-Z a-z 0-9 . _ : ~ @ -."}},
	{ErrBadEvent, Refusal{Status: 400, Code: "invalid_event", Message: "An event name is 1 to 64 of the characters A-Z a-z 0-9 . _ : ~ @ -."}},
	{ErrBadData, Refusal{Status: 400, Code: "invalid_data", Message: "The data has to be a JSON value."}},
	{ErrTooLarge, Refusal{Status: 413, Code: "event_too_large", Message: "The event is larger than this server sends."}},
	{ErrOverloaded, Refusal{Status: 503, Code: "overloaded", Message: "Events come faster than they can be sent.", RetryAfter: 1}},
	{ErrFull, Refusal{Status: 503, Code: "full", Message: "As many streams are open as this server takes.", RetryAfter: 30}},
	{ErrClosed, Refusal{Status: 503, Code: "closed", Message: "This server is about to stop.", RetryAfter: 1}},
	{ErrMethod, Refusal{Status: 405, Code: "method_not_allowed", Message: "A stream is asked for with GET.", Allow: http.MethodGet}},
	{ErrBody, Refusal{Status: 400, Code: "unexpected_body", Message: "A stream is asked for without a body."}},
	{ErrNotHijackable, Refusal{Status: 505, Code: "http_version", Message: "A stream needs a connection of its own, over HTTP/1.1."}},
}

// errInternal stands for errors that are not foreseen, of which clients are told
// nothing more.
var errInternal = Refusal{Status: 500, Code: "internal", Message: "The server failed to answer."}

// explain returns the answer for an error.
func explain(err error) Refusal {
	var own Refusal
	if errors.As(err, &own) {
		return own
	}
	for _, k := range known {
		if errors.Is(err, k.err) {
			return k.refusal
		}
	}
	return errInternal
}

// header returns the answer's headers.
func (r Refusal) header(c Config) http.Header {
	h := http.Header{"Content-Type": {typeJSON}, "Cache-Control": {"no-store"}}
	c.allowOrigin(h)
	if r.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(r.RetryAfter))
	}
	if r.Allow != "" {
		h.Set("Allow", r.Allow)
	}
	return h
}

// json returns the answer's body.
func (r Refusal) json() []byte {
	body, _ := json.Marshal(struct { // strings and a bool always have a JSON form
		Success bool   `json:"success"`
		Error   string `json:"error"`
		Message string `json:"message"`
	}{false, r.Code, r.Message})
	return body
}

// Refuse answers a request that met an error: with the status, the code and the
// message of a Refusal, with those that fit for the package's own errors, and
// with 500 for any other. The body is {"success":false,"error":code,"message":…}.
func (m *Manager) Refuse(w http.ResponseWriter, err error) {
	r := explain(err)
	w.Header().Del("Content-Length") // of what was to be answered
	w.Header().Del("Content-Encoding")
	for name, values := range r.header(m.cfg) {
		if name != headerAllowOrigin || w.Header().Get(name) == "" {
			w.Header()[name] = values
		}
	}
	w.WriteHeader(r.Status)
	_, _ = w.Write(r.json()) // it fails only if the client is gone
}

// RefuseFast is Refuse for fasthttp.
func (m *Manager) RefuseFast(ctx *fasthttp.RequestCtx, err error) {
	r := explain(err)
	h := &ctx.Response.Header
	for name, values := range r.header(m.cfg) {
		if name != headerAllowOrigin || len(h.Peek(name)) == 0 {
			h.Set(name, values[0])
		}
	}
	ctx.SetStatusCode(r.Status)
	ctx.SetBody(r.json())
}
