package actors

import (
	"errors"
	"fmt"
)

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
	// ErrAnswerLost is an ErrUnknownOutcome of which no more will ever be known: the
	// call was made, but its answer was too large to be remembered, or held back by
	// an activation that has ended.
	ErrAnswerLost = fmt.Errorf("%w: the answer is not remembered", ErrUnknownOutcome)
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
	// ErrBadUser: the name of a user is longer than MaxUserLen, is missing where it
	// is needed, or stands beside a client id where one of both may.
	ErrBadUser = errors.New("malformed or missing user")
	// ErrBadKind: not the name of a kind.
	ErrBadKind = errors.New("malformed kind")
	// ErrNoKind: no such kind is registered.
	ErrNoKind = errors.New("no such kind of room")
	// ErrNoObject: no room has this object id.
	ErrNoObject = errors.New("no room has this object id")
	// ErrNoFetch: the room's kind answers no requests.
	ErrNoFetch = errors.New("the kind answers no requests")
	// ErrFailed: the room's code returned an error, panicked, or took too long;
	// nothing of what it did was kept or sent.
	ErrFailed = errors.New("the room's code failed")
	// ErrNotStarted: the behaviour's Start failed; nothing was accepted, and a
	// retry starts it again.
	ErrNotStarted = errors.New("the room did not start")
	// ErrAnswerSize: the room's answer is larger than can be sent, or remembered
	// with an Idempotency-Key; nothing of what it did was kept or sent.
	ErrAnswerSize = errors.New("the room's answer is too large")
	// ErrTorn: what the room has stored is damaged on the only disk there is.
	ErrTorn = errors.New("what the room has stored is damaged")
)

// Errors that behaviours meet.
var (
	// ErrTurnOver: a Context was used after the call that it was for.
	ErrTurnOver = errors.New("the call that the context is for has ended")
	// ErrStorageKey: a key is empty or longer than MaxStorageKey.
	ErrStorageKey = errors.New("storage key is empty or too long")
	// ErrStorageValue: a value is longer than MaxStorageValue.
	ErrStorageValue = errors.New("storage value is too long")
	// ErrStorageBatch: more than MaxStorageBatch keys in one call.
	ErrStorageBatch = errors.New("too many storage keys in one call")
	// ErrStorageFull: the room would store more than its kind may.
	ErrStorageFull = errors.New("room's storage is full")
	// ErrTurnSize: one call would store or send more than fits into one commit.
	ErrTurnSize = errors.New("the call stores or sends too much at once")
	// ErrBadEvent: not an event name, or one that only the server itself sends.
	ErrBadEvent = errors.New("malformed or reserved event name")
	// ErrBadData: not JSON, or more than MaxBroadcast bytes of it.
	ErrBadData = errors.New("data is not JSON or too large")
	// ErrBadCall: a request that is out of the bounds of Call.
	ErrBadCall = errors.New("malformed call")
	// ErrNotHeld: the answer to a request cannot be held back, or given, here.
	ErrNotHeld = errors.New("the answer is not held back")
	// ErrNoAlarm: an alarm was set by a behaviour that has no Alarm method.
	ErrNoAlarm = errors.New("behaviour has no Alarm method")
)

// Retryable reports whether what failed with err may succeed when it is tried
// again, without being done twice. Of a call of unknown outcome that holds only
// under an Idempotency-Key.
func Retryable(err error) bool {
	return errors.Is(err, ErrUnavailable) || errors.Is(err, ErrNotStarted) || errors.Is(err, ErrDraining)
}

// Overloaded reports whether err says that the room has more to do than it can.
// Trying again at once makes that worse.
func Overloaded(err error) bool { return errors.Is(err, ErrOverloaded) }
