package httpfront

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/valyala/fasthttp"

	"github.com/parlor-sse/parlor/actors"
)

// refusal is an answer other than success. Its code is for programs and for
// metrics, its message for people; neither repeats anything of the request's.
type refusal struct {
	status     int
	code       string
	message    string
	outcome    string // of a publish: what became of it; empty where there is none
	retryAfter int    // seconds; 0 for no Retry-After
	allow      string // methods, for 405
	close      bool   // the connection can't be trusted with another request
}

func (r refusal) Error() string { return r.code }

// json renders the refusal's body.
func (r refusal) json() []byte {
	body := append(make([]byte, 0, 160), `{"success":false,"error":`...)
	body = append(appendString(body, r.code), `,"message":`...)
	body = appendString(body, r.message)
	if r.outcome != "" {
		body = appendString(append(body, `,"outcome":`...), r.outcome)
	}
	return append(body, '}')
}

// What can have become of a publish that failed.
const (
	notAccepted = "not_accepted" // it will never be delivered
	unknown     = "unknown"      // it will be delivered once or never
)

// Refusals that depend on the request alone.
var (
	errMalformed     = refusal{status: 400, code: "bad_request", message: "The request is not well-formed HTTP.", close: true}
	errFraming       = refusal{status: 400, code: "ambiguous_length", message: "A request has either Content-Length or Transfer-Encoding.", close: true}
	errTarget        = refusal{status: 400, code: "invalid_target", message: "The request target is not a path or an http URL.", close: true}
	errQuery         = refusal{status: 400, code: "invalid_query", message: "The query is not well-formed: escapes are %XX, text is UTF-8."}
	errManyParams    = refusal{status: 400, code: "too_many_parameters", message: fmt.Sprintf("A query has at most %d parameters.", maxParams)}
	errRoom          = refusal{status: 400, code: "invalid_room", message: "A room name is 1 to 128 of the characters A-Z a-z 0-9 . _ : ~ @ -."}
	errManyRooms     = refusal{status: 400, code: "too_many_rooms", message: fmt.Sprintf("A stream carries at most %d rooms.", maxRooms)}
	errSameRoom      = refusal{status: 400, code: "duplicate_room", message: "The rooms of a stream have to be different ones."}
	errOneRoom       = refusal{status: 400, code: "one_room_only", message: "Several rooms on one stream need format=tagged."}
	errEvent         = refusal{status: 400, code: "invalid_event", message: "An event name is 1 to 64 of the characters A-Z a-z 0-9 . _ : ~ @ -."}
	errReservedEvent = refusal{status: 400, code: "reserved_event", message: "The event name is one that only the server itself sends."}
	errKey           = refusal{status: 400, code: "invalid_idempotency_key", message: "Idempotency-Key is given once, with 1 to 255 visible ASCII characters."}
	errNotFound      = refusal{status: 404, code: "not_found", message: "There is nothing at this path."}
	errKind          = refusal{status: 404, code: "unknown_kind", message: "There is no such kind of room."}
	errAccept        = refusal{status: 406, code: "not_acceptable", message: "This answers with text/event-stream, which the Accept header excludes."}
	errTimeout       = refusal{status: 408, code: "timeout", message: "The request did not arrive in time.", close: true}
	errBodySize      = refusal{status: 413, code: "body_too_large", message: "The body is larger than this server takes.", close: true}
	errContentType   = refusal{status: 415, code: "unsupported_media_type", message: "The body has to be application/json, and say so."}
	errEncoding      = refusal{status: 415, code: "unsupported_encoding", message: "The body has to be sent without Content-Encoding."}
	errExpect        = refusal{status: 417, code: "expectation_failed", message: "The only expectation known is 100-continue.", close: true}
	errHost          = refusal{status: 421, code: "misdirected_request", message: "This server does not answer for that host.", close: true}
	errHeadSize      = refusal{status: 431, code: "head_too_large", message: "The request line and headers are larger than this server takes.", close: true}
	errVersion       = refusal{status: 505, code: "http_version", message: "This server speaks HTTP/1.1 and HTTP/1.0.", close: true}
)

