package remoting

import (
	"github.com/asynkron/protoactor-go/actor"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// outbox is the process that stands for all processes of other nodes.
type outbox struct{ r *Remote }

// resolve implements actor.AddressResolver.
func (r *Remote) resolve(*actor.PID) (actor.Process, bool) { return outbox{r}, true }

// SendUserMessage implements actor.Process. It does not wait for the network.
func (o outbox) SendUserMessage(to *actor.PID, message any) {
	_, payload, sender := actor.UnwrapEnvelope(message)
	b, ok := payload.(*wrapperspb.BytesValue)
	if !ok {
		o.r.metrics.drop(droppedType, 1)
		return
	}
	if reason := o.r.send(letter{to: to, sender: sender, payload: b.GetValue()}); reason != "" {
		o.r.metrics.drop(reason, 1)
	}
}

// SendSystemMessage implements actor.Process. Nobody is watched, stopped or
// failed across nodes.
func (o outbox) SendSystemMessage(*actor.PID, any) { o.r.metrics.drop(droppedType, 1) }

// Stop implements actor.Process.
func (o outbox) Stop(*actor.PID) { o.r.metrics.drop(droppedType, 1) }

// send queues a letter for another node, or returns why it was dropped.
func (r *Remote) send(l letter) (dropped string) {
	if l.size() > r.cfg.maxWaiting() {
		return droppedSize
	}
	address := l.to.GetAddress()
	p := r.peers.find(address)
	if p == nil {
		if host, port, err := splitAddress(address); err != nil || host == "" || port == 0 {
			return droppedAddress
		}
		if p = r.peers.get(address); p == nil {
			return droppedNodes
		}
	}
	return p.send(r, l)
}
