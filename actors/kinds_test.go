package actors_test

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/persistence"
)

// Behaviours of one method each, to be put together by embedding: what a test's
// behaviour can do is what the test is about.
type (
	starter      func(*actors.Context) error
	connecter    func(*actors.Context, actors.Subscriber) error
	disconnecter func(*actors.Context, actors.Subscriber) error
	publisher    func(*actors.Context, *actors.Message) error
	updater      func(*actors.Context) (any, error)
	alarmer      func(*actors.Context, actors.AlarmInfo) error
	fetcher      func(*actors.Context, http.ResponseWriter, *http.Request) error
)

func (f starter) Start(c *actors.Context) error { return f(c) }

func (f connecter) Connect(c *actors.Context, s actors.Subscriber) error { return f(c, s) }

func (f disconnecter) Disconnect(c *actors.Context, s actors.Subscriber) error {
	return f(c, s)
}

func (f publisher) Publish(c *actors.Context, m *actors.Message) error { return f(c, m) }

func (f updater) Update(c *actors.Context) (any, error) { return f(c) }

func (f alarmer) Alarm(c *actors.Context, a actors.AlarmInfo) error { return f(c, a) }

func (f fetcher) Fetch(c *actors.Context, w http.ResponseWriter, r *http.Request) error {
	return f(c, w, r)
}

// script is a behaviour whose Fetch does what a test asks for at the time.
type script struct {
	mu    sync.Mutex
	acts  map[string]fetcher // guarded by mu; by path
	count int                // guarded by mu
}

// Fetch implements actors.Fetcher.
func (s *script) Fetch(c *actors.Context, w http.ResponseWriter, r *http.Request) error {
	s.mu.Lock()
	act := s.acts[r.URL.Path]
	s.mu.Unlock()
	if act == nil {
		return actors.Refuse(http.StatusNotFound, "no_act", "Nobody said what to do.")
	}
	return act(c, w, r)
}

// on has requests to a path do something.
func (s *script) on(path string, act fetcher) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.acts == nil {
		s.acts = make(map[string]fetcher)
	}
	s.acts[path] = act
}

// turn has a room of the kind "test" do something, as one call, and returns what
// the caller is told.
func (s *script) turn(b *bench, room string, do func(*actors.Context) error) error {
	b.t.Helper()
	s.mu.Lock()
	s.count++
	path := "/turn/" + strconv.Itoa(s.count)
	s.mu.Unlock()
	s.on(path, func(c *actors.Context, _ http.ResponseWriter, _ *http.Request) error { return do(c) })
	_, err := b.ask(room, path)
	return err
}

// do is turn, of which nothing may go wrong.
func (s *script) do(b *bench, room string, do func(*actors.Context) error) {
	b.t.Helper()
	if err := s.turn(b, room, do); err != nil {
		b.t.Fatalf("turn of room %s: %v", room, err)
	}
}

// testKind is the kind that tests of behaviours use.
const testKind = "test"

// kind returns the test kind, all rooms of which share one behaviour.
func kind(behaviour any) actors.Kind {
	return actors.Kind{Name: testKind, New: func() any { return behaviour }}
}

// with has a system know a kind.
func with(k actors.Kind) func(*actors.Config) {
	return func(c *actors.Config) { c.Kinds = append(c.Kinds, k) }
}

// test returns the key of a room of the test kind.
func test(name string) persistence.RoomKey {
	return persistence.RoomKey{Kind: testKind, Name: name}
}

// post returns a request to a room of the test kind.
func post(room, target string) actors.Call {
	return actors.Call{Room: test(room), Method: http.MethodPost, Target: target}
}

// ask posts to a room of the test kind.
func (b *bench) ask(room, target string) (actors.Reply, error) {
	b.t.Helper()
	return b.Call(ctx(b.t), post(room, target))
}

// within returns a context that ends soon, for what is to fail by itself before.
func within(t testing.TB, d time.Duration) context.Context {
	c, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return c
}

// sleeps waits until no room is awake.
func (b *bench) sleeps() {
	b.t.Helper()
	waitFor(b.t, "all rooms sleep", func() bool { return b.Stats().Rooms == 0 })
}

// idle has rooms go to sleep after so long.
func idle(d time.Duration) func(*actors.Config) {
	return func(c *actors.Config) { c.Idle = d }
}

// all makes several changes to a configuration.
func all(changes ...func(*actors.Config)) func(*actors.Config) {
	return func(c *actors.Config) {
		for _, change := range changes {
			change(c)
		}
	}
}

// sameError reports whether err is the one wanted, or a refusal alike.
func sameError(err, want error) bool {
	var got, no *actors.Refusal
	if errors.As(want, &no) {
		return errors.As(err, &got) && *got == *no
	}
	return errors.Is(err, want)
}
