package sseclients

import "errors"

// Errors that a Manager returns; they may come wrapped.
var (
	// ErrUnknownClient is returned for a key of which no stream is open.
	ErrUnknownClient = errors.New("sseclients: no stream is open for that key")
	// ErrBadKey is returned for a key that is not 1 to MaxKeyLen bytes of
	// [A-Za-z0-9._:~@-].
	ErrBadKey = errors.New("sseclients: invalid key")
	// ErrBadEvent is returned for an event name that is not 1 to 64 bytes of
	// [A-Za-z0-9._:~@-].
	ErrBadEvent = errors.New("sseclients: invalid event name")
	// ErrBadData is returned for data that has no form in JSON.
	ErrBadData = errors.New("sseclients: data is not JSON")
	// ErrTooLarge is returned for an event that no client's queue holds.
	ErrTooLarge = errors.New("sseclients: event is larger than a queue")
	// ErrOverloaded is returned when events come faster than they can be sent: to
	// the one client, or to most clients. The event was sent to nobody; it may be
	// sent again a moment later.
	ErrOverloaded = errors.New("sseclients: queue is full")
	// ErrFull is returned when as many streams are open as there may be.
	ErrFull = errors.New("sseclients: too many clients")
	// ErrClosed is returned once Close was called.
	ErrClosed = errors.New("sseclients: manager is closed")
	// ErrMethod is returned for a stream that is asked for by another method than
	// GET.
	ErrMethod = errors.New("sseclients: a stream is asked for with GET")
	// ErrBody is returned for a stream that is asked for with a body.
	ErrBody = errors.New("sseclients: a stream is asked for without a body")
	// ErrNotHijackable is returned when the connection can't be taken from the
	// HTTP server: it speaks HTTP/2, or a handler in front hides it.
	ErrNotHijackable = errors.New("sseclients: connection can't be taken over")
)
