package actors_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/actors/fanout"
	"github.com/parlor-sse/parlor/actors/sse"
	"github.com/parlor-sse/parlor/cluster"
	"github.com/parlor-sse/parlor/persistence"
)

// bench is a system over a store, with real connections.
type bench struct {
	*actors.System
	t         testing.TB
	store     persistence.Store
	committer *persistence.Committer
	listener  net.Listener
}

// open starts a system over store, closed with the test.
func open(t testing.TB, store persistence.Store, change func(*actors.Config)) *bench {
	t.Helper()
	committer, err := persistence.OpenCommitter(store, persistence.CommitterConfig{})
	if err != nil {
		t.Fatal(err)
	}
	cfg := actors.DefaultConfig()
	cfg.Node, cfg.Ring = "n1", cluster.Alone("n1")
	cfg.Store, cfg.Committer = store, committer
	cfg.Logger = slog.New(slog.DiscardHandler)
	cfg.Update = 0
	cfg.Engine = fanout.DefaultConfig()
	if change != nil {
		change(&cfg)
	}
	sys, err := actors.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{System: sys, t: t, store: store, committer: committer, listener: ln}
	t.Cleanup(b.close)
	return b
}

func (b *bench) close() {
	b.listener.Close()
	_ = b.committer.Close()
	b.System.Close()
}

func memory(t testing.TB, history int) persistence.Store {
	t.Helper()
	return persistence.NewMemoryStore(persistence.MemoryConfig{History: history})
}

func key(name string) persistence.RoomKey {
	k, err := actors.ParseRoom(name)
	if err != nil {
		panic(err)
	}
	return k
}

func ctx(t testing.TB) context.Context {
	c, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return c
}

// publish publishes {"n":n} to a room.
func (b *bench) publish(room string, n int) actors.Receipt {
	b.t.Helper()
	r, err := b.Publish(ctx(b.t), actors.Publication{Room: key(room), Body: fmt.Appendf(nil, `{"n":%d}`, n)})
	if err != nil {
		b.t.Fatalf("publish %d to %s: %v", n, room, err)
	}
	return r
}

// stream is a client's end of a subscription.
type stream struct {
	t     testing.TB
	conn  net.Conn
	p     *sse.Parser
	queue []sse.Event // parsed and not yet asked for
}

// connect subscribes and attaches a real TCP connection.
func (b *bench) connect(req actors.SubscribeRequest) *stream {
	b.t.Helper()
	sub, err := b.Subscribe(ctx(b.t), req)
	if err != nil {
		b.t.Fatalf("subscribe: %v", err)
	}
	client, err := net.Dial("tcp", b.listener.Addr().String())
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { client.Close() })
	server, err := b.listener.Accept()
	if err != nil {
		b.t.Fatal(err)
	}
	sub.Attach(server, nil)
	return &stream{t: b.t, conn: client, p: sse.NewParser(sse.Options{})}
}

func on(rooms ...string) actors.SubscribeRequest {
	req := actors.SubscribeRequest{Replay: -1}
	for _, r := range rooms {
		req.Rooms = append(req.Rooms, key(r))
	}
	return req
}

func resume(id string, rooms ...string) actors.SubscribeRequest {
	req := on(rooms...)
	req.Resume, req.LastEventID = true, id
	return req
}

// fill reads once, and reports whether the stream goes on.
func (s *stream) fill() bool {
	s.t.Helper()
	var buf [4096]byte
	_ = s.conn.SetReadDeadline(time.Now().Add(patience))
	n, err := s.conn.Read(buf[:])
	if perr := s.p.Feed(buf[:n], func(e sse.Event) {
		e.Data = slices.Clone(e.Data)
		s.queue = append(s.queue, e)
	}); perr != nil {
		s.t.Fatalf("parse stream: %v", perr)
	}
	if ne, ok := err.(net.Error); ok && ne.Timeout() {
		s.t.Fatal("nothing more to read")
	}
	return err == nil
}

// next returns the next event that a browser would dispatch.
func (s *stream) next() sse.Event {
	s.t.Helper()
	for len(s.queue) == 0 {
		if !s.fill() {
			s.t.Fatal("stream ended")
		}
	}
	e := s.queue[0]
	s.queue = s.queue[1:]
	return e
}

// greeted reads the greeting.
func (s *stream) greeted() *stream {
	s.t.Helper()
	if e := s.next(); string(e.Data) != "Connected to SSE stream" {
		s.t.Fatalf("greeting %+v", e)
	}
	return s
}

// bookmark reads the greeting and the bookmark of a stream that is replayed
// nothing, and returns its id.
func (s *stream) bookmark() string {
	s.t.Helper()
	s.greeted()
	return s.lastID(func(id string) bool { return id != "" })
}

// lastID reads until the last event id is as wanted.
func (s *stream) lastID(want func(string) bool) string {
	s.t.Helper()
	for !want(s.p.LastEventID()) {
		if !s.fill() {
			s.t.Fatalf("stream ended at id %q", s.p.LastEventID())
		}
	}
	return s.p.LastEventID()
}
