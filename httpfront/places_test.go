package httpfront_test

import (
	"context"
	"io"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/httpfront"
)

// keptStreams are rooms whose streams stay open until they are ended.
type keptStreams struct {
	fakeRooms

	mu   sync.Mutex
	open []*fakeStream // guarded by mu
}

func (k *keptStreams) Subscribe(_ context.Context, r actors.SubscribeRequest) (httpfront.Stream, error) {
	s := &fakeStream{keep: true, closed: r.Closed}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.open = append(k.open, s)
	return s, nil
}

// end ends the first of the open streams.
func (k *keptStreams) end(t *testing.T) {
	t.Helper()
	k.mu.Lock()
	s := k.open[0]
	k.open = k.open[1:]
	k.mu.Unlock()
	eventually(t, "attached", func() bool { return s.attached() != nil })
	s.end()
}

func (k *keptStreams) endAll(t *testing.T) {
	t.Helper()
	k.mu.Lock()
	n := len(k.open)
	k.mu.Unlock()
	for range n {
		k.end(t)
	}
}

// status opens a stream and returns the status of the answer.
func status(t *testing.T, addr, target, header string) int {
	t.Helper()
	conn := dial(t, addr)
	if _, err := io.WriteString(conn, get(target, header)); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, len("HTTP/1.1 200"))
	if _, err := io.ReadFull(conn, line); err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(string(line[len("HTTP/1.1 "):]))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestStreamsOfToken opens more streams than one token may have.
func TestStreamsOfToken(t *testing.T) {
	s := newSigner(t)
	rooms := &keptStreams{}
	_, addr := start(t, rooms, s.guard, func(c *httpfront.Config) {
		c.MaxStreamsPerToken, c.Anonymous = 2, httpfront.AnonymousSubscribe
	})
	ann, bob := bear(s.token(grants(everything()))), bear(s.token(claimSet{"sub": "bob", "parlor": everything()}))
	for i, tc := range []struct {
		header string
		want   int
	}{{ann, 200}, {ann, 200}, {ann, 429}, {bob, 200}, {"", 200}, {"", 200}, {"", 200}, {ann, 429}} {
		if got := status(t, addr, "/connect", tc.header); got != tc.want {
			t.Errorf("stream %d: %d, want %d", i, got, tc.want)
		}
	}
	r := roundTrip(t, addr, get("/connect", ann))
	if r.code(t) != "too_many_streams_of_token" || r.header.Get("Retry-After") != "30" {
		t.Errorf("%d %s %v", r.status, r.body, r.header)
	}
	rooms.end(t)
	if first, second := status(t, addr, "/connect", ann), status(t, addr, "/connect", ann); first != 200 || second != 429 {
		t.Errorf("after one ended: %d, %d", first, second)
	}
	rooms.endAll(t)
}

// TestStreamsOfRoom opens more streams than one room may have, by name and by id,
// and counts them.
func TestStreamsOfRoom(t *testing.T) {
	rooms := &keptStreams{}
	reg := prometheus.NewRegistry()
	_, addr := start(t, rooms, func(c *httpfront.Config) { c.MaxStreamsPerRoom, c.Registry = 2, reg })
	for i, tc := range []struct {
		target string
		want   int
	}{
		{"/connect?room=known", 200}, {"/events?room=" + idOf("room", "known"), 200}, {"/connect?room=known", 429},
		{"/connect?room=known&kind=" + otherKind, 200}, {"/connect?room=other", 200},
		{"/connect?room=other&room=known", 429}, {"/connect?room=other&room=more", 200}, {"/connect?room=other", 429},
	} {
		if got := status(t, addr, tc.target, ""); got != tc.want {
			t.Errorf("stream %d: %d, want %d", i, got, tc.want)
		}
	}
	r := roundTrip(t, addr, get("/connect?room=known", ""))
	if r.code(t) != "too_many_streams_in_room" || r.header.Get("Retry-After") != "30" {
		t.Errorf("%d %s %v", r.status, r.body, r.header)
	}
	rooms.end(t)
	if first, second := status(t, addr, "/connect?room=known", ""), status(t, addr, "/connect?room=known", ""); first != 200 || second != 429 {
		t.Errorf("after one ended: %d, %d", first, second)
	}
	rooms.endAll(t)
	eventually(t, "every place was given back", func() bool { return strings.Contains(scrape(reg), "\nparlor_http_streams 0\n") })
	if got := scrape(reg); !strings.Contains(got, `parlor_http_refused_total{reason="too_many_streams_in_room"} 5`) {
		t.Errorf("not counted: %s", got)
	}
}

