package agree

import (
	"net"
	"sync"
	"time"

	"github.com/hashicorp/raft"
)

// Port is where the Raft connections of this node come in, and how it makes
// its own.
type Port interface {
	// Accept waits for the next connection, and returns the id of the server that
	// it is meant for. After Close it returns an error.
	Accept() (c net.Conn, server string, err error)
	// DialRaft connects to a server of the node at the address, host:port.
	DialRaft(node, server, address string, timeout time.Duration) (net.Conn, error)
	Addr() net.Addr
	// Close ends Accept. It leaves open what was accepted.
	Close() error
}

// stream is the layer below Raft's transport. It remembers the connections, so
// that all of them end with Close: the transport leaves them open.
type stream struct {
	// Static after construction.
	port Port
	id   raft.ServerID // of this server

	mu       sync.Mutex
	conns    map[*streamConn]struct{} // Guarded by mu; open
	closed   bool                     // Guarded by mu
	handlers sync.WaitGroup           // of accepted connections that the transport has not closed
}

var _ raft.StreamLayer = (*stream)(nil)

func newStream(p Port, id raft.ServerID) *stream {
	return &stream{port: p, id: id, conns: map[*streamConn]struct{}{}}
}

// streamConn leaves its stream when it is closed.
type streamConn struct {
	net.Conn
	stream   *stream
	accepted bool
	once     sync.Once
}

// Close is called by Raft's transport, once it is done with the connection.
func (c *streamConn) Close() error {
	c.once.Do(func() {
		c.stream.mu.Lock()
		delete(c.stream.conns, c)
		c.stream.mu.Unlock()
		if c.accepted {
			c.stream.handlers.Done()
		}
	})
	return c.Conn.Close()
}

// Accept waits for the next connection that is meant for this server. Those for
// a server that this node was, before its disk was emptied, are closed.
func (s *stream) Accept() (net.Conn, error) {
	for {
		c, server, err := s.port.Accept()
		if err != nil {
			return nil, err
		}
		if raft.ServerID(server) == s.id {
			return s.add(c, true)
		}
		c.Close()
	}
}

func (s *stream) Dial(a raft.ServerAddress, timeout time.Duration) (net.Conn, error) {
	id, address := splitAddress(a)
	node, _ := splitID(id)
	c, err := s.port.DialRaft(node, string(id), address, timeout)
	if err != nil {
		return nil, err
	}
	return s.add(c, false)
}

func (s *stream) add(c net.Conn, accepted bool) (net.Conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		c.Close()
		return nil, net.ErrClosed
	}
	sc := &streamConn{Conn: c, stream: s, accepted: accepted}
	s.conns[sc] = struct{}{}
	if accepted {
		s.handlers.Add(1)
	}
	return sc, nil
}

func (s *stream) Addr() net.Addr { return s.port.Addr() }

// Close ends Accept and all connections.
func (s *stream) Close() error {
	err := s.port.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for c := range s.conns {
		c.Conn.Close() // whoever reads or writes notices, and calls Close of c
	}
	return err
}

// wait returns when the transport is done with all that was accepted.
func (s *stream) wait() { s.handlers.Wait() }
