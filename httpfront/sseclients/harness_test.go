package sseclients

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
	"go.uber.org/goleak"

	"github.com/parlor-sse/parlor/actors/fanout"
)

func TestMain(m *testing.M) {
	// fasthttp's cleaner of idle workers sees only after its nap that the server
	// has stopped.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"))
}

// patience bounds every wait of a test; it is only reached when the test fails.
const patience = 20 * time.Second

// front is a manager in a server that listens.
type front struct {
	*Manager

	t    testing.TB
	addr string
}

// start serves a new manager's streams by one of the two servers.
func start(t testing.TB, cfg Config, engine fanout.Config, serve func(testing.TB, *Manager, net.Listener)) *front {
	t.Helper()
	m, err := open(cfg, engine)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	serve(t, m, ln)
	return &front{Manager: m, t: t, addr: ln.Addr().String()}
}

func serveNetHTTP(t testing.TB, m *Manager, ln net.Listener) {
	handler := m.Handler(ByQuery)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Accel-Buffering", "no")
		w.Header().Set("Content-Length", "7")
		handler.ServeHTTP(w, r)
	})}
	served := make(chan error, 1)
	go func() { served <- server.Serve(ln) }()
	t.Cleanup(func() {
		_ = ln.Close()
		_ = server.Close()
		<-served
	})
}

func serveFastHTTP(t testing.TB, m *Manager, ln net.Listener) {
	handler := m.FastHandler(ByQueryFast)
	server := &fasthttp.Server{KeepHijackedConns: true, NoDefaultDate: true, Handler: func(ctx *fasthttp.RequestCtx) {
		ctx.Response.Header.Set("X-Accel-Buffering", "no")
		handler(ctx)
	}}
	served := make(chan error, 1)
	go func() { served <- server.Serve(ln) }()
	t.Cleanup(func() {
		_ = ln.Close() // if the server has not begun yet, Shutdown does not see it
		_ = server.Shutdown()
		<-served
	})
}

// fronts runs a test behind both servers, and on the engine's portable path.
func fronts(t *testing.T, change func(*Config), test func(*testing.T, *front)) {
	portable := fanout.DefaultConfig()
	portable.Portable = true
	for _, tc := range []struct {
		name   string
		engine fanout.Config
		serve  func(testing.TB, *Manager, net.Listener)
	}{
		{"nethttp", fanout.DefaultConfig(), serveNetHTTP},
		{"fasthttp", fanout.DefaultConfig(), serveFastHTTP},
		{"nethttp portable", portable, serveNetHTTP},
		{"fasthttp portable", portable, serveFastHTTP},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cfg := DefaultConfig()
			cfg.Heartbeat = 0 // so that a busy machine adds no bytes
			if change != nil {
				change(&cfg)
			}
			test(t, start(t, cfg, tc.engine, tc.serve))
		})
	}
}

// peer is a client that sees bytes.
type peer struct {
	t    testing.TB
	conn *net.TCPConn
	r    *bufio.Reader
}

func (f *front) dial() *peer {
	f.t.Helper()
	conn, err := net.Dial("tcp", f.addr)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	return &peer{t: f.t, conn: conn.(*net.TCPConn), r: bufio.NewReader(conn)}
}

// connect opens a stream and reads its head.
func (f *front) connect(query string) *peer {
	f.t.Helper()
	p := f.dial()
	p.send("GET /sse?" + query + " HTTP/1.1\r\nHost: x\r\n\r\n")
	if head := p.head(); !strings.HasPrefix(head, "HTTP/1.1 200 OK\r\n") {
		f.t.Fatalf("answer to %s: %s", query, head)
	}
	return p
}

func (p *peer) send(raw string) {
	p.t.Helper()
	if _, err := io.WriteString(p.conn, raw); err != nil {
		p.t.Fatal(err)
	}
}

// head reads a response's head, the blank line included.
func (p *peer) head() string {
	p.t.Helper()
	var head strings.Builder
	for {
		line, err := p.r.ReadString('\n')
		head.WriteString(line)
		if err != nil {
			p.t.Fatalf("after %q: %v", head.String(), err)
		}
		if line == "\r\n" {
			return head.String()
		}
	}
}

// expect reads exactly these bytes.
func (p *peer) expect(want string) {
	p.t.Helper()
	got := make([]byte, len(want))
	n, err := io.ReadFull(p.r, got)
	if string(got[:n]) != want {
		p.t.Fatalf("read %.200q, want %.200q: %v", got[:n], want, err)
	}
}

// expectEvent reads one event with the given id, of the kind that the tests send.
func (p *peer) expectEvent(id int, data string) {
	p.t.Helper()
	p.expect(fmt.Sprintf("id: %d\nevent: e\ndata: %s\n\n", id, data))
}

// expectEnd waits for the stream's end and wants nothing before it.
func (p *peer) expectEnd() {
	p.t.Helper()
	rest, err := io.ReadAll(p.r)
	if err != nil || len(rest) > 0 {
		p.t.Fatalf("read %.200q and %v, want the end", rest, err)
	}
}

// sent fails the test if an event could not be sent.
func sent(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// broadcast sends an event to all and wants it to reach n.
func (f *front) broadcast(n int, data any) {
	f.t.Helper()
	if got, err := f.Broadcast("e", data); err != nil || got != n {
		f.t.Fatalf("reached %d: %v; want %d", got, err, n)
	}
}

// eventually polls until the condition holds.
func eventually(t testing.TB, what string, cond func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !cond(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

// detachedOnly skips a test of what only streams without goroutines do.
func detachedOnly(t testing.TB) {
	t.Helper()
	if runtime.GOOS != "linux" || strings.HasSuffix(t.Name(), "portable") {
		t.Skip("streams are detached on Linux only")
	}
}

func descriptors(t testing.TB) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("counts descriptors in /proc")
	}
	return len(entries)
}
