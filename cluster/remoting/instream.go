package remoting

import (
	"errors"
	"fmt"
	"io"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/asynkron/protoactor-go/remote"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// inStream is a stream from another node. It belongs to the goroutine that serves
// it.
type inStream struct {
	// Static after construction.
	remote *Remote
	stream remote.Remoting_ReceiveServer
	name   string // of the other node; empty without TLS

	address string // that the other node says it is at; empty before it greeted
}

// run takes what comes until the stream ends.
func (s *inStream) run() error {
	if err := s.greet(); err != nil {
		return err
	}
	for {
		m, err := s.stream.Recv()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case m.GetMessageBatch() == nil:
			return s.refuse(refusedMalformed, errors.New("no messages"))
		}
		if err := s.take(m.GetMessageBatch()); err != nil {
			return s.refuse(refusedMalformed, err)
		}
	}
}

// greet takes the greeting, with which every stream begins, and answers it.
func (s *inStream) greet() error {
	m, err := s.stream.Recv()
	if err != nil {
		return err
	}
	c := m.GetConnectRequest().GetServerConnection()
	if c == nil {
		return s.refuse(refusedMalformed, errGreeting)
	}
	if !s.remote.mayCall(s.name, c.GetAddress()) {
		return s.refuse(refusedAddress, fmt.Errorf("it says that it is at %q: %w", c.GetAddress(), errStranger))
	}
	s.address = c.GetAddress()
	return s.stream.Send(&remote.RemoteMessage{MessageType: &remote.RemoteMessage_ConnectResponse{
		ConnectResponse: &remote.ConnectResponse{MemberId: s.remote.system.ID},
	}})
}

// take hands the messages of a batch to those that they are for. A batch that
// refers to what it does not hold is an error.
func (s *inStream) take(b *remote.MessageBatch) error {
	in := inspection{
		types: judge(b.GetTypeNames(), func(name string) bool { return name == payloadType }),
		to:    judge(b.GetTargets(), s.remote.takes),
		from: judge(b.GetSenders(), func(p *actor.PID) bool {
			return p.GetAddress() == s.address && p.GetId() != ""
		}),
	}
	for i, e := range b.GetEnvelopes() {
		payload, refused, err := in.open(e)
		if err != nil {
			return fmt.Errorf("message %d of %d: %w", i, len(b.GetEnvelopes()), err)
		}
		if refused != "" {
			s.remote.metrics.refuse(refused)
			continue
		}
		s.remote.metrics.received.Inc()
		s.remote.metrics.receivedBytes.Add(float64(len(e.GetMessageData())))
		s.deliver(b, e, payload)
	}
	return nil
}

// deliver hands a message to its process here. It does not wait for it.
func (s *inStream) deliver(b *remote.MessageBatch, e *remote.MessageEnvelope, payload []byte) {
	to := &actor.PID{Address: s.remote.address, Id: b.Targets[e.Target], RequestId: e.TargetRequestId}
	message := &wrapperspb.BytesValue{Value: payload}
	if e.Sender == 0 {
		s.remote.system.Root.Send(to, message)
		return
	}
	from := &actor.PID{Address: s.address, Id: b.Senders[e.Sender-1].Id, RequestId: e.SenderRequestId}
	s.remote.system.Root.RequestWithCustomSender(to, message, from)
}

// refuse counts why the stream is to end and returns the error that ends it.
func (s *inStream) refuse(reason string, err error) error {
	s.remote.metrics.refuse(reason)
	s.remote.log.Warn("stream of node refused", "node", s.name, "address", s.address, "reason", reason, "err", err)
	return status.Error(codes.InvalidArgument, "no node sends this")
}

// ended tells of the end of a stream that was in use.
func (s *inStream) ended() {
	if s.address == "" || s.remote.ctx.Err() != nil {
		return
	}
	s.remote.metrics.brokenIn.Inc()
	s.remote.log.Info("stream from node broke", "node", s.name, "address", s.address)
	s.remote.callTerminated(s.address)
}
