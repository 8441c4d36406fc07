package agree

import (
	"errors"
	"io"
	"net"
	"testing"
)

// callers is a Port of connections that wait, by the server that they are for.
type callers struct {
	Port
	waiting []caller
}

type caller struct {
	conn   net.Conn
	server string
}

func (c *callers) Accept() (net.Conn, string, error) {
	if len(c.waiting) == 0 {
		return nil, "", net.ErrClosed
	}
	next := c.waiting[0]
	c.waiting = c.waiting[1:]
	return next.conn, next.server, nil
}

// TestNobodyIsAnsweredForAnotherServer calls a server under the id that its node
// had with its former disk.
func TestNobodyIsAnsweredForAnotherServer(t *testing.T) {
	former, formerEnd := net.Pipe()
	now, nowEnd := net.Pipe()
	defer now.Close()
	s := newStream(&callers{waiting: []caller{{formerEnd, "n1.0123"}, {nowEnd, "n1.4567"}}}, "n1.4567")
	c, err := s.Accept()
	if err != nil || c.(*streamConn).Conn != nowEnd {
		t.Fatalf("accepted %v, %v", c, err)
	}
	if _, err := former.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("who called the former server is kept waiting: %v", err)
	}
	if _, err := s.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("accepted after the end: %v", err)
	}
	check(t, c.Close())
}
