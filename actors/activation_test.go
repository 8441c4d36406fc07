package actors_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/persistence"
)

// TestOverrun has a call take longer than its kind allows: the caller is told,
// who waits is served by the next activation, and what the late call does counts
// for nothing.
func TestOverrun(t *testing.T) {
	behaviour := newTraces()
	g := newGate()
	late := make(chan error, 1)
	k := kind(behaviour)
	k.Limit = 50 * time.Millisecond
	b := open(t, memory(t, 10), with(k))
	req := sub("a")
	req.Client = "me"
	s := b.connect(req)
	s.bookmark()
	err := behaviour.turn(b, "a", func(c *actors.Context) error {
		if err := c.Storage().Put("traces", nil); err != nil {
			t.Error(err)
		}
		<-c.Done()
		_ = g.pass()
		_ = everything(c) // it may be told that it is too late, or not
		late <- c.Err()
		return nil
	})
	if !errors.Is(err, actors.ErrFailed) {
		t.Errorf("the caller is told %v", err)
	}
	waitFor(t, "the late call is held", func() bool { return g.waiting.Load() == 1 })
	behaviour.none(b, "a", s)
	close(g.opened)
	if err := <-late; !errors.Is(err, context.Canceled) {
		t.Errorf("the late call's context ended with %v", err)
	}
	if r := saysAgain(b, behaviour, s); r != nil {
		t.Error(r)
	}
}

// saysAgain has the room say something again and returns why that is not
// what its stream is sent next.
func saysAgain(b *bench, behaviour *traces, s *stream) error {
	if err := behaviour.turn(b, "a", func(c *actors.Context) error {
		if items, err := c.Storage().List(actors.ListOptions{}); err != nil || len(items) > 0 {
			return fmt.Errorf("stored %v, %w", items, err)
		}
		return c.Broadcast("again", 1)
	}); err != nil {
		return err
	}
	if e := s.next(); e.Name != "again" || behaviour.seen.Load() != 0 {
		return fmt.Errorf("sent %q %s, and %d traces seen", e.Name, e.Data, behaviour.seen.Load())
	}
	return nil
}

// TestOverrunServesWhoWaits has calls wait behind one that takes too long.
func TestOverrunServesWhoWaits(t *testing.T) {
	var s script
	g := newGate()
	defer close(g.opened)
	k := kind(&s)
	k.Limit = 50 * time.Millisecond
	b := open(t, memory(t, 10), with(k))
	s.on("/hang", func(*actors.Context, http.ResponseWriter, *http.Request) error { return g.pass() })
	s.on("/", counter{}.Fetch)
	var work sync.WaitGroup
	work.Go(func() {
		if _, err := b.ask("a", "/hang"); !errors.Is(err, actors.ErrFailed) {
			t.Errorf("the call that hangs: %v", err)
		}
	})
	waitFor(t, "a call hangs", func() bool { return g.waiting.Load() == 1 })
	var sum atomic.Int64
	for range 10 {
		work.Go(func() {
			r, err := b.Call(within(t, 5*time.Second), post("a", "/"))
			sum.Add(int64(count(t, r, err)))
		})
	}
	work.Wait()
	if sum.Load() != 55 {
		t.Errorf("the sum of 1 to 10 is %d", sum.Load())
	}
}

// TestSleepingKeepsStorage wakes a room with a behaviour of its own each time:
// what was stored is there, what was a field is not, and the context has ended.
func TestSleepingKeepsStorage(t *testing.T) {
	type room struct {
		*script
		field *int
	}
	var s script
	var made atomic.Int32
	var field *int
	k := actors.Kind{Name: testKind, New: func() any {
		made.Add(1)
		field = new(int)
		return room{&s, field}
	}}
	b := open(t, memory(t, 10), all(with(k), idle(5*time.Millisecond)))
	for n := range 5 {
		var kept context.Context
		s.do(b, "a", func(c *actors.Context) error {
			if *field++; *field != 1 {
				t.Errorf("the field is %d", *field)
			}
			kept = c
			if items, err := c.Storage().List(actors.ListOptions{}); err != nil || len(items) != n {
				t.Errorf("%d items, %v, want %d", len(items), err, n)
			}
			return c.Storage().Put(fmt.Sprint(n), nil)
		})
		b.sleeps()
		select {
		case <-kept.Done():
		case <-ctx(t).Done():
			t.Fatal("the context outlives the activation")
		}
	}
	if made.Load() != 5 {
		t.Errorf("%d behaviours were made", made.Load())
	}
}

