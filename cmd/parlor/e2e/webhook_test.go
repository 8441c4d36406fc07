package e2e_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/cluster/clustertest/ports"
	"github.com/parlor-sse/parlor/cmd/proctest"
)

// endpoint is who is told of rooms. It can go away and come back at its address.
type endpoint struct {
	t      *testing.T
	addr   string
	key    []byte
	server *http.Server // nil while it is away

	mu     sync.Mutex
	events map[string][]hook // guarded by mu; by room, without copies
	seen   map[string]bool   // guarded by mu; ids of events
}

// hook is an event as a webhook tells it.
type hook struct {
	ID string `json:"id"`
	actors.HookEvent
}

// newEndpoint returns an endpoint. It is away.
func newEndpoint(t *testing.T) *endpoint {
	t.Helper()
	e := &endpoint{
		t: t, addr: ports.Local(ports.Take(t)), key: []byte(strings.Repeat("hook key", 8)),
		events: make(map[string][]hook), seen: make(map[string]bool),
	}
	t.Cleanup(e.stop)
	return e
}

// flags returns the flags of a node that tells the endpoint.
func (e *endpoint) flags(more ...string) []string {
	e.t.Helper()
	file := filepath.Join(e.t.TempDir(), "hook.key")
	if err := os.WriteFile(file, e.key, 0o600); err != nil {
		e.t.Fatal(err)
	}
	return append([]string{"--webhook-url", "http://" + e.addr + "/hooks?for=parlor", "--webhook-key-file", file}, more...)
}

// start has the endpoint come, or come back.
func (e *endpoint) start() {
	e.t.Helper()
	listener, err := net.Listen("tcp", e.addr)
	if err != nil {
		e.t.Fatal(err)
	}
	e.server = &http.Server{Handler: http.HandlerFunc(e.serve), ReadHeaderTimeout: proctest.Patience}
	go func(s *http.Server) { _ = s.Serve(listener) }(e.server) // ends with stop
}

// stop has the endpoint go away.
func (e *endpoint) stop() {
	if e.server != nil {
		_ = e.server.Close()
		e.server = nil
	}
}

// serve takes a request whose signature is right.
func (e *endpoint) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // who sent it was killed meanwhile, or the endpoint goes away
	}
	at := r.Header.Get("Parlor-Timestamp")
	mac := hmac.New(sha256.New, e.key)
	mac.Write([]byte(at + "."))
	mac.Write(body)
	signature := "v1=" + hex.EncodeToString(mac.Sum(nil))
	sent, _ := strconv.ParseInt(at, 10, 64)
	if r.Header.Get("Parlor-Signature") != signature || time.Since(time.Unix(sent, 0)).Abs() > time.Minute {
		e.t.Errorf("signature %q at %s of %s", r.Header.Get("Parlor-Signature"), at, body)
		w.WriteHeader(http.StatusForbidden)
		return
	}
	var told struct{ Events []hook }
	if err := json.Unmarshal(body, &told); err != nil {
		e.t.Errorf("%s: %v", body, err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, h := range told.Events {
		if !e.seen[h.ID] {
			e.seen[h.ID] = true
			e.events[h.Room] = append(e.events[h.Room], h)
		}
	}
}

// told returns what the endpoint was told of a room.
func (e *endpoint) told(room string) []hook {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.events[room])
}

// expect waits until the endpoint was told of exactly these events of a room, the
// first and the last of them in their places.
func (e *endpoint) expect(room string, events ...string) {
	e.t.Helper()
	want := slices.Sorted(slices.Values(events))
	proctest.Within(e.t, sinkPatience, fmt.Sprintf("%d events of %s are told", len(events), room), func() error {
		if told := len(e.told(room)); told < len(events) {
			return fmt.Errorf("%d are", told)
		}
		return nil
	})
	var got []string
	for _, h := range e.told(room) {
		got = append(got, h.Type)
		if (h.Subscriber != nil) != (h.Type == actors.HookJoin || h.Type == actors.HookLeave) || h.Kind != "room" {
			e.t.Fatalf("%+v", h)
		}
	}
	sorted := slices.Sorted(slices.Values(got))
	if !slices.Equal(sorted, want) || got[0] != events[0] || got[len(got)-1] != events[len(events)-1] {
		e.t.Fatalf("%s: told %q, want %q", room, got, events)
	}
}

// TestWebhook has streams on a room open and end at three nodes: that the first
// one opened is told once, and that the last one ended.
func TestWebhook(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	e.start()
	f := startFleet(t, 3, e.flags()...)
	for range 2 {
		var streams []*stream
		for range 2 {
			for _, n := range f.nodes {
				streams = append(streams, n.open("/connect?room=a"))
			}
		}
		proctest.Until(t, "all are counted", func() bool { return f.any().info("a").ConnectionCount == len(streams) })
		for _, st := range streams {
			st.close()
		}
		proctest.Until(t, "all have left", func() bool { return f.any().info("a").ConnectionCount == 0 })
	}
	e.expect("a", "occupied", "vacated", "occupied", "vacated")
}

// TestWebhookOutage has the endpoint away when a room is occupied and vacated, and
// kills the room's owner. When the endpoint is back, it is told of both, and of
// each stream. The same after all nodes were killed, although nobody asks for the
// room then.
func TestWebhookOutage(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	f := startFleet(t, 3, e.flags("--webhook-joins")...)
	room := f.roomOf(f.nodes[1])
	first, second := f.nodes[0].open("/connect?room="+room), f.nodes[2].open("/connect?room="+room)
	f.nodes[1].waits("hooks", 3)
	first.close()
	second.close()
	f.nodes[1].waits("hooks", 6)
	f.crash(f.nodes[1])
	e.start()
	e.expect(room, "occupied", "join", "join", "leave", "leave", "vacated")
	var clients []string
	for _, h := range e.told(room) {
		if h.Subscriber != nil {
			clients = append(clients, h.Type+" "+h.Subscriber.ID)
		}
	}
	if slices.Sort(clients); len(slices.Compact(clients)) != 4 {
		t.Errorf("told of %q", clients)
	}

	e.stop()
	f.start(f.nodes[1])
	f.settled()
	room = f.roomOf(f.nodes[0])
	third := f.nodes[1].open("/connect?room=" + room)
	f.nodes[0].waits("hooks", 2)
	third.close()
	f.nodes[0].waits("hooks", 4)
	f.crash(f.nodes...)
	e.start()
	f.start(f.nodes...)
	e.expect(room, "occupied", "join", "leave", "vacated")
}
