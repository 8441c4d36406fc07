package actors

import (
	"github.com/asynkron/protoactor-go/actor"

	"github.com/parlor-sse/parlor/actors/wire"
)

// copies is the process "replicas" of a node: it takes what other nodes say
// about the rooms that this one holds copies of.
type copies struct{ node *node }

// SendUserMessage implements actor.Process. It runs on the goroutine of the
// transport that brings the message and does not block.
func (c copies) SendUserMessage(_ *actor.PID, message any) {
	if from, m, ok := c.node.peers.unpacked(message); ok {
		c.take(from, m)
	}
}

// deliver takes a message that came in parts.
func (c copies) deliver(from string, b []byte) {
	if m, ok := c.node.peers.decoded(from, b); ok {
		c.take(from, m)
	}
}

func (c copies) take(from string, m wire.Message) {
	n := c.node
	switch m := m.(type) {
	case wire.Offer, wire.Want, wire.Part, wire.Drop:
		n.peers.bulk.Receive(from, m)
	case wire.Contact:
		n.peers.met(from, m.Hears)
	case wire.Replicate:
		n.replicas.Receive(from, m.Room, m.Message)
	case wire.Adopt:
		n.handover.adopt(from, m)
	case wire.Adopted:
		n.handover.adopted(m)
	case wire.Pull:
		n.handover.pulls(from, m)
	case wire.Pulled:
		n.handover.pulled(from, m)
	default:
		n.metrics.undecoded.Inc()
	}
}

// SendSystemMessage implements actor.Process; copies have no use for any.
func (c copies) SendSystemMessage(*actor.PID, any) {}

// Stop implements actor.Process; nobody stops the copies.
func (c copies) Stop(*actor.PID) {}
