package bulk

import (
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/parlor-sse/parlor/actors/wire"
)

// Bounds of every Bulk.
const (
	// ChunkBytes is the size of the parts in which messages go. A smaller message
	// is better sent as it is.
	ChunkBytes = wire.MaxPartBytes
	// MaxBytes bounds a message, and all that are being received at a time.
	MaxBytes = 256 << 20
	// MaxKeptBytes bounds what is kept for sending.
	MaxKeptBytes = 512 << 20

	maxKept      = 2048 // messages kept for sending
	maxReceiving = 4    // messages received at a time
	maxWaiting   = 64   // offers that wait for their turn
	maxDone      = 256  // messages remembered as received
	inFlight     = 2    // parts of a message that are asked for and not there
)

// Times.
const (
	again    = 250 * time.Millisecond // until an offer or a question is repeated
	patience = 5 * time.Second        // with a message of which nothing moves
	pulse    = 50 * time.Millisecond  // between two looks at what is under way
)

// minRate is the lowest rate: a part within four seconds.
const minRate = ChunkBytes / 4

// Config says how a Bulk speaks to other nodes.
type Config struct {
	// Send sends a message to a node, or loses it. It may be called from any
	// goroutine, Carry's and Receive's callers' among them, and must not block.
	// Required.
	Send func(node string, m wire.Message)
	// Deliver takes a message that arrived as a whole; its bytes are the callee's.
	// It is called for one message at a time. It may take its time, which holds up
	// other large messages and nothing else, and must not call Close. Required.
	Deliver func(from string, b []byte)
	// Rate bounds what is sent to all nodes together, in bytes a second, so that
	// repair leaves room for what is live; 0 is no bound, else at least 65,536.
	Rate int

	Registerer prometheus.Registerer // nil: metrics are not registered
}

// Validate returns all complaints about the settings, joined, or nil.
func (c *Config) Validate() error {
	var all []error
	if c.Send == nil {
		all = append(all, errors.New("send: nothing to send with"))
	}
	if c.Deliver == nil {
		all = append(all, errors.New("deliver: nobody to deliver to"))
	}
	if c.Rate != 0 && c.Rate < minRate {
		all = append(all, fmt.Errorf("rate of %d bytes a second: neither 0 nor at least %d", c.Rate, minRate))
	}
	return errors.Join(all...)
}
