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
	n := c.node
	from, m, ok := n.peers.unpacked(message)
	if !ok {
		return
	}
	switch m := m.(type) {
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
