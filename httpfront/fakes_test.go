package httpfront_test

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"sync"
	"testing"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/httpfront"
	"github.com/parlor-sse/parlor/persistence"
)

// fakeRooms answers for rooms and remembers what reached it. Unset funcs answer
// as a room would to which all is well.
type fakeRooms struct {
	sinks     []actors.SinkInfo
	publish   func(context.Context, actors.Publication) (actors.Receipt, error)
	subscribe func(context.Context, actors.SubscribeRequest) (httpfront.Stream, error)
	call      func(context.Context, actors.Call) (actors.Reply, error)
	create    func(context.Context, string) (persistence.RoomKey, error)
	find      func(context.Context, string, string) (persistence.RoomKey, error)
	info      func(context.Context, persistence.RoomKey) (actors.RoomInfo, error)
	history   func(context.Context, persistence.RoomKey) ([]persistence.Record, error)
	rooms     func(string, int) ([]actors.RoomInfo, string)
	members   func() actors.RingInfo

	subscribers func(context.Context, persistence.RoomKey) ([]actors.Subscriber, int, error)
	disconnect  func(context.Context, persistence.RoomKey, string) (int, error)

	mu            sync.Mutex
	published     []actors.Publication
	subscriptions []actors.SubscribeRequest
	calls         []actors.Call
	asked         int // calls of Info, History, Create, Find, Subscribers and Disconnect
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

// otherKind is the one kind besides the default that clients reach in fakeRooms,
// and privateKind one that they don't.
const (
	otherKind   = "counter"
	privateKind = "secret"
)

func (f *fakeRooms) HasKind(kind string) bool { return f.Reachable(kind) || kind == privateKind }

func (f *fakeRooms) Reachable(kind string) bool {
	return kind == actors.DefaultKind || kind == otherKind
}

func (f *fakeRooms) Call(ctx context.Context, c actors.Call) (actors.Reply, error) {
	f.mu.Lock()
	f.calls = append(f.calls, c)
	f.mu.Unlock()
	if f.call != nil {
		return f.call(ctx, c)
	}
	return actors.Reply{Status: 200, Header: http.Header{"Content-Type": {"text/plain"}}, Body: []byte("done\n")}, nil
}

func (f *fakeRooms) Create(ctx context.Context, kind string) (persistence.RoomKey, error) {
	f.ask()
	if f.create != nil {
		return f.create(ctx, kind)
	}
	return persistence.RoomKey{Kind: kind, Name: persistence.NewObjectID(kind)}, nil
}

// Find knows the rooms named known of each kind, and those without a name.
func (f *fakeRooms) Find(ctx context.Context, kind, id string) (persistence.RoomKey, error) {
	f.ask()
	if f.find != nil {
		return f.find(ctx, kind, id)
	}
	if room := (persistence.RoomKey{Kind: kind, Name: "known"}); room.ObjectID() == id {
		return room, nil
	}
	return persistence.RoomKey{}, actors.ErrNoObject
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

func (f *fakeRooms) Subscribers(ctx context.Context, k persistence.RoomKey) ([]actors.Subscriber, int, error) {
	f.ask()
	if f.subscribers != nil {
		return f.subscribers(ctx, k)
	}
	return nil, 0, nil
}

func (f *fakeRooms) Disconnect(ctx context.Context, k persistence.RoomKey, client string) (int, error) {
	f.ask()
	if f.disconnect != nil {
		return f.disconnect(ctx, k, client)
	}
	return 1, nil
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

func (f *fakeRooms) Sinks() []actors.SinkInfo { return f.sinks }

func (f *fakeRooms) Stats() actors.Stats { return actors.Stats{Streams: 1, Rooms: 2, Outlets: 3} }

// reached counts the calls that reached a room.
func (f *fakeRooms) reached() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.published) + len(f.subscriptions) + len(f.calls) + f.asked
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

func (f *fakeRooms) lastCall(t *testing.T) actors.Call {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.calls) == 0 {
		t.Fatal("nothing was called")
	}
	return f.calls[len(f.calls)-1]
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
