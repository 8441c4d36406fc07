package actors

import (
	"errors"

	"github.com/parlor-sse/parlor/persistence"
)

// Sink takes a copy of every message that rooms have committed, to somewhere
// outside. Each room hands it its messages in their order, at least once, and
// the next ones only when those before are delivered, so that whatever becomes
// of owners and sinks the first copies arrive in order and nothing is left out.
// What was given up, because more waited than may, may still come after a crash.
type Sink interface {
	// Deliver begins to deliver messages of one room, at most MaxDelivery of them.
	// It may be called from any goroutine, for many rooms at a time, and never
	// blocks. Done is called exactly once, from any goroutine, though not before
	// Deliver has returned: with nil when all of them will outlast a crash of the
	// sink, else with why that is not known, and they are delivered again later. With
	// ErrSinkBusy nothing was tried. The messages are not the sink's to change.
	Deliver(room persistence.RoomKey, messages []persistence.Record, done func(error))
}

// ErrSinkBusy reports a delivery that a sink did not begin, since it has as many as
// it takes. It counts as none of those after which messages are given up.
var ErrSinkBusy = errors.New("sink busy")

// MaxDelivery bounds the messages of one delivery.
const MaxDelivery = 256
