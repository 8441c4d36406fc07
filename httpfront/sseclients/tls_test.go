package sseclients

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// TestTLS opens a stream on an encrypted connection, and one where HTTP/2 was
// agreed on.
func TestTLS(t *testing.T) {
	m, err := Open(DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	server := httptest.NewUnstartedServer(m.Handler(ByQuery))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	t.Run("HTTP/1.1", func(t *testing.T) {
		tcp := (&front{t: t, addr: server.Listener.Addr().String()}).dial()
		// The server's certificate is nobody's business here.
		conn := tls.Client(tcp.conn, &tls.Config{InsecureSkipVerify: true})
		tcp.r.Reset(conn)
		if _, err := conn.Write([]byte("GET /sse?clientId=a HTTP/1.1\r\nHost: x\r\n\r\n")); err != nil {
			t.Fatal(err)
		}
		tcp.head()
		for id := 1; id < 4; id++ {
			sent(t, m.SendEvent("a", "e", nil))
			tcp.expectEvent(id, "null")
		}
		sent(t, m.SendEvent("a", "e", nil))
		m.RemoveClient("a")
		tcp.expectEvent(4, "null")
		tcp.expectEnd()
		eventually(t, "the stream is gone", func() bool { return m.Stats().Streams == 0 })
	})
	t.Run("HTTP/2", func(t *testing.T) {
		client := server.Client()
		client.Timeout = patience
		resp, err := client.Get(server.URL + "/sse?clientId=a")
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if resp.ProtoMajor != 2 || resp.StatusCode != http.StatusHTTPVersionNotSupported {
			t.Errorf("%s, status %d", resp.Proto, resp.StatusCode)
		}
		if m.Len() != 0 {
			t.Error("a client was added")
		}
	})
}

// TestHTTPTimeouts checks that a server's timeouts end with the hijack.
func TestHTTPTimeouts(t *testing.T) {
	m, err := Open(DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	server := httptest.NewUnstartedServer(m.Handler(ByQuery))
	const limit = 50 * time.Millisecond
	server.Config.ReadTimeout, server.Config.WriteTimeout = limit, limit
	server.Start()
	t.Cleanup(server.Close)
	f := &front{Manager: m, t: t, addr: server.Listener.Addr().String()}
	p := f.connect("clientId=a")
	over := time.NewTimer(2 * limit)
	<-over.C
	f.broadcast(1, 1)
	p.expectEvent(1, "1")
}