// TestRates publishes more than a token, an address and a room may, at a rate so
// low that only what may come at once counts.
func TestRates(t *testing.T) {
	s := newSigner(t)
	ann, bob := bear(s.token(grants(everything()))), bear(s.token(claimSet{"sub": "bob", "parlor": everything()}))
	const slow = 0.001
	type step struct {
		raw  string
		want int
	}
	to := func(room, header string) string { return post("/broadcast?room="+room, header, "{}") }
	forwarded := func(from string) string { return "X-Forwarded-For: " + from + "\r\n" }
	for name, tc := range map[string]struct {
		tweak func(*httpfront.Config)
		steps []step
	}{
		"no bounds": {func(*httpfront.Config) {}, []step{{to("a", ann), 200}, {to("a", ann), 200}, {to("a", ann), 200}}},
		"token": {
			func(c *httpfront.Config) { c.PublishRate, c.PublishBurst = slow, 2 },
			[]step{
				{to("a", ann), 200}, {post("/rooms/b/fetch/x", ann, "{}"), 200}, {to("c", ann), 429}, {post("/rooms/b/fetch/x", ann, "{}"), 429},
				{post("/rooms", ann, ""), 429}, {to("a", bob), 200}, {to("a", ""), 200}, {to("a", ""), 200}, {to("a", ""), 429},
				{get("/rooms/a/fetch/x", ann), 200}, {get("/connect", ann), 200},
			},
		},
		"one at once": {func(c *httpfront.Config) { c.PublishRate = slow }, []step{{to("a", ann), 200}, {to("a", ann), 429}}},
		"address": {
			func(c *httpfront.Config) {
				c.PublishRate, c.PublishBurst, c.TrustedProxies = slow, 1, prefixes("127.0.0.0/8")
			},
			[]step{
				{to("a", forwarded("203.0.113.1")), 200}, {to("a", forwarded("203.0.113.2")), 200}, {to("a", forwarded("9.9.9.9, 203.0.113.1")), 429},
				{to("a", forwarded("2001:db8::1")), 200}, {to("a", forwarded("2001:db8::2")), 429}, {to("a", ann+forwarded("2001:db8::2")), 200},
			},
		},
		"room": {
			func(c *httpfront.Config) { c.RoomPublishRate = slow },
			[]step{
				{to("known", ann), 200}, {to("known", bob), 429}, {to(idOf("room", "known"), ann), 429},
				{post("/rooms/known/fetch/x", ann, "{}"), 429}, {to("known&kind="+otherKind, ann), 200}, {to("b", ann), 200},
			},
		},
		"refused for other reasons": {
			func(c *httpfront.Config) { c.PublishRate, c.PublishBurst = slow, 1 },
			[]step{{post("/broadcast?id=1", ann, "{}"), 400}, {to("a", bear("x.y.z")), 401}, {to("a", ann), 200}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, addr := start(t, &fakeRooms{}, s.guard, func(c *httpfront.Config) { c.Anonymous = httpfront.AnonymousAll }, tc.tweak)
			for i, step := range tc.steps {
				r := roundTrip(t, addr, step.raw)
				if r.status != step.want {
					t.Errorf("step %d: %d %s, want %d", i, r.status, r.body, step.want)
				}
				if r.status == 429 && (r.code(t) != "rate_limited" || r.header.Get("Retry-After") != "1000" && r.header.Get("Retry-After") != "999") {
					t.Errorf("step %d: %s, Retry-After %q", i, r.body, r.header.Get("Retry-After"))
				}
			}
		})
	}
}
