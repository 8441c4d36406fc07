package httpfront_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/httpfront"
	"github.com/parlor-sse/parlor/persistence"
)

// keys names rooms of the default kind.
func keys(names ...string) []persistence.RoomKey {
	var out []persistence.RoomKey
	for _, name := range names {
		out = append(out, persistence.RoomKey{Kind: "room", Name: name})
	}
	return out
}

func TestSubscribeRequest(t *testing.T) {
	long := strings.Repeat("9", 4097)
	for _, tc := range []struct {
		target, headers string
		want            actors.SubscribeRequest
	}{
		{"/connect", "", actors.SubscribeRequest{Rooms: keys("global"), Replay: -1}},
		{"/connect?", "Accept: */*\r\n", actors.SubscribeRequest{Rooms: keys("global"), Replay: -1}},
		{"/connect?room=", "Accept: text/*;q=0.1, application/json\r\n", actors.SubscribeRequest{Rooms: keys("global"), Replay: -1}},
		{"/connect?room=a%2Db&kind=room&unknown=1&unknown=2", "", actors.SubscribeRequest{Rooms: keys("a-b"), Replay: -1}},
		{"/connect?room=A.z_0:~@-", "Accept: text/event-stream\r\n", actors.SubscribeRequest{Rooms: keys("A.z_0:~@-"), Replay: -1}},
		{"/connect?room=b&room=a&room=", "", actors.SubscribeRequest{Rooms: keys("b", "a", "global"), Framing: actors.Tagged, Replay: -1}},
		{"/connect?room=b&room=a&format=tagged", "", actors.SubscribeRequest{Rooms: keys("b", "a"), Framing: actors.Tagged, Replay: -1}},
		{"/connect?format=tagged", "", actors.SubscribeRequest{Rooms: keys("global"), Framing: actors.Tagged, Replay: -1}},
		{"/connect?format=plain", "", actors.SubscribeRequest{Rooms: keys("global"), Framing: actors.Plain, Replay: -1}},
		{"/events", "", actors.SubscribeRequest{Rooms: keys("global"), Framing: actors.Plain, Replay: -1}},
		{
			"/connect?client=me&ttl=90&replay=3&heartbeat=event&format=named", "",
			actors.SubscribeRequest{Rooms: keys("global"), Client: "me", TTL: 90 * time.Second, Replay: 3, HeartbeatEvent: true},
		},
		{"/connect?replay=0&ttl=0", "", actors.SubscribeRequest{Rooms: keys("global")}},
		{"/connect?lastEventId=7-41", "", actors.SubscribeRequest{Rooms: keys("global"), Replay: -1, Resume: true, LastEventID: "7-41"}},
		{"/connect?lastEventId=", "", actors.SubscribeRequest{Rooms: keys("global"), Replay: -1}},
		{"/connect?lastEventId=7-41", "Last-Event-ID: 7-42\r\n", actors.SubscribeRequest{Rooms: keys("global"), Replay: -1, Resume: true, LastEventID: "7-42"}},
		{"/connect", "last-event-id: abc\r\n", actors.SubscribeRequest{Rooms: keys("global"), Replay: -1, Resume: true, LastEventID: "abc"}},
		{"/connect", "Last-Event-ID: 1e9\r\n", actors.SubscribeRequest{Rooms: keys("global"), Replay: -1, Resume: true, LastEventID: "1e9"}},
		{"/connect", "Last-Event-ID: ٣-٤\r\n", actors.SubscribeRequest{Rooms: keys("global"), Replay: -1, Resume: true, LastEventID: "٣-٤"}},
		{"/connect", "Last-Event-ID: " + long + "\r\n", actors.SubscribeRequest{Rooms: keys("global"), Replay: -1, Resume: true, LastEventID: "?"}},
		{"/connect?lastEventId=" + long, "", actors.SubscribeRequest{Rooms: keys("global"), Replay: -1, Resume: true, LastEventID: "?"}},
		{"/connect", "Last-Event-ID: \xff\r\n", actors.SubscribeRequest{Rooms: keys("global"), Replay: -1, Resume: true, LastEventID: "?"}},
	} {
		rooms := &fakeRooms{}
		_, addr := start(t, rooms)
		if r := roundTrip(t, addr, get(tc.target, tc.headers)); r.status != 200 {
			t.Errorf("%s: %d %s", clip(tc.target), r.status, r.body)
			continue
		}
		got := rooms.lastSubscription(t)
		if got.Closed == nil {
			t.Errorf("%s: no Closed", clip(tc.target))
		}
		got.Closed = nil
		if !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%s:\ngot  %+v\nwant %+v", clip(tc.target), got, tc.want)
		}
	}
}

