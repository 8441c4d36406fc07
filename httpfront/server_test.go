package httpfront_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/httpfront"
)

// logBuffer is a log that several goroutines write.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func logTo(l *logBuffer) func(*httpfront.Config) {
	return func(c *httpfront.Config) {
		c.Logger = slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
}

func TestPanic(t *testing.T) {
	var log logBuffer
	rooms := &fakeRooms{publish: func(context.Context, actors.Publication) (actors.Receipt, error) { panic("boom") }}
	_, addr := start(t, rooms, logTo(&log))
	r := roundTrip(t, addr, post("/broadcast?room=a&token=s3cr3t", "", `{"a":"payl0ad"}`))
	if r.status != 500 || r.code(t) != "internal" || !r.closed || r.header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("got %d %s %v, closed %v", r.status, r.body, r.header, r.closed)
	}
	got := log.String()
	if !strings.Contains(got, "boom") || !strings.Contains(got, "route=/broadcast") || !strings.Contains(got, "server_test.go") {
		t.Errorf("log lacks something: %s", got)
	}
	if strings.Contains(got, "s3cr3t") || strings.Contains(got, "payl0ad") {
		t.Errorf("log tells too much: %s", got)
	}
	if r := roundTrip(t, addr, get("/health", "")); r.status != 200 {
		t.Errorf("health: %d", r.status)
	}
}

// TestQuiet checks that what fasthttp logs about bad requests holds none of
// their bytes.
func TestQuiet(t *testing.T) {
	var log logBuffer
	_, addr := start(t, &fakeRooms{}, logTo(&log))
	for _, raw := range []string{
		"GET /connect?token=s3cr3t HTTP/9\r\n\r\n", "s3cr3t\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nAuthorization s3cr3t\r\n\r\n",
		"POST /broadcast HTTP/1.1\r\nHost: x\r\nContent-Length: s3cr3t\r\n\r\n", rawChunked("s3cr3t\r\n"),
	} {
		roundTrip(t, addr, raw)
	}
	if strings.Contains(log.String(), "s3cr3t") {
		t.Errorf("log tells too much: %s", log.String())
	}
}

func TestMetrics(t *testing.T) {
	reg := prometheus.NewRegistry()
	rooms := &fakeRooms{publish: func(context.Context, actors.Publication) (actors.Receipt, error) {
		return actors.Receipt{}, actors.ErrOverloaded
	}}
	_, addr := start(t, rooms, func(c *httpfront.Config) { c.Registry = reg })
	for _, raw := range []string{
		get("/connect", ""), get("/health", ""), post("/broadcast", "", "{}"), get("/nope", ""), get("/rooms/a", ""), get("/rooms/b", ""), "nonsense\r\n\r\n",
	} {
		conn := dial(t, addr)
		if _, err := io.WriteString(conn, strings.Replace(raw, "Host: x\r\n", "Host: x\r\nConnection: close\r\n", 1)); err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, conn)
	}
	eventually(t, "all connections closed", func() bool { return strings.Contains(scrape(reg), "\nparlor_http_connections 0\n") })
	got := scrape(reg)
	for _, want := range []string{
		`parlor_http_refused_total{reason="bad_request"} 1`, `parlor_http_refused_total{reason="not_found"} 1`,
		`parlor_http_refused_total{reason="overloaded"} 1`,
		`parlor_http_requests_total{code="200",route="/connect"} 1`, `parlor_http_requests_total{code="200",route="/health"} 1`,
		`parlor_http_requests_total{code="200",route="/rooms/{room}"} 2`, `parlor_http_requests_total{code="400",route="none"} 1`,
		`parlor_http_requests_total{code="404",route="none"} 1`, `parlor_http_requests_total{code="503",route="/broadcast"} 1`,
		`parlor_http_request_seconds_count{route="/broadcast"} 1`, `parlor_http_streams 0`, `parlor_http_accept_errors_total 0`,
	} {
		if !strings.Contains(got, "\n"+want+"\n") {
			t.Errorf("metrics lack %s", want)
		}
	}
	if n := strings.Count(got, "\nparlor_http_requests_total{") + strings.Count(got, "\nparlor_http_refused_total{"); n != 9 {
		t.Errorf("%d series, want 9:\n%s", n, got)
	}
	if _, err := httpfront.New(func() httpfront.Config { c := httpfront.Default(); c.Registry = reg; return c }(), rooms); err == nil {
		t.Error("the same metrics could be registered twice")
	}
}

// scrape returns the metrics as text.
func scrape(g prometheus.Gatherer) string {
	rec := httptest.NewRecorder()
	promhttp.HandlerFor(g, promhttp.HandlerOpts{}).ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return rec.Body.String()
}

