package publisher_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cmd/parlor/bench/control"
	"github.com/parlor-sse/parlor/cmd/parlor/bench/publisher"
	"github.com/parlor-sse/parlor/cmd/parlor/bench/traffic"
)

// start runs a publisher in this process until the test ends.
func start(t *testing.T) *control.Caller {
	t.Helper()
	requestsIn, requestsOut := io.Pipe()
	repliesIn, repliesOut := io.Pipe()
	served := make(chan error, 1)
	go func() {
		served <- publisher.Run(context.Background(), requestsIn, repliesOut)
		repliesOut.Close()
	}()
	t.Cleanup(func() {
		requestsOut.Close()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return control.NewCaller(requestsOut, repliesIn)
}

// broker answers POSTs as the server does, and remembers the messages.
type broker struct {
	mu     sync.Mutex
	rooms  map[string][]traffic.Message
	bodies int // bytes of each body; -1 once they differ
	refuse func(n int) bool
}

func (b *broker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	m, ok := traffic.ParseMessage(body)
	if err != nil || !ok || !json.Valid(body) || r.Header.Get("Content-Type") != "application/json" {
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	room := r.URL.Query().Get("room")
	if b.refuse != nil && b.refuse(len(b.rooms[room])) {
		b.refuse = nil
		http.Error(w, "not now", http.StatusServiceUnavailable)
		return
	}
	b.rooms[room] = append(b.rooms[room], m)
	if b.bodies != 0 && b.bodies != len(body) {
		b.bodies = -1
	} else {
		b.bodies = len(body)
	}
	fmt.Fprintf(w, `{"data":%s,"id":"3-%d"}`, body, len(b.rooms[room]))
}

func open(t *testing.T, b *broker, spec traffic.OpenSpec) *control.Caller {
	t.Helper()
	b.rooms = make(map[string][]traffic.Message)
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	caller := start(t)
	spec.Addr = strings.TrimPrefix(server.URL, "http://")
	spec.Path = "/broadcast?room={room}"
	if err := caller.Call(t.Context(), traffic.OpOpen, spec, nil); err != nil {
		t.Fatal(err)
	}
	return caller
}

func TestPacedAndFast(t *testing.T) {
	b := new(broker)
	caller := open(t, b, traffic.OpenSpec{Rooms: traffic.Rooms{Prefix: "r", Count: 2}, Connections: 4, Size: 200})
	var accepted uint64
	for _, spec := range []traffic.PublishSpec{
		{Concurrency: 1, Rate: 200, Duration: 100 * time.Millisecond},
		{Concurrency: 4, Duration: 50 * time.Millisecond},
	} {
		var report traffic.PublishReport
		if err := caller.Call(t.Context(), traffic.OpPublish, spec, &report); err != nil {
			t.Fatal(err)
		}
		if report.Accepted == 0 || report.Refused+report.Unknown != 0 || report.Latency.Count() != report.Accepted {
			t.Fatalf("%+v: %+v", spec, report)
		}
		accepted += report.Accepted
		var inRooms uint64
		for i, room := range report.Rooms {
			got := b.rooms[fmt.Sprintf("r-%d", i)]
			if room.Accepted != uint64(len(got)) {
				t.Errorf("room %d: %d accepted, %d arrived", i, room.Accepted, len(got))
			}
			if want := fmt.Sprintf("3-%d", len(got)); len(got) > 0 && room.LastID != want {
				t.Errorf("room %d: last id %q, want %q", i, room.LastID, want)
			}
			inRooms += room.Accepted
		}
		if inRooms != accepted {
			t.Errorf("rooms hold %d of %d", inRooms, accepted)
		}
	}
	if b.bodies != 200 {
		t.Errorf("bodies of %d bytes", b.bodies)
	}
	checkCounters(t, b)
}

// checkCounters checks that the messages of each source count from 0 by one.
func checkCounters(t *testing.T, b *broker) {
	t.Helper()
	next := make(map[uint32]uint32)
	for room, messages := range b.rooms {
		for _, m := range messages {
			if m.N != next[m.Source] {
				t.Errorf("%s: source %d sent %d, want %d", room, m.Source, m.N, next[m.Source])
			}
			next[m.Source]++
		}
	}
}

func TestEachRoomOnce(t *testing.T) {
	b := new(broker)
	const rooms = 137
	caller := open(t, b, traffic.OpenSpec{Rooms: traffic.Rooms{Prefix: "r", Count: rooms}, Connections: 8, Size: 100})
	var report traffic.PublishReport
	if err := caller.Call(t.Context(), traffic.OpPublish, traffic.PublishSpec{Concurrency: 8, Each: true}, &report); err != nil {
		t.Fatal(err)
	}
	if report.Accepted != rooms || len(b.rooms) != rooms || len(report.Rooms) != 0 {
		t.Errorf("accepted %d, %d rooms, %d reported", report.Accepted, len(b.rooms), len(report.Rooms))
	}
}

func TestRefusedIsSentAgainWithItsNumber(t *testing.T) {
	b := &broker{refuse: func(n int) bool { return n == 2 }}
	caller := open(t, b, traffic.OpenSpec{Rooms: traffic.Rooms{Prefix: "r", Count: 1}, Connections: 1, Size: 100})
	var report traffic.PublishReport
	spec := traffic.PublishSpec{Concurrency: 1, Rate: 100, Duration: 100 * time.Millisecond}
	if err := caller.Call(t.Context(), traffic.OpPublish, spec, &report); err != nil {
		t.Fatal(err)
	}
	if report.Refused != 1 || !strings.Contains(report.Error, "503") {
		t.Errorf("%+v", report)
	}
	checkCounters(t, b)
}

func TestServerGoneIsReported(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	accepted := make(chan struct{})
	go func() {
		defer close(accepted)
		if conn, err := listener.Accept(); err == nil {
			conn.Close()
		}
	}()
	caller := start(t)
	spec := traffic.OpenSpec{Addr: listener.Addr().String(), Path: "/{room}", Rooms: traffic.Rooms{Count: 1}, Connections: 1}
	if err := caller.Call(t.Context(), traffic.OpOpen, spec, nil); err != nil {
		t.Fatal(err)
	}
	<-accepted
	listener.Close()
	var report traffic.PublishReport
	publish := traffic.PublishSpec{Concurrency: 1, Duration: time.Minute}
	if err := caller.Call(t.Context(), traffic.OpPublish, publish, &report); err != nil {
		t.Fatal(err)
	}
	if report.Accepted != 0 || report.Unknown == 0 || report.Error == "" {
		t.Errorf("%+v", report)
	}
}