func TestHundredRooms(t *testing.T) {
	rooms := &fakeRooms{}
	_, addr := start(t, rooms)
	r := roundTrip(t, addr, get("/connect?"+manyRooms(100)+"kind=room&client=a&ttl=1&replay=1&heartbeat=event&lastEventId=1&format=tagged", ""))
	if r.status != 200 || len(rooms.lastSubscription(t).Rooms) != 100 {
		t.Errorf("got %d %s", r.status, r.body)
	}
}

// TestComeBack checks that a passing refusal is a stream that ends at once.
func TestComeBack(t *testing.T) {
	want := regexp.MustCompile(`^retry: (\d+)\n\n$`)
	for _, refuse := range []error{
		actors.ErrUnavailable, actors.ErrOverloaded, actors.ErrDraining, fmt.Errorf("room %q: %w", "a", actors.ErrUnavailable),
		context.DeadlineExceeded, context.Canceled, errors.New("unforeseen"),
	} {
		rooms := &fakeRooms{subscribe: func(context.Context, actors.SubscribeRequest) (httpfront.Stream, error) { return nil, refuse }}
		_, addr := start(t, rooms)
		for target, contentType := range map[string]string{"/connect": "text/event-stream", "/events": "text/event-stream;charset=utf-8"} {
			r := roundTrip(t, addr, get(target, ""))
			match := want.FindSubmatch(r.body)
			if r.status != 200 || !r.closed || match == nil || r.header.Get("Content-Type") != contentType ||
				r.header.Get("Cache-Control") != "no-cache, no-transform" || r.header.Get("X-Accel-Buffering") != "no" ||
				r.header.Get("Access-Control-Allow-Origin") != "*" {
				t.Errorf("%v: %d %v %q, closed %v", refuse, r.status, r.header, r.body, r.closed)
				continue
			}
			if ms := string(match[1]); len(ms) != 4 || ms < "1000" || ms > "5000" {
				t.Errorf("retry %s", ms)
			}
		}
	}
}

func TestLastingRefusal(t *testing.T) {
	rooms := &fakeRooms{subscribe: func(context.Context, actors.SubscribeRequest) (httpfront.Stream, error) {
		return nil, actors.ErrBadRoom
	}}
	_, addr := start(t, rooms)
	if r := roundTrip(t, addr, get("/connect", "")); r.status != 400 || r.code(t) != "invalid_room" {
		t.Errorf("got %d %s", r.status, r.body)
	}
}

