package gossip

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/hashicorp/memberlist"
)

const (
	maxStreams   = 512 // incoming ones at a time: memberlist gives each a goroutine
	bindAttempts = 10  // to find a port that is free in UDP and TCP
)

// transport is memberlist's own with bounds: incoming streams are limited, and
// closing it ends the streams and dials under way, for which memberlist would
// wait up to its timeout.
type transport struct {
	*memberlist.NetTransport

	// Static after construction.
	ctx     context.Context // ends when the transport begins to close
	cancel  context.CancelFunc
	streams chan net.Conn
	busy    func()        // called for each stream refused; must not block
	silent  chan struct{} // closed when nothing comes in any more
	ended   chan struct{} // closed when accept has ended

	mu       sync.Mutex
	open     map[*stream]struct{} // at most maxStreams incoming ones, and those memberlist dials
	incoming int                  // of open
	closed   bool
}

// openTransport listens at ip and port; port 0 picks one.
func openTransport(ip netip.Addr, port int, logger *log.Logger, busy func()) (*transport, error) {
	inner, err := listen(ip, port, logger)
	if err != nil {
		return nil, err
	}
	t := &transport{
		NetTransport: inner,
		streams:      make(chan net.Conn),
		busy:         busy,
		silent:       make(chan struct{}),
		ended:        make(chan struct{}),
		open:         make(map[*stream]struct{}),
	}
	t.ctx, t.cancel = context.WithCancel(context.Background())
	go t.accept()
	return t, nil
}

func listen(ip netip.Addr, port int, logger *log.Logger) (*memberlist.NetTransport, error) {
	cfg := memberlist.NetTransportConfig{BindAddrs: []string{ip.String()}, BindPort: port, Logger: logger}
	for attempt := 1; ; attempt++ {
		t, err := memberlist.NewNetTransport(&cfg)
		if err == nil {
			return t, nil
		}
		// A port that the kernel picked for TCP may be taken in UDP.
		if port != 0 || attempt == bindAttempts {
			return nil, fmt.Errorf("listen: %w", err)
		}
	}
}

// accept hands incoming streams on, within the limit. While the transport
// closes it takes what still comes in, so that the listeners can end even if
// memberlist never ran.
func (t *transport) accept() {
	defer close(t.ended)
	var packets <-chan *memberlist.Packet // not ours until the transport closes
	closing := t.ctx.Done()
	for {
		select {
		case <-t.silent:
			return
		case <-closing:
			packets, closing = t.NetTransport.PacketCh(), nil
		case <-packets:
		case conn := <-t.NetTransport.StreamCh():
			t.hand(conn)
		}
	}
}

// hand gives an incoming stream to memberlist, or closes it.
func (t *transport) hand(conn net.Conn) {
	s, ok := t.track(conn, true)
	if !ok {
		conn.Close()
		if t.ctx.Err() == nil {
			t.busy()
		}
		return
	}
	select {
	case t.streams <- s:
	case <-t.ctx.Done():
		s.Close()
	}
}

// StreamCh returns the incoming streams.
func (t *transport) StreamCh() <-chan net.Conn { return t.streams }

// DialTimeout dials addr within timeout.
func (t *transport) DialTimeout(addr string, timeout time.Duration) (net.Conn, error) {
	return t.DialAddressTimeout(memberlist.Address{Addr: addr}, timeout)
}

// DialAddressTimeout dials a within timeout.
func (t *transport) DialAddressTimeout(a memberlist.Address, timeout time.Duration) (net.Conn, error) {
	dialer := net.Dialer{Timeout: timeout}
	conn, err := dialer.DialContext(t.ctx, "tcp", a.Addr)
	if err != nil {
		return nil, err
	}
	s, ok := t.track(conn, false)
	if !ok {
		conn.Close()
		return nil, ErrClosed
	}
	return s, nil
}

// Shutdown stops listening and cuts all streams. It may be called again.
func (t *transport) Shutdown() error {
	t.mu.Lock()
	if t.closed {
		t.mu.Unlock()
		<-t.ended
		return nil
	}
	t.closed = true
	t.cancel()
	for s := range t.open {
		s.Conn.Close()
	}
	t.mu.Unlock()

	err := t.NetTransport.Shutdown()
	close(t.silent)
	<-t.ended
	return err
}

// track keeps conn among the open streams until it is closed. It refuses when
// the transport is closed or holds as many incoming streams as it may.
func (t *transport) track(conn net.Conn, incoming bool) (*stream, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed || incoming && t.incoming == maxStreams {
		return nil, false
	}
	s := &stream{Conn: conn, transport: t, incoming: incoming}
	t.open[s] = struct{}{}
	if incoming {
		t.incoming++
	}
	return s, true
}

// stream is a connection that its transport knows of.
type stream struct {
	net.Conn
	transport *transport
	incoming  bool
}

// Close closes the connection. It may be called again.
func (s *stream) Close() error {
	t := s.transport
	t.mu.Lock()
	if _, ok := t.open[s]; ok {
		delete(t.open, s)
		if s.incoming {
			t.incoming--
		}
	}
	t.mu.Unlock()
	return s.Conn.Close()
}
