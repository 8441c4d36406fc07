package control

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"
)

// First bytes of a connection.
const (
	byteRaft    = 'R' // then the id of the server that it is meant for, its length before it
	byteControl = 'C'
)

// Times and numbers.
const (
	greetTimeout  = 3 * time.Second // from the connection to its first request
	answerTimeout = 5 * time.Second
	dialTimeout   = 2 * time.Second
	maxGreeting   = 2048 // connections that have not said yet what they are
	maxServed     = 1024 // control connections, held ones included
	acceptBacklog = 16   // Raft connections waiting for Accept
	acceptPause   = 20 * time.Millisecond
)

// Credentials are a node's certificate and the authority it trusts.
type Credentials interface {
	Server() *tls.Config
	Client(peer string) *tls.Config // peer empty: any node of the authority
}

// Handler answers a request of the node named from: a value to be encoded as
// JSON, or an error, of which only a *Refusal is told as it is. It is called
// from many goroutines.
type Handler func(ctx context.Context, from string, body json.RawMessage) (any, error)

// Config says where a Port listens.
type Config struct {
	Node     string // name of this node
	Bind     string // host:port
	TLS      Credentials
	Logger   *slog.Logger
	Handlers map[string]Handler // by type of request; not changed after Open
	Refused  func(reason string)
}

// Port is the open port. Its methods may be called from any goroutine.
type Port struct {
	// Static after construction.
	cfg      Config
	listener net.Listener
	raft     chan raftConn
	greeting chan struct{} // a token for each connection being greeted
	served   chan struct{} // and for each control connection
	ctx      context.Context
	cancel   context.CancelFunc
	work     sync.WaitGroup

	mu    sync.Mutex
	conns map[net.Conn]struct{} // Guarded by mu; those that this package reads
}

// Open listens and serves.
func Open(cfg Config) (*Port, error) {
	l, err := net.Listen("tcp", cfg.Bind)
	if err != nil {
		return nil, fmt.Errorf("open control: %w", err)
	}
	p := &Port{
		cfg:      cfg,
		listener: l,
		raft:     make(chan raftConn, acceptBacklog),
		greeting: make(chan struct{}, maxGreeting),
		served:   make(chan struct{}, maxServed),
		conns:    map[net.Conn]struct{}{},
	}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.work.Go(p.accept)
	return p, nil
}

// Addr returns the address that the port listens on.
func (p *Port) Addr() net.Addr { return p.listener.Addr() }

// raftConn is a connection of Raft and the id of the server that it is meant for.
type raftConn struct {
	net.Conn
	server string
}

// Accept returns the next connection of Raft, and the id of the server that it
// is meant for; after Close an error.
func (p *Port) Accept() (c net.Conn, server string, err error) {
	select {
	case c := <-p.raft:
		return c.Conn, c.server, nil
	case <-p.ctx.Done():
		return nil, "", net.ErrClosed
	}
}

// Close ends the port with all its control connections, and waits for its
// goroutines. Connections of Raft that were accepted stay open.
func (p *Port) Close() error {
	p.cancel()
	err := p.listener.Close()
	if errors.Is(err, net.ErrClosed) {
		err = nil
	}
	p.mu.Lock()
	for c := range p.conns {
		c.Close()
	}
	p.mu.Unlock()
	p.work.Wait()
	for {
		select {
		case c := <-p.raft:
			c.Close()
		default:
			return err
		}
	}
}

func (p *Port) accept() {
	for {
		c, err := p.listener.Accept()
		if p.ctx.Err() != nil {
			if err == nil {
				c.Close()
			}
			return
		}
		if err != nil { // out of descriptors, as a rule
			p.cfg.Logger.Warn("cluster control can not accept", "error", err)
			select {
			case <-p.ctx.Done():
			case <-time.After(acceptPause):
			}
			continue
		}
		select {
		case p.greeting <- struct{}{}:
			p.work.Go(func() { p.greet(c) })
		default:
			p.refuse(c, "too_many")
		}
	}
}

func (p *Port) refuse(c net.Conn, reason string) {
	p.cfg.Refused(reason)
	c.Close()
}

// track registers the connection to be closed by Close, unless that was called.
func (p *Port) track(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ctx.Err() != nil {
		c.Close()
		return false
	}
	p.conns[c] = struct{}{}
	return true
}

func (p *Port) forget(c net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
}

// greet finds out what a new connection is for.
func (p *Port) greet(c net.Conn) {
	if !p.track(c) {
		<-p.greeting
		return
	}
	raw := c
	c.SetDeadline(time.Now().Add(greetTimeout))
	var names []string
	if p.cfg.TLS != nil {
		t := tls.Server(c, p.cfg.TLS.Server())
		if err := t.HandshakeContext(p.ctx); err != nil {
			<-p.greeting
			p.forget(raw)
			p.cfg.Logger.Debug("cluster control refused a handshake", "peer", c.RemoteAddr(), "error", err)
			p.refuse(c, "handshake")
			return
		}
		names = t.ConnectionState().PeerCertificates[0].DNSNames
		c = t
	}
	var first [1]byte
	_, err := c.Read(first[:])
	<-p.greeting
	switch {
	case err != nil:
		// Somebody looked whether this node lives.
	case first[0] == byteRaft:
		server, err := readName(c)
		if err != nil {
			p.cfg.Refused("malformed")
			break
		}
		p.forget(raw)
		c.SetDeadline(time.Time{})
		select {
		case p.raft <- raftConn{c, server}:
		case <-p.ctx.Done():
			c.Close()
		}
		return
	case first[0] == byteControl:
		p.serve(c, names)
	default:
		p.cfg.Refused("unknown")
	}
	p.forget(raw)
	c.Close()
}