// TestReopen closes a node and opens another on the same store.
func TestReopen(t *testing.T) {
	var s script
	store := memory(t, 10)
	b := open(t, store, with(kind(&s)))
	s.do(b, "a", func(c *actors.Context) error { return c.Storage().Put("x", []byte("1")) })
	b.close()
	b = open(t, store, with(kind(&s)))
	s.do(b, "a", func(c *actors.Context) error {
		wants(t, c.Storage(), map[string]string{"x": "1"})
		return nil
	})
}

// TestCreateAndFind makes rooms without a name.
func TestCreateAndFind(t *testing.T) {
	var s script
	b := open(t, memory(t, 10), all(with(kind(&s)), idle(5*time.Millisecond)))
	room, err := b.Create(ctx(t), testKind)
	if err != nil || room.Kind != testKind || persistence.CheckObjectID(testKind, room.Name) != nil || room.ObjectID() != room.Name {
		t.Fatalf("made %v, %v", room, err)
	}
	found := func(when string, id string, want persistence.RoomKey, wantErr error) {
		t.Helper()
		if got, err := b.Find(ctx(t), testKind, id); got != want || !errors.Is(err, wantErr) {
			t.Errorf("%s: found %v, %v, want %v, %v", when, got, err, want, wantErr)
		}
	}
	found("a room just made", room.Name, room, nil)
	s.do(b, room.Name, func(c *actors.Context) error {
		if c.Name() != room.Name || c.ID() != room.Name {
			t.Errorf("it is called %s, with id %s", c.Name(), c.ID())
		}
		return c.Storage().Put("x", nil)
	})
	b.sleeps()
	found("asleep", room.Name, room, nil)
	found("a room that is not", persistence.NewObjectID(testKind), persistence.RoomKey{}, actors.ErrNoObject)
	found("a name never used", test("named").ObjectID(), persistence.RoomKey{}, actors.ErrNoObject)
	s.do(b, "named", func(c *actors.Context) error { return c.Storage().Put("x", nil) })
	found("by name", test("named").ObjectID(), test("named"), nil)
	b.sleeps()
	found("by name, asleep", test("named").ObjectID(), test("named"), nil)
	if _, err := b.Create(ctx(t), "unknown"); !errors.Is(err, actors.ErrNoKind) {
		t.Errorf("of an unknown kind: %v", err)
	}
	if other, err := b.Create(ctx(t), testKind); err != nil || other == room {
		t.Errorf("another one is %v, %v", other, err)
	}
}

// TestBehaviourMailboxIsBounded has more callers than a room lets wait.
func TestBehaviourMailboxIsBounded(t *testing.T) {
	var s script
	g := newGate()
	b := open(t, memory(t, 10), all(with(kind(&s)), func(c *actors.Config) { c.Mailbox = 5 }))
	s.on("/", func(*actors.Context, http.ResponseWriter, *http.Request) error { return g.pass() })
	const callers = 20
	results := make(chan error, callers)
	for range callers {
		go func() {
			_, err := b.ask("a", "/")
			results <- err
		}()
	}
	for range callers - 5 {
		if err := <-results; !errors.Is(err, actors.ErrOverloaded) || !actors.Overloaded(err) || actors.Retryable(err) {
			t.Errorf("beyond the bound: %v", err)
		}
	}
	close(g.opened)
	for range 5 {
		if err := <-results; err != nil {
			t.Errorf("within the bound: %v", err)
		}
	}
}
