package actors

import "errors"

// What can become of a publish or a subscribe. The HTTP edge turns these into
// status codes; their texts are for logs.
var (
	// ErrOverloaded: a bounded queue is full; nothing was accepted. Retrying at
	// once makes it worse.
	ErrOverloaded = errors.New("room is overloaded")
	// ErrUnavailable: the room could not be reached or started; nothing was
	// accepted and a retry may succeed.
	ErrUnavailable = errors.New("room is unavailable")
	// ErrUnknownOutcome: the publish was accepted for commit but no word came
	// back in time; it will be delivered once or never.
	ErrUnknownOutcome = errors.New("outcome of publish is unknown")
	// ErrKeyConflict: the Idempotency-Key was used before with another body.
	ErrKeyConflict = errors.New("idempotency key was used with another body")
	// ErrKeysExhausted: more keys were used within the time for which each has
	// to be remembered than a room remembers.
	ErrKeysExhausted = errors.New("room remembers too many idempotency keys")
	// ErrDraining: this node is about to stop and takes no new streams.
	ErrDraining = errors.New("node is draining")
	// errMoved: the room is not, or no longer, this node's; nothing was accepted.
	// Callers of the System never see it.
	errMoved = errors.New("room is another node's")
	// ErrBadRoom: not a room name.
	ErrBadRoom = errors.New("malformed room name")
)
