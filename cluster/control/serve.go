package control

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net"
	"slices"
	"time"
)

// typeHold is the request of a connection that stays open for the one purpose
// of breaking when this process ends.
const typeHold = "hold"

// serve reads one request from c and answers it. names are those of the peer's
// certificate; nil without TLS.
func (p *Port) serve(c net.Conn, names []string) {
	select {
	case p.served <- struct{}{}:
		defer func() { <-p.served }()
	default:
		p.cfg.Refused("too_many")
		return
	}
	var q request
	if err := readFrame(c, &q); err != nil {
		p.cfg.Refused("malformed")
		return
	}
	c.SetDeadline(time.Now().Add(answerTimeout))
	if p.cfg.TLS != nil && !slices.Contains(names, q.From) {
		p.cfg.Refused("name")
		p.answer(c, nil, &Refusal{
			Code:     "name",
			Sentence: fmt.Sprintf("node %q shows a certificate of %q", q.From, names),
			Final:    true,
		})
		return
	}
	if q.Type == typeHold {
		p.answer(c, nil, nil)
		c.SetDeadline(time.Time{})
		c.Read(make([]byte, 1)) // returns when one of both sides ends
		return
	}
	handler, ok := p.cfg.Handlers[q.Type]
	if !ok {
		p.cfg.Refused("malformed")
		p.answer(c, nil, &Refusal{Code: "unknown", Sentence: fmt.Sprintf("node %q knows no request %q", p.cfg.Node, q.Type)})
		return
	}
	ctx, cancel := context.WithTimeout(p.ctx, answerTimeout)
	defer cancel()
	body, err := handler(ctx, q.From, q.Body)
	p.answer(c, body, err)
}

func (p *Port) answer(c net.Conn, body any, err error) {
	var a answer
	if err != nil && !errors.As(err, &a.Refusal) {
		a.Refusal = &Refusal{Code: "error", Sentence: err.Error()}
	}
	if body != nil && err == nil {
		b, err := json.Marshal(body)
		if err != nil {
			p.cfg.Logger.Error("cluster control can not encode an answer", "error", err)
			return
		}
		a.Body = b
	}
	if err := writeFrame(c, a); err != nil {
		p.cfg.Logger.Debug("cluster control can not answer", "peer", c.RemoteAddr(), "error", err)
	}
}

// Call sends a request to the node at the address, host:port, and reads its
// answer into out, unless that is nil. The node's name is empty if it is not
// known yet. A node that answers no gives a *Refusal.
func (p *Port) Call(ctx context.Context, node, address, kind string, in, out any) error {
	c, a, err := p.ask(ctx, node, address, kind, in)
	if err != nil {
		return fmt.Errorf("ask %s at %s: %w", kind, address, err)
	}
	c.Close()
	if a.Refusal != nil {
		return a.Refusal
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(a.Body, out); err != nil {
		return fmt.Errorf("ask %s at %s: decode answer: %w", kind, address, err)
	}
	return nil
}

// Hold connects to the node at the address and calls held when that is done.
// It returns when the connection breaks or ctx ends, with the reason.
func (p *Port) Hold(ctx context.Context, node, address string, held func()) error {
	c, a, err := p.ask(ctx, node, address, typeHold, nil)
	if err != nil {
		return fmt.Errorf("hold %s: %w", address, err)
	}
	defer c.Close()
	if a.Refusal != nil {
		return a.Refusal
	}
	held()
	c.SetDeadline(time.Time{})
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	_, err = c.Read(make([]byte, 1))
	return fmt.Errorf("hold %s: %w", address, err)
}

// ask makes a connection, sends a request and reads the answer to it.
func (p *Port) ask(ctx context.Context, node, address, kind string, in any) (net.Conn, answer, error) {
	var a answer
	q := request{Type: kind, From: p.cfg.Node}
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return nil, a, fmt.Errorf("encode request: %w", err)
		}
		q.Body = b
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout+answerTimeout)
	defer cancel()
	c, err := p.dial(ctx, node, address, []byte{byteControl})
	if err != nil {
		return nil, a, err
	}
	deadline, _ := ctx.Deadline()
	c.SetDeadline(deadline)
	stop := context.AfterFunc(ctx, func() { c.Close() })
	err = writeFrame(c, q)
	if err == nil {
		err = readFrame(c, &a)
	}
	if err == nil && !stop() {
		err = ctx.Err()
	}
	if err != nil {
		stop()
		c.Close()
		return nil, a, err
	}
	return c, a, nil
}

// DialRaft connects to the Raft of the node at the address, host:port, of which
// it wants the server with the id, of at most 255 bytes.
func (p *Port) DialRaft(node, server, address string, timeout time.Duration) (net.Conn, error) {
	if len(server) > math.MaxUint8 {
		return nil, fmt.Errorf("dial raft of %s: %w", node, ErrTooLarge)
	}
	ctx, cancel := context.WithTimeout(p.ctx, timeout)
	defer cancel()
	c, err := p.dial(ctx, node, address, appendName([]byte{byteRaft}, server))
	if err != nil {
		return nil, fmt.Errorf("dial raft of %s: %w", node, err)
	}
	return c, nil
}

// dial connects and says what the connection is for. It gives up when the port
// is closed.
func (p *Port) dial(ctx context.Context, node, address string, greeting []byte) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(p.ctx, cancel)()
	d := net.Dialer{Timeout: dialTimeout}
	c, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	if p.cfg.TLS != nil {
		t := tls.Client(c, p.cfg.TLS.Client(node))
		if err := t.HandshakeContext(ctx); err != nil {
			c.Close()
			return nil, err
		}
		c = t
	}
	if deadline, ok := ctx.Deadline(); ok {
		c.SetWriteDeadline(deadline)
	}
	if _, err := c.Write(greeting); err != nil {
		c.Close()
		return nil, err
	}
	c.SetWriteDeadline(time.Time{})
	return c, nil
}
