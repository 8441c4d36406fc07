package actors_test

import (
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors"
)

// startAgain is the least time between two attempts to start a room.
const startAgain = time.Second

// TestStart has rooms prepare themselves: before anything else, once for each
// activation, and for good.
func TestStart(t *testing.T) {
	var s script
	var starts atomic.Int32
	g := newGate()
	b := open(t, memory(t, 10), all(idle(5*time.Millisecond), with(kind(struct {
		starter
		publisher
		*script
	}{
		func(c *actors.Context) error {
			_ = g.pass()
			starts.Add(1)
			return errors.Join(c.Storage().Put("started", fmt.Append(nil, starts.Load())), c.Broadcast("started", starts.Load()))
		},
		func(c *actors.Context, _ *actors.Message) error {
			if _, ok := c.Storage().Get("started"); !ok {
				t.Error("a message came before the start")
			}
			return nil
		}, &s,
	}))))
	var callers sync.WaitGroup
	for range 5 {
		callers.Go(func() {
			s.do(b, "a", func(c *actors.Context) error {
				if _, ok := c.Storage().Get("started"); !ok {
					t.Error("a call came before the start")
				}
				return nil
			})
		})
		callers.Go(func() {
			if r, err := b.pub("a", "e", ""); err != nil || r.ID.Seq < 2 {
				t.Errorf("%+v, %v", r, err)
			}
		})
	}
	waitFor(t, "the room starts", func() bool { return g.waiting.Load() == 1 })
	close(g.opened)
	callers.Wait()
	if n := starts.Load(); n != 1 {
		t.Errorf("started %d times", n)
	}
	b.sleeps()
	s.do(b, "a", func(c *actors.Context) error {
		wants(t, c.Storage(), map[string]string{"started": "2"})
		return nil
	})
}

// TestStartFails is told to all who wait, changes nothing, and is tried again
// later; a room that cannot start is not started over and over.
func TestStartFails(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func() error{
		"error": func() error { return errors.New("not today") },
		"panic": func() error { panic("not today") },
	} {
		t.Run(name, func(t *testing.T) {
			var s script
			var starts atomic.Int32
			var healed atomic.Bool
			b := open(t, memory(t, 10), with(kind(struct {
				starter
				*script
			}{func(c *actors.Context) error {
				starts.Add(1)
				if healed.Load() {
					wants(t, c.Storage(), nil)
					return c.Storage().Put("x", []byte("1"))
				}
				return errors.Join(c.Storage().Put("y", nil), c.Broadcast("", 1), fail())
			}, &s})))
			began := time.Now()
			for starts.Load() < 2 {
				if _, err := b.ask("a", "/"); !errors.Is(err, actors.ErrNotStarted) || !actors.Retryable(err) {
					t.Fatalf("call: %v", err)
				}
				if _, err := b.pub("a", "", ""); !errors.Is(err, actors.ErrNotStarted) {
					t.Fatalf("publish: %v", err)
				}
			}
			if took := time.Since(began); took < startAgain*9/10 {
				t.Errorf("started twice within %v", took)
			}
			healed.Store(true)
			waitFor(t, "the room starts after all", func() bool {
				err := s.turn(b, "a", func(c *actors.Context) error {
					wants(t, c.Storage(), map[string]string{"x": "1"})
					return nil
				})
				return err == nil
			})
			if i, err := b.Info(ctx(t), test("a")); err != nil || i.Seq != 0 {
				t.Errorf("info %+v, %v", i, err)
			}
		})
	}
}

// TestStreamOfARoomThatDoesNotStart waits for it, and is not turned away.
func TestStreamOfARoomThatDoesNotStart(t *testing.T) {
	t.Parallel()
	var starts atomic.Int32
	b := open(t, memory(t, 10), with(kind(starter(func(*actors.Context) error {
		if starts.Add(1) == 1 {
			return errors.New("not yet")
		}
		return nil
	}))))
	b.connect(sub("a")).bookmark()
	if n := starts.Load(); n != 2 {
		t.Errorf("started %d times", n)
	}
}

// TestNewPanics has a behaviour that cannot even be made: it is not tried over
// and over, and the node goes on.
func TestNewPanics(t *testing.T) {
	var made atomic.Int32
	b := open(t, memory(t, 10), with(actors.Kind{Name: testKind, New: func() any { made.Add(1); panic("no") }}))
	for range 20 {
		if _, err := b.Call(within(t, 5*time.Second), post("a", "/")); !actors.Retryable(err) {
			t.Fatalf("call: %v", err)
		}
	}
	if n := made.Load(); n > 20 {
		t.Errorf("made %d times for 20 calls", n)
	}
	b.publish("other", 1)
}

// TestGoexit has a handler end its goroutine, as t.FailNow does: the caller is
// told, and the room goes on.
func TestGoexit(t *testing.T) {
	var s script
	b := open(t, memory(t, 10), with(kind(&s)))
	s.on("/exit", func(*actors.Context, http.ResponseWriter, *http.Request) error { runtime.Goexit(); return nil })
	s.on("/", func(*actors.Context, http.ResponseWriter, *http.Request) error { return nil })
	if _, err := b.Call(within(t, 5*time.Second), post("a", "/exit")); !errors.Is(err, actors.ErrFailed) {
		t.Errorf("the call that ends its goroutine: %v", err)
	}
	if _, err := b.Call(within(t, 5*time.Second), post("a", "/")); err != nil {
		t.Errorf("the next one: %v", err)
	}
}
