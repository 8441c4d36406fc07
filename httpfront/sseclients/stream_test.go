package sseclients

import (
	"encoding/json"
	"net/http"
	"runtime"
	"testing"
)

func TestStreamToTheByte(t *testing.T) {
	withOrigin := func(c *Config) { c.AllowOrigin = "*" }
	fronts(t, withOrigin, func(t *testing.T, f *front) {
		p := f.dial()
		p.send("GET /sse?clientId=a HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n")
		p.expect("HTTP/1.1 200 OK\r\n" +
			"Content-Type: text/event-stream\r\n" +
			"Cache-Control: no-cache\r\n" +
			"Connection: keep-alive\r\n" +
			"Access-Control-Allow-Origin: *\r\n" +
			"X-Accel-Buffering: no\r\n\r\n")
		sent(t, f.SendEvent("a", "stockUpdate", map[string]string{"stock": "AAPL", "price": "<123.45>"}))
		p.expect("id: 1\nevent: stockUpdate\ndata: {\"price\":\"<123.45>\",\"stock\":\"AAPL\"}\n\n")
		f.broadcast(1, json.RawMessage(" { \"key\" : [ 1.0 ,\n null ] } "))
		p.expectEvent(2, `{"key":[1.0,null]}`)
		f.broadcast(1, nil)
		p.expectEvent(3, "null")
		f.broadcast(1, "line\r\nid: 9")
		p.expectEvent(4, `"line\r\nid: 9"`)
	})
}

func TestIdsArePerStream(t *testing.T) {
	fronts(t, nil, func(t *testing.T, f *front) {
		a := f.connect("clientId=a")
		f.broadcast(1, 1)
		b := f.connect("clientId=b")
		f.broadcast(2, 2)
		sent(t, f.SendEvent("b", "e", 3))
		f.broadcast(2, 4)
		a.expectEvent(1, "1")
		a.expectEvent(2, "2")
		a.expectEvent(3, "4")
		b.expectEvent(1, "2")
		b.expectEvent(2, "3")
		b.expectEvent(3, "4")
		again := f.connect("clientId=c")
		f.broadcast(3, 5)
		again.expectEvent(1, "5")
		if n := f.Len(); n != 3 {
			t.Errorf("%d clients", n)
		}
	})
}

func TestClientLeaves(t *testing.T) {
	fronts(t, nil, func(t *testing.T, f *front) {
		for _, leave := range []func(*peer){
			func(p *peer) { _ = p.conn.Close() },
			func(p *peer) { _ = p.conn.CloseWrite() },
			func(p *peer) { _ = p.conn.SetLinger(0); _ = p.conn.Close() },
		} {
			leave(f.connect("clientId=a"))
			eventually(t, "the client is gone", func() bool { return f.Stats().Streams == 0 })
			if err := f.SendEvent("a", "e", 1); err != ErrUnknownClient {
				t.Errorf("send after the end: %v", err)
			}
		}
		f.broadcast(0, 1)
		if s := f.Stats(); s.Opened != 3 || s.Ended["client"] != 3 || s.Clients != 0 {
			t.Errorf("%+v", s)
		}
	})
}

func TestClientSpeaks(t *testing.T) {
	fronts(t, nil, func(t *testing.T, f *front) {
		p := f.connect("clientId=a")
		p.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		eventually(t, "the stream ends", func() bool { return f.Stats().Ended["spoke"] == 1 })
	})
}

// TestPipelined checks that a request behind that for a stream costs its sender
// the stream and nobody anything else.
func TestPipelined(t *testing.T) {
	fronts(t, nil, func(t *testing.T, f *front) {
		const request = "GET /sse?clientId=a HTTP/1.1\r\nHost: x\r\n\r\n"
		for range 5 {
			p := f.dial()
			p.send(request + request)
			_ = p.conn.CloseWrite()
			buf := make([]byte, 4096)
			for {
				if _, err := p.r.Read(buf); err != nil {
					break
				}
			}
		}
		eventually(t, "no place is lost", func() bool { return f.Stats().Streams == 0 })
	})
}

func TestIdleStreamHasNoGoroutine(t *testing.T) {
	fronts(t, nil, func(t *testing.T, f *front) {
		detachedOnly(t)
		first := f.connect("clientId=first")
		before := runtime.NumGoroutine()
		const streams = 50
		for range streams {
			f.connect("clientId=a")
		}
		// The servers' goroutines end on their own, a moment after the heads are out.
		eventually(t, "the goroutines end", func() bool { return runtime.NumGoroutine() <= before+streams/10 })
		f.broadcast(2, 1)
		first.expectEvent(1, "1")
	})
}

func TestDescriptorsComeBack(t *testing.T) {
	fronts(t, func(c *Config) { c.MaxClients = 12 }, func(t *testing.T, f *front) {
		round := func() {
			for i := range 10 {
				p := f.connect("clientId=a")
				switch i % 2 {
				case 0:
					f.RemoveClient("a")
					p.expectEnd()
				default:
					sent(t, f.SendEvent("a", "e", 1))
				}
				_ = p.conn.Close()
			}
			eventually(t, "all streams end", func() bool { return f.Stats().Streams == 0 })
		}
		round()
		before := descriptors(t)
		for range 5 {
			round()
		}
		eventually(t, "descriptors come back", func() bool { return descriptors(t) <= before })
	})
}

func TestHeadKeepsOwnOrigin(t *testing.T) {
	cfg := DefaultConfig()
	cfg.AllowOrigin = "*"
	m, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	set := http.Header{
		"Access-Control-Allow-Origin": {"https://a.example"}, "Set-Cookie": {"a=1", "b=2\r\nInjected: x"},
		"Transfer-Encoding": {"chunked"}, "Bad\nName": {"x"},
	}
	const want = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\nConnection: keep-alive\r\n" +
		"Access-Control-Allow-Origin: https://a.example\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2  Injected: x\r\n\r\n"
	if got := string(m.renderHead(set)); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
