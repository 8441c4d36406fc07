package remoting

import (
	"context"
	"fmt"
	"time"

	"github.com/asynkron/protoactor-go/remote"
	"google.golang.org/grpc"
)

// avoidFor is how long a node that could not be reached is left alone: whatever
// is sent to it every few milliseconds must not dial as often.
const avoidFor = 100 * time.Millisecond

// outStream is one stream to another node, from the dialling to its end, with
// what waits for it. There is never a second attempt: a stream that cannot be
// opened, or breaks, takes its queue with it.
type outStream struct {
	// Static after construction.
	remote *Remote
	peer   *peer
	ctx    context.Context
	cancel context.CancelFunc
	queue  *queue
}

func newOutStream(r *Remote, p *peer) *outStream {
	s := &outStream{remote: r, peer: p, queue: newQueue(r.cfg.MaxQueue, r.cfg.maxWaiting())}
	s.ctx, s.cancel = context.WithCancel(r.ctx)
	return s
}

// push queues a letter, or returns why it was dropped. The caller holds the
// peer's lock.
func (s *outStream) push(l letter) (dropped string) {
	if !s.queue.push(l) {
		return droppedQueue
	}
	return ""
}

// run is the life of the stream.
func (s *outStream) run() {
	defer s.cancel()
	conn, err := grpc.NewClient(s.peer.address, s.remote.dialOptions()...)
	if err != nil {
		s.end(false, fmt.Errorf("dial: %w", err))
		return
	}
	defer conn.Close()
	stream, err := s.open(conn)
	if err != nil {
		s.end(false, err)
		return
	}
	broken := make(chan error, 1)
	go func() {
		broken <- s.listen(stream)
		s.cancel()
	}()
	s.write(stream)
	s.cancel()
	s.end(true, <-broken)
}

// open opens the stream and exchanges greetings.
func (s *outStream) open(conn *grpc.ClientConn) (remote.Remoting_ReceiveClient, error) {
	patience := time.AfterFunc(s.remote.cfg.DialTimeout, s.cancel)
	defer patience.Stop()
	stream, err := remote.NewRemotingClient(conn).Receive(s.ctx)
	if err != nil {
		return nil, fmt.Errorf("open stream: %w", err)
	}
	// Whatever is wrong with the sending, the answer tells.
	_ = stream.Send(&remote.RemoteMessage{MessageType: &remote.RemoteMessage_ConnectRequest{
		ConnectRequest: &remote.ConnectRequest{ConnectionType: &remote.ConnectRequest_ServerConnection{
			ServerConnection: &remote.ServerConnection{MemberId: s.remote.system.ID, Address: s.remote.address},
		}},
	}})
	answer, err := stream.Recv()
	switch {
	case err != nil:
		return nil, fmt.Errorf("greet: %w", err)
	case answer.GetConnectResponse() == nil, answer.GetConnectResponse().GetBlocked():
		return nil, fmt.Errorf("greet: %w", errGreeting)
	case !patience.Stop():
		return nil, fmt.Errorf("greet: %w", context.DeadlineExceeded)
	}
	return stream, nil
}

// listen waits for the end of the stream: after the greeting a node has nothing
// to say here but that it leaves.
func (s *outStream) listen(stream remote.Remoting_ReceiveClient) error {
	if _, err := stream.Recv(); err != nil {
		return err
	}
	return errLeaves
}

// write sends what is queued until the stream ends. Why it ends, gRPC tells only
// whoever listens.
func (s *outStream) write(stream remote.Remoting_ReceiveClient) {
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-s.queue.wake:
		}
		for rest := s.queue.take(); len(rest) > 0; {
			n := cut(rest)
			message, bytes := batch(rest[:n])
			if stream.Send(message) != nil {
				return
			}
			s.remote.metrics.sent.Add(float64(n))
			s.remote.metrics.sentBytes.Add(float64(bytes))
			s.queue.release(rest[:n])
			rest = rest[n:]
		}
	}
}

// end lets go of the stream and of all that still waits for it.
func (s *outStream) end(connected bool, err error) {
	var avoid time.Time
	if !connected {
		avoid = time.Now().Add(avoidFor)
	}
	news := s.peer.ended(s, avoid) && s.remote.ctx.Err() == nil
	lost, _ := s.queue.size()
	s.remote.metrics.drop(droppedLost, lost)
	switch {
	case !news:
	case connected:
		s.remote.metrics.brokenOut.Inc()
		s.remote.log.Info("stream to node broke", "address", s.peer.address, "err", err, "lost", lost)
		s.remote.callTerminated(s.peer.address)
	default:
		s.remote.metrics.failed.Inc()
		s.remote.log.Debug("node cannot be reached", "address", s.peer.address, "err", err, "lost", lost)
	}
}
