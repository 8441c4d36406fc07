package httpfront_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/httpfront"
	"github.com/parlor-sse/parlor/persistence"
)

func TestMain(m *testing.M) {
	// fasthttp's cleaner of idle workers sees only after its nap that the server
	// has stopped.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"))
}

// patience bounds every wait of a test; it is only reached when the test fails.
const patience = 20 * time.Second

// fakeRooms answers for rooms and remembers what reached it. Unset funcs answer
// as a room would to which all is well.
type fakeRooms struct {
	publish   func(context.Context, actors.Publication) (actors.Receipt, error)
	subscribe func(context.Context, actors.SubscribeRequest) (httpfront.Stream, error)
	info      func(context.Context, persistence.RoomKey) (actors.RoomInfo, error)
	history   func(context.Context, persistence.RoomKey) ([]persistence.Record, error)
	rooms     func(string, int) ([]actors.RoomInfo, string)
	members   func() actors.RingInfo

	mu            sync.Mutex
	published     []actors.Publication
	subscriptions []actors.SubscribeRequest
	asked         int // calls of Info and History
}

func (f *fakeRooms) Publish(ctx context.Context, p actors.Publication) (actors.Receipt, error) {
	f.mu.Lock()
	f.published = append(f.published, p)
	f.mu.Unlock()
	if f.publish != nil {
		return f.publish(ctx, p)
	}
	return accept(p), nil
}

// accept is what a room does with a publication, at a fixed time.
func accept(p actors.Publication) actors.Receipt {
	r := actors.Receipt{ID: persistence.Position{Epoch: 7, Seq: 42}, Data: p.Body, Durability: "fsync", Copies: 1, Of: 1, Subscribers: 3}
	if !p.Stamped {
		sep := ","
		if len(p.Body) == 2 {
			sep = ""
		}
		r.Data = append(bytes.Clone(p.Body[:len(p.Body)-1]), sep+`"timestamp":"2026-01-02T15:04:05.000Z"}`...)
	}
	if p.Client != "" {
		r.ID = persistence.Position{}
	}
	return r
}

func (f *fakeRooms) Subscribe(ctx context.Context, r actors.SubscribeRequest) (httpfront.Stream, error) {
	f.mu.Lock()
	f.subscriptions = append(f.subscriptions, r)
	f.mu.Unlock()
	if f.subscribe != nil {
		return f.subscribe(ctx, r)
	}
	return &fakeStream{body: "data: Connected to SSE stream\n\n", closed: r.Closed}, nil
}

func (f *fakeRooms) Info(ctx context.Context, k persistence.RoomKey) (actors.RoomInfo, error) {
	f.ask()
	if f.info != nil {
		return f.info(ctx, k)
	}
	return actors.RoomInfo{Room: k.Name, Kind: k.Kind}, nil
}

func (f *fakeRooms) ask() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked++
}

func (f *fakeRooms) History(ctx context.Context, k persistence.RoomKey) ([]persistence.Record, error) {
	f.ask()
	if f.history != nil {
		return f.history(ctx, k)
	}
	return nil, nil
}

func (f *fakeRooms) Rooms(after string, limit int) ([]actors.RoomInfo, string) {
	if f.rooms != nil {
		return f.rooms(after, limit)
	}
	return nil, ""
}

func (f *fakeRooms) Members() actors.RingInfo {
	if f.members != nil {
		return f.members()
	}
	return actors.RingInfo{}
}

func (f *fakeRooms) Stats() actors.Stats { return actors.Stats{Streams: 1, Rooms: 2, Outlets: 3} }

// reached counts the calls that reached a room.
func (f *fakeRooms) reached() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.published) + len(f.subscriptions) + f.asked
}

func (f *fakeRooms) lastPublication(t *testing.T) actors.Publication {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.published) == 0 {
		t.Fatal("nothing was published")
	}
	return f.published[len(f.published)-1]
}

func (f *fakeRooms) lastSubscription(t *testing.T) actors.SubscribeRequest {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.subscriptions) == 0 {
		t.Fatal("nothing was subscribed")
	}
	return f.subscriptions[len(f.subscriptions)-1]
}

// fakeStream writes the head and a body, and closes unless it is to be kept.
type fakeStream struct {
	body   string
	keep   bool
	closed func()

	mu   sync.Mutex
	conn net.Conn // guarded by mu; as attached
}

func (s *fakeStream) Attach(conn net.Conn, head []byte) {
	s.mu.Lock()
	s.conn = conn
	_, _ = conn.Write(append(bytes.Clone(head), s.body...))
	s.mu.Unlock()
	if !s.keep {
		s.end()
	}
}

func (s *fakeStream) Cancel() { s.closed() }

func (s *fakeStream) attached() net.Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conn
}

func (s *fakeStream) end() {
	_ = s.attached().Close()
	s.closed()
}

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