func TestSubscribePatience(t *testing.T) {
	rooms := &fakeRooms{subscribe: func(ctx context.Context, _ actors.SubscribeRequest) (httpfront.Stream, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	_, addr := start(t, rooms, func(c *httpfront.Config) { c.Patience = 10 * time.Millisecond })
	if r := roundTrip(t, addr, get("/connect", "")); r.status != 200 || !strings.HasPrefix(string(r.body), "retry: ") {
		t.Errorf("got %d %s", r.status, r.body)
	}
}

// TestAttach checks what a stream is given: the bare connection, whose
// deadlines are cleared, and which stays open after the request.
func TestAttach(t *testing.T) {
	streams := make(chan *fakeStream, 1)
	rooms := &fakeRooms{subscribe: func(_ context.Context, r actors.SubscribeRequest) (httpfront.Stream, error) {
		s := &fakeStream{keep: true, body: "hello\n", closed: r.Closed}
		streams <- s
		return s, nil
	}}
	srv, addr := start(t, rooms, func(c *httpfront.Config) { c.WriteTimeout = 50 * time.Millisecond })
	conn := dial(t, addr)
	if _, err := io.WriteString(conn, get("/connect", "")); err != nil {
		t.Fatal(err)
	}
	stream := <-streams
	eventually(t, "attached", func() bool { return stream.attached() != nil })
	if _, ok := stream.attached().(*net.TCPConn); !ok {
		t.Errorf("attached to a %T", stream.attached())
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := srv.Shutdown(ctx); err != nil {
		t.Errorf("shutdown with an open stream: %v", err)
	}
	time.Sleep(100 * time.Millisecond) // longer than a write deadline that could be left over
	if _, err := io.WriteString(stream.attached(), "world\n"); err != nil {
		t.Errorf("write after shutdown: %v", err)
	}
	stream.end()
	got, err := io.ReadAll(conn)
	if err != nil || !strings.HasSuffix(string(got), "\r\n\r\nhello\nworld\n") {
		t.Errorf("got %q, %v", got, err)
	}
}

// TestAttachPanics checks that a stream that fails to start takes nothing else
// with it.
func TestAttachPanics(t *testing.T) {
	rooms := &fakeRooms{subscribe: func(context.Context, actors.SubscribeRequest) (httpfront.Stream, error) { return panicStream{}, nil }}
	_, addr := start(t, rooms)
	conn := dial(t, addr)
	if _, err := io.WriteString(conn, get("/connect", "")); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(conn); err != nil || len(got) != 0 {
		t.Errorf("got %q, %v", got, err)
	}
	if r := roundTrip(t, addr, get("/health", "")); r.status != 200 {
		t.Errorf("health: %d", r.status)
	}
}

// TestSubscribePanics checks that the stream's place is given back.
func TestSubscribePanics(t *testing.T) {
	reg := prometheus.NewRegistry()
	rooms := &fakeRooms{subscribe: func(context.Context, actors.SubscribeRequest) (httpfront.Stream, error) { panic("subscribe") }}
	_, addr := start(t, rooms, func(c *httpfront.Config) { c.Registry = reg })
	if r := roundTrip(t, addr, get("/connect", "")); r.status != 500 || !r.closed {
		t.Errorf("got %d %s", r.status, r.body)
	}
	if got := scrape(reg); !strings.Contains(got, "\nparlor_http_streams 0\n") {
		t.Errorf("got %s", got)
	}
}

type panicStream struct{}

func (panicStream) Attach(net.Conn, []byte) { panic("attach") }
func (panicStream) Cancel()                 {}

// TestStreamLimits opens more streams than one address, and than the server,
// may have.
func TestStreamLimits(t *testing.T) {
	var streams []*fakeStream
	rooms := &fakeRooms{subscribe: func(_ context.Context, r actors.SubscribeRequest) (httpfront.Stream, error) {
		s := &fakeStream{keep: true, closed: r.Closed}
		streams = append(streams, s) // requests come one after the other here
		return s, nil
	}}
	cfg := httpfront.Default()
	cfg.MaxStreamsPerIP, cfg.MaxConnections = 2, 128 // 120 streams
	srv, err := httpfront.New(cfg, rooms)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := httpfront.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	pretend := &pretendListener{ln, make(chan string, 10)}
	serve(t, srv, pretend)
	addr := ln.Addr().String()
	open := func() string {
		t.Helper()
		conn := dial(t, addr)
		if _, err := io.WriteString(conn, get("/connect", "")); err != nil {
			t.Fatal(err)
		}
		line := make([]byte, 12)
		if _, err := io.ReadFull(conn, line); err != nil {
			t.Fatal(err)
		}
		return string(line)
	}
	const ok, tooMany = "HTTP/1.1 200", "HTTP/1.1 429"
	pretend.next("203.0.113.1", "203.0.113.1", "203.0.113.1", "203.0.113.2", "2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8:0:1::1")
	for i, want := range []string{ok, ok, tooMany, ok, ok, ok, tooMany, ok} {
		if got := open(); got != want {
			t.Errorf("stream %d: %q, want %q", i, got, want)
		}
	}
	streams[0].end()
	pretend.next("203.0.113.1", "203.0.113.1")
	if first, second := open(), open(); first != ok || second != tooMany {
		t.Errorf("after one ended: %q, %q", first, second)
	}
	for len(streams)-1 < 120 { // loopback is not counted by address
		if got := open(); got != ok {
			t.Fatalf("stream %d: %q", len(streams), got)
		}
	}
	before := len(streams)
	r := roundTrip(t, addr, get("/connect", ""))
	if r.status != 200 || !strings.HasPrefix(string(r.body), "retry: ") || len(streams) != before {
		t.Errorf("beyond the total: %d %s", r.status, r.body)
	}
	if r := roundTrip(t, addr, post("/broadcast", "", "{}")); r.status != 200 {
		t.Errorf("publish beside all streams: %d", r.status)
	}
	for _, s := range streams[1:] {
		s.closed()
		_ = s.attached().Close()
	}
}

// pretendListener gives connections the peers' addresses that a test sets.
type pretendListener struct {
	net.Listener
	peers chan string
}

func (l *pretendListener) next(peers ...string) {
	for _, p := range peers {
		l.peers <- p
	}
}

func (l *pretendListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	select {
	case ip := <-l.peers:
		return pretendConn{conn, &net.TCPAddr{IP: net.ParseIP(ip), Port: 1}}, nil
	default:
		return conn, nil
	}
}

type pretendConn struct {
	net.Conn
	peer net.Addr
}

func (c pretendConn) RemoteAddr() net.Addr { return c.peer }
