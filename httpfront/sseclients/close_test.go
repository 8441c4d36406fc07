package sseclients

import (
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
)

// TestClose checks that all streams end, that they are sent first what was sent
// to them, and that nothing is left when Close returns.
func TestClose(t *testing.T) {
	fronts(t, nil, func(t *testing.T, f *front) {
		var peers []*peer
		for _, key := range []string{"a", "b", "b", "c"} {
			peers = append(peers, f.connect("clientId="+key))
		}
		f.broadcast(3, 1)
		f.Close()
		if s := f.Stats(); s.Streams != 0 || s.Clients != 0 || s.Ended["shutdown"] != 4 {
			t.Errorf("%+v", s)
		}
		for i, p := range peers {
			if i != 1 { // its key has a newer one
				p.expectEvent(1, "1")
			}
			p.expectEnd()
		}
		if _, err := f.Broadcast("e", 1); !errors.Is(err, ErrClosed) {
			t.Errorf("broadcast: %v", err)
		}
		if err := f.SendEvent("a", "e", 1); !errors.Is(err, ErrClosed) {
			t.Errorf("send: %v", err)
		}
		if f.RemoveClient("a") {
			t.Error("a client was removed")
		}
		late := f.dial()
		late.send("GET /sse?clientId=a HTTP/1.1\r\nHost: x\r\n\r\n")
		if head := late.head(); !strings.HasPrefix(head, "HTTP/1.1 503 ") {
			t.Errorf("a new stream: %s", head)
		}
		f.Close()
	})
}

// TestCloseDoesNotWaitForSlowClients closes while a client takes nothing of a
// long queue.
func TestCloseDoesNotWaitForSlowClients(t *testing.T) {
	fronts(t, nil, func(t *testing.T, f *front) {
		slow := f.connect("clientId=slow")
		_ = slow.conn.SetReadBuffer(4 << 10)
		for range 100 {
			f.broadcast(1, kilobyte)
		}
		f.Close()
		if s := f.Stats(); s.Streams != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// TestCloseAmongEverything closes a manager that is being used in every way.
func TestCloseAmongEverything(t *testing.T) {
	fronts(t, nil, func(t *testing.T, f *front) {
		f.connect("clientId=a")
		var users sync.WaitGroup
		use := func(what func() error) {
			users.Go(func() {
				for !errors.Is(what(), ErrClosed) {
				}
			})
		}
		use(func() error { _, err := f.Broadcast("e", 1); return err })
		use(func() error { f.RemoveClient("a"); return f.SendEvent("b", "e", 1) })
		use(func() error {
			// Whether there is an answer depends on how far the closing is.
			if conn, err := net.Dial("tcp", f.addr); err == nil {
				_, _ = io.WriteString(conn, "GET /sse?clientId=a HTTP/1.1\r\nHost: x\r\n\r\n")
				_, _ = conn.Read(make([]byte, 1))
				_ = conn.Close()
			}
			return f.admissible("a")
		})
		eventually(t, "streams have come and gone", func() bool { return f.Stats().Ended["kicked"] > 5 })
		f.Close()
		users.Wait()
		eventually(t, "no stream is left", func() bool { return f.Stats().Streams == 0 })
	})
}
