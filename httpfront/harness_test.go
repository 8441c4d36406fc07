package httpfront_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/parlor-sse/parlor/httpfront"
)

func TestMain(m *testing.M) {
	// fasthttp's cleaner of idle workers sees only after its nap that the server
	// has stopped.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"))
}

// patience bounds every wait of a test; it is only reached when the test fails.
const patience = 20 * time.Second

// start serves rooms on loopback until the test ends, and returns the address.
func start(t testing.TB, rooms httpfront.Rooms, tweak ...func(*httpfront.Config)) (*httpfront.Server, string) {
	t.Helper()
	cfg := httpfront.Default()
	cfg.Version, cfg.Node = "1.2.3", "test-node"
	for _, f := range tweak {
		f(&cfg)
	}
	srv, err := httpfront.New(cfg, rooms)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := httpfront.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	serve(t, srv, ln)
	return srv, ln.Addr().String()
}

// serve runs srv on ln until the test ends.
func serve(t testing.TB, srv *httpfront.Server, ln net.Listener) {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- srv.Serve(ln) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
}

// dial connects to addr for the length of the test.
func dial(t testing.TB, addr string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// reply is what came back for raw bytes.
type reply struct {
	status int
	header http.Header
	body   []byte
	closed bool // the server closed the connection after it
}

// roundTrip sends raw bytes on a connection of their own and reads one answer.
// If the answer does not announce a close, the connection is tried once more.
func roundTrip(t testing.TB, addr, raw string) reply {
	t.Helper()
	conn := dial(t, addr)
	defer conn.Close()
	go func() { _, _ = io.WriteString(conn, raw) }()
	br := bufio.NewReader(conn)
	method, _, _ := strings.Cut(raw, " ")
	r := readReply(t, br, method)
	r.closed = isClosed(conn, br)
	return r
}

func readReply(t testing.TB, br *bufio.Reader, method string) reply {
	t.Helper()
	resp, err := http.ReadResponse(br, &http.Request{Method: method})
	if err != nil {
		t.Fatalf("read answer: %v", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("read body: %v", err)
	}
	return reply{status: resp.StatusCode, header: resp.Header, body: body}
}

// isClosed reports whether the server has closed the connection, or else
// answers another request on it.
func isClosed(conn net.Conn, br *bufio.Reader) bool {
	_, _ = io.WriteString(conn, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
	resp, err := http.ReadResponse(br, nil)
	if err != nil {
		return true
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	return false
}

// code returns the error code of a JSON answer, and "" for a success.
func (r reply) code(t testing.TB) string {
	t.Helper()
	var v struct {
		Success bool   `json:"success"`
		Error   string `json:"error"`
		Message string `json:"message"`
	}
	if len(r.body) == 0 || r.header.Get("Content-Type") != "application/json" {
		return ""
	}
	if err := json.Unmarshal(r.body, &v); err != nil {
		t.Fatalf("answer is not JSON: %v: %q", err, r.body)
	}
	if v.Error != "" && (v.Success || v.Message == "" || !strings.HasSuffix(v.Message, ".")) {
		t.Errorf("error answer lacks something: %s", r.body)
	}
	return v.Error
}

// post renders a publish.
func post(target, headers, body string) string {
	return "POST " + target + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + headers +
		"Content-Length: " + itoa(len(body)) + "\r\n\r\n" + body
}

// get renders a request without a body.
func get(target, headers string) string {
	return "GET " + target + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n"
}

func itoa(n int) string {
	b, _ := json.Marshal(n)
	return string(b)
}

// eventually waits until cond holds.
func eventually(t testing.TB, what string, cond func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !cond() {
		if time.Now().After(deadline) {
			t.Fatalf("never happened: %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}