// TestShutdown checks that a request in progress is finished, and that no new
// connection is taken meanwhile.
func TestShutdown(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	rooms := &fakeRooms{publish: func(_ context.Context, p actors.Publication) (actors.Receipt, error) {
		close(entered)
		<-leave
		return accept(p), nil
	}}
	srv, addr := start(t, rooms)
	conn := dial(t, addr)
	if _, err := io.WriteString(conn, post("/broadcast", "", "{}")); err != nil {
		t.Fatal(err)
	}
	<-entered
	done := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		done <- srv.Shutdown(ctx)
	}()
	eventually(t, "the listener is closed", func() bool {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			_ = c.Close()
		}
		return err != nil
	})
	close(leave)
	r := readReply(t, bufio.NewReader(conn), "POST")
	if r.status != 200 {
		t.Errorf("got %d %s", r.status, r.body)
	}
	if err := <-done; err != nil {
		t.Errorf("shutdown: %v", err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.Serve(ln); err != nil {
		t.Errorf("serve after shutdown: %v", err)
	}
	if _, err := ln.Accept(); err == nil {
		t.Error("serve after shutdown left the listener open")
	}
}

// TestShutdownGivesUp checks that a publish which outlasts Shutdown's patience
// is told that its outcome is unknown.
func TestShutdownGivesUp(t *testing.T) {
	entered := make(chan struct{})
	rooms := &fakeRooms{publish: func(ctx context.Context, _ actors.Publication) (actors.Receipt, error) {
		close(entered)
		<-ctx.Done()
		return actors.Receipt{}, context.Cause(ctx)
	}}
	srv, addr := start(t, rooms, func(c *httpfront.Config) { c.Patience = patience })
	conn := dial(t, addr)
	if _, err := io.WriteString(conn, post("/broadcast", "", "{}")); err != nil {
		t.Fatal(err)
	}
	<-entered
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	if err := srv.Shutdown(ctx); err == nil {
		t.Error("shutdown did not say that it gave up")
	}
	if r := readReply(t, bufio.NewReader(conn), "POST"); r.status != 504 || r.code(t) != "outcome_unknown" {
		t.Errorf("got %d %s", r.status, r.body)
	}
}

func TestTLS(t *testing.T) {
	rooms := &fakeRooms{}
	srv, err := httpfront.New(httpfront.Default(), rooms)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := httpfront.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	// httptest is only asked for its certificate.
	certs := httptest.NewUnstartedServer(http.NotFoundHandler())
	certs.StartTLS()
	defer certs.Close()
	serve(t, srv, tls.NewListener(ln, &tls.Config{Certificates: certs.TLS.Certificates}))
	config := &tls.Config{RootCAs: certs.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs, ServerName: "example.com"}
	ask := func(raw string) string {
		t.Helper()
		conn := tls.Client(dial(t, ln.Addr().String()), config)
		defer conn.Close()
		go func() { _, _ = io.WriteString(conn, raw) }()
		got, err := io.ReadAll(conn)
		if err != nil {
			t.Errorf("%q: %v", clip(raw), err)
		}
		return string(got)
	}
	if got := ask(get("/connect", "")); !strings.HasSuffix(got, "data: Connected to SSE stream\n\n") {
		t.Errorf("stream: %q", got)
	}
	if got := ask(post("/broadcast", "Connection: close\r\n", "{}")); !strings.HasPrefix(got, "HTTP/1.1 200 ") {
		t.Errorf("publish: %q", got)
	}
	if got := ask(post("/broadcast", "", strings.Repeat(" ", 1<<20))); !strings.HasPrefix(got, "HTTP/1.1 413 ") {
		t.Errorf("too big: %q", got)
	}
}

func TestConfigValidate(t *testing.T) {
	if err := httpfront.Default().Validate(); err != nil {
		t.Errorf("the default is invalid: %v", err)
	}
	err := httpfront.Config{
		MaxConnections: -1, MaxStreamsPerRoom: -1, PublishRate: math.NaN(), RoomPublishRate: math.Inf(1), PublishBurst: -1,
		Anonymous: httpfront.AnonymousAll + 1, TrustedProxies: []netip.Prefix{{}}, Hosts: []string{"a/b", ""},
		Origins: []string{"*", "null", "https://a.example/", "a.example", "https://A.example", "https://ok.example"},
	}.Validate()
	if err == nil {
		t.Fatal("nothing to complain about")
	}
	for _, want := range []string{
		"HeadTimeout", "BodyTimeout", "IdleTimeout", "WriteTimeout", "MaxHead", "MaxBody", "Patience", "MaxStreamsPerIP", "RetryMin", "MaxConnections",
		"MaxStreamsPerToken", "MaxStreamsPerRoom", "PublishRate", "RoomPublishRate", "PublishBurst", "Anonymous", "TrustedProxies",
		`"a/b"`, `""`, `"*"`, `"null"`, `"https://a.example/"`, `"a.example"`, `"https://A.example"`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no complaint about %s: %v", want, err)
		}
	}
	if strings.Contains(err.Error(), "ok.example") {
		t.Errorf("a complaint too many: %v", err)
	}
}