// Refusals that depend on the server's state.
var (
	errStreamsIP    = refusal{status: 429, code: "too_many_streams", message: "Too many streams are open from this address.", retryAfter: 30}
	errStreamsTotal = refusal{status: 503, code: "full", message: "This node has as many streams as it takes.", retryAfter: 1}
	errNotReady     = refusal{status: 503, code: "not_ready", message: "This node takes no new work now.", retryAfter: 1}
	errUnavailable  = refusal{status: 503, code: "unavailable", message: "The room can't be reached at the moment.", retryAfter: 1}
	errOverloaded   = refusal{status: 503, code: "overloaded", message: "The room has more to do than it can keep up with.", retryAfter: 1}
	errDraining     = refusal{status: 503, code: "draining", message: "This node is about to stop.", retryAfter: 1}
	errOutcome      = refusal{status: 504, code: "outcome_unknown", message: "No word came back in time: the message was delivered, or will be, once or never.", outcome: unknown}
	errConflict     = refusal{status: 409, code: "idempotency_conflict", message: "The Idempotency-Key was used before with another body."}
	errKeysUsedUp   = refusal{status: 429, code: "idempotency_keys_exhausted", message: "The room remembers as many Idempotency-Keys as it can.", retryAfter: 60}
	errInternal     = refusal{status: 500, code: "internal", message: "The server failed to answer.", close: true}
)

// methodRefused is the answer to a known path with another method.
func methodRefused(allow string) refusal {
	return refusal{status: 405, code: "method_not_allowed", message: "This path takes other methods: " + allow + ".", allow: allow}
}

// paramRefused names a query parameter, one of ours, and what it has to be.
func paramRefused(name, want string) refusal {
	return refusal{status: 400, code: "invalid_parameter", message: "The parameter " + name + " " + want + "."}
}

// jsonRefused says what is wrong with a body.
func jsonRefused(why string) refusal {
	return refusal{status: 400, code: "invalid_json", message: "The body has to be one JSON object: " + why + "."}
}

// publishError is a failure of Rooms.Publish. It is told apart because a
// publisher has to know whether the message may still be delivered.
type publishError struct{ err error }

func (e publishError) Error() string { return "publish: " + e.err.Error() }
func (e publishError) Unwrap() error { return e.err }

// explain returns the answer for an error. Errors that are not foreseen come
// out as errInternal; they are the ones worth logging.
func explain(err error) refusal {
	var publish publishError
	isPublish := errors.As(err, &publish)
	r, ok := explainRooms(err)
	switch {
	case ok:
	case errors.As(err, &r):
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled), errors.Is(err, ErrServerClosed):
		if r = errUnavailable; isPublish {
			r = errOutcome
		}
	default:
		if r = errInternal; isPublish {
			r.outcome = unknown
		}
	}
	if isPublish && r.status == 503 {
		r.outcome = notAccepted
	}
	return r
}

// explainRooms knows the errors of package actors.
func explainRooms(err error) (refusal, bool) {
	switch {
	case errors.Is(err, actors.ErrUnknownOutcome):
		return errOutcome, true
	case errors.Is(err, actors.ErrKeyConflict):
		return errConflict, true
	case errors.Is(err, actors.ErrKeysExhausted):
		return errKeysUsedUp, true
	case errors.Is(err, actors.ErrOverloaded):
		return errOverloaded, true
	case errors.Is(err, actors.ErrUnavailable):
		return errUnavailable, true
	case errors.Is(err, actors.ErrDraining):
		return errDraining, true
	case errors.Is(err, actors.ErrBadRoom):
		return errRoom, true
	}
	return refusal{}, false
}

// explainHTTP returns the answer for what fasthttp could not read. The errors'
// texts hold bytes of the request and are never shown or logged.
func explainHTTP(err error) refusal {
	var small *fasthttp.ErrSmallBuffer
	var network net.Error
	switch {
	case errors.As(err, &small):
		return errHeadSize
	case errors.Is(err, fasthttp.ErrBodyTooLarge):
		return errBodySize
	case errors.As(err, &network) && network.Timeout():
		return errTimeout
	}
	return errMalformed
}

// passing reports whether a stream that was refused with r may be had a little
// later. Such a refusal must not reach an EventSource as a status, since it
// never reconnects after one other than 200.
func (r refusal) passing() bool { return r.status >= 500 && r.status != errVersion.status }
