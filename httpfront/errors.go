package httpfront

import (
	"errors"
	"fmt"
	"net"
	"strconv"

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
	challenge  string // WWW-Authenticate, for 401
	close      bool   // the connection can't be trusted with another request

	// state is true if the room's state is behind it. Then the client is told
	// whether trying again may help, and whether the room has too much to do.
	state      bool
	retryable  bool
	overloaded bool

	// ofBehaviour is true if the code is one that a room's behaviour made up, as
	// of which there may be any number.
	ofBehaviour bool
}

func (r refusal) Error() string { return r.code }

// reason labels the refusal in metrics.
func (r refusal) reason() string {
	if r.ofBehaviour {
		return "behaviour"
	}
	return r.code
}

// json renders the refusal's body.
func (r refusal) json() []byte {
	body := append(make([]byte, 0, 160), `{"success":false,"error":`...)
	body = append(appendString(body, r.code), `,"message":`...)
	body = appendString(body, r.message)
	if r.outcome != "" {
		body = appendString(append(body, `,"outcome":`...), r.outcome)
	}
	if r.state {
		body = strconv.AppendBool(append(body, `,"retryable":`...), r.retryable)
		body = strconv.AppendBool(append(body, `,"overloaded":`...), r.overloaded)
	}
	return append(body, '}')
}

// What can have become of a publish, or a call, that failed.
const (
	notAccepted = "not_accepted" // it will never be delivered, or done
	unknown     = "unknown"      // it will be delivered, or done, once or never
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
	errClient        = paramRefused("client", "is 1 to 128 of the characters A-Z a-z 0-9 . _ : ~ @ -")
	errEvent         = refusal{status: 400, code: "invalid_event", message: "An event name is 1 to 64 of the characters A-Z a-z 0-9 . _ : ~ @ -."}
	errReservedEvent = refusal{status: 400, code: "reserved_event", message: "The event name is one that only the server itself sends."}
	errKey           = refusal{status: 400, code: "invalid_idempotency_key", message: "Idempotency-Key is given once, with 1 to 255 visible ASCII characters."}
	errPath          = refusal{status: 400, code: "invalid_path", message: "The path is not well-formed: escapes are %XX, text is UTF-8."}
	errBadKind       = refusal{status: 400, code: "invalid_kind", message: "A kind is 1 to 64 of the characters A-Z a-z 0-9 . _ : ~ @ -."}
	errIDForm        = refusal{status: 400, code: "invalid_object_id", message: "An object id is 64 lower-case hexadecimal digits."}
	errIDForged      = refusal{status: 400, code: "invalid_object_id", message: "The object id is not valid for this kind."}
	errRoomBody      = refusal{status: 400, code: "unexpected_body", message: "A new room takes no body, or an empty JSON object."}
	errCall          = refusal{status: 400, code: "invalid_call", message: "The room takes no such request."}
	errNotFound      = refusal{status: 404, code: "not_found", message: "There is nothing at this path."}
	errKind          = refusal{status: 404, code: "unknown_kind", message: "There is no such kind of room."}
	errNoObject      = refusal{status: 404, code: "unknown_object_id", message: "No room has this object id."}
	errNoFetch       = refusal{status: 404, code: "no_fetch", message: "Rooms of this kind answer no requests."}
	errAccept        = refusal{status: 406, code: "not_acceptable", message: "This answers with text/event-stream, which the Accept header excludes."}
	errTimeout       = refusal{status: 408, code: "timeout", message: "The request did not arrive in time.", close: true}
	errBodySize      = refusal{status: 413, code: "body_too_large", message: "The body is larger than this server takes.", close: true}
	errTargetSize    = refusal{status: 414, code: "target_too_long", message: fmt.Sprintf("The path and query are longer than the %d bytes that a room takes.", actors.MaxTarget)}
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
	errStreamsToken = refusal{status: 429, code: "too_many_streams_of_token", message: "Too many streams are open with this token.", retryAfter: 30}
	errStreamsRoom  = refusal{status: 429, code: "too_many_streams_in_room", message: "Too many streams of the room are open here.", retryAfter: 30}
	errRate         = refusal{status: 429, code: "rate_limited", message: "Too much is sent in too short a time."}
	errStreamsTotal = refusal{status: 503, code: "full", message: "This node has as many streams as it takes.", retryAfter: 1}
	errNotReady     = refusal{status: 503, code: "not_ready", message: "This node takes no new work now.", retryAfter: 1}
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
