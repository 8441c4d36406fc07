package actors_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors"
)

// holder is a behaviour that holds answers back: a request to /hold is answered
// by one to /give, with the text of its query.
type holder struct {
	script
	waiting []http.ResponseWriter
}

func newHolder() *holder {
	h := new(holder)
	h.on("/hold", func(c *actors.Context, w http.ResponseWriter, _ *http.Request) error {
		if err := c.Hold(w); err != nil {
			return err
		}
		h.waiting = append(h.waiting, w)
		return counted(c)
	})
	h.on("/give", func(c *actors.Context, _ http.ResponseWriter, r *http.Request) error {
		for _, w := range h.waiting {
			w.Header().Set("A", "b")
			w.WriteHeader(http.StatusAccepted)
			if _, err := io.WriteString(w, r.URL.RawQuery); err != nil {
				return err
			}
			if err := c.Answer(w); err != nil {
				return err
			}
		}
		h.waiting = nil
		return c.Storage().Put("given", nil)
	})
	return h
}

// counted counts a call in what the room stores.
func counted(c *actors.Context) error {
	var n int
	if _, err := c.Storage().GetJSON("n", &n); err != nil {
		return err
	}
	return c.Storage().PutJSON("n", n+1)
}

// held waits until so many calls that are held back are committed.
func (h *holder) held(b *bench, room string, n int) {
	b.t.Helper()
	waitFor(b.t, fmt.Sprintf("%d calls are held", n), func() bool {
		var got int
		h.do(b, room, func(c *actors.Context) error {
			_, err := c.Storage().GetJSON("n", &got)
			return err
		})
		return got == n
	})
}

func TestHold(t *testing.T) {
	h := newHolder()
	b := open(t, memory(t, 10), all(with(kind(h)), idle(5*time.Millisecond)))
	const callers = 10
	var answered atomic.Int32
	var work sync.WaitGroup
	for range callers {
		work.Go(func() {
			r, err := b.ask("a", "/hold")
			answered.Add(1)
			if err != nil || r.Status != http.StatusAccepted || string(r.Body) != "text" || r.Header.Get("A") != "b" {
				t.Errorf("answered %+v, %v", r, err)
			}
		})
	}
	h.held(b, "a", callers)
	h.do(b, "other", func(*actors.Context) error { return nil })
	waitFor(t, "the other room sleeps", func() bool { return b.Stats().Rooms == 1 })
	if n := answered.Load(); n != 0 {
		t.Errorf("%d were answered before the time", n)
	}
	if _, err := b.ask("a", "/give?text"); err != nil {
		t.Error(err)
	}
	work.Wait()
	b.sleeps()
}

// TestHoldIsGated holds up the commit of the call that gives the answer.
func TestHoldIsGated(t *testing.T) {
	h := newHolder()
	g := newGate()
	var gated atomic.Bool
	b := open(t, &faulty{Store: memory(t, 10), commit: func() error {
		if gated.Load() {
			return g.pass()
		}
		return nil
	}}, with(kind(h)))
	var answered atomic.Int32
	var work sync.WaitGroup
	work.Go(func() {
		if r, err := b.ask("a", "/hold"); err != nil || string(r.Body) != "text" {
			t.Errorf("answered %+v, %v", r, err)
		}
		answered.Add(1)
	})
	h.held(b, "a", 1)
	gated.Store(true)
	work.Go(func() {
		if _, err := b.ask("a", "/give?text"); err != nil {
			t.Error(err)
		}
	})
	waitFor(t, "the commit is held", func() bool { return g.waiting.Load() == 1 })
	if _, err := b.Info(ctx(t), test("a")); err != nil || answered.Load() != 0 {
		t.Errorf("answered before the commit: %d, %v", answered.Load(), err)
	}
	close(g.opened)
	work.Wait()
}

// TestHoldForAnotherRoom passes a question on, and the answer back.
func TestHoldForAnotherRoom(t *testing.T) {
	var s script
	b := open(t, memory(t, 10), with(kind(&s)))
	s.on("/", counter{}.Fetch)
	s.on("/pass", func(c *actors.Context, w http.ResponseWriter, _ *http.Request) error {
		r, err := http.NewRequest(http.MethodPost, "/", nil)
		if err != nil {
			return err
		}
		return errors.Join(c.Hold(w), c.Room(testKind, "b").Fetch(r, func(c *actors.Context, res *http.Response, err error) {
			if err == nil {
				_, err = io.Copy(w, res.Body)
			}
			if err = errors.Join(err, c.Answer(w)); err != nil {
				t.Error(err)
			}
		}))
	})
	var work sync.WaitGroup
	var sum atomic.Int64
	for range 20 {
		work.Go(func() {
			r, err := b.ask("a", "/pass")
			sum.Add(int64(count(t, r, err)))
		})
	}
	work.Wait()
	if sum.Load() != 210 {
		t.Errorf("the sum of 1 to 20 is %d", sum.Load())
	}
}

// TestHoldUnderAKey repeats a call whose answer is held back: it is done once,
// and all are told the same, then and later.
func TestHoldUnderAKey(t *testing.T) {
	h := newHolder()
	b := open(t, memory(t, 10), all(with(kind(h)), idle(5*time.Millisecond)))
	call := post("a", "/hold")
	call.Key = "k"
	const callers = 5
	var fresh, arrived atomic.Int32
	var work sync.WaitGroup
	for range callers {
		work.Go(func() {
			arrived.Add(1)
			r, err := b.Call(ctx(t), call)
			if err != nil || string(r.Body) != "text" {
				t.Errorf("answered %+v, %v", r, err)
			}
			if !r.Duplicate {
				fresh.Add(1)
			}
		})
	}
	waitFor(t, "all have called", func() bool { return arrived.Load() == callers })
	h.held(b, "a", 1)
	other := call
	other.Body = []byte("other")
	if _, err := b.Call(ctx(t), other); !errors.Is(err, actors.ErrKeyConflict) {
		t.Errorf("another body: %v", err)
	}
	if _, err := b.ask("a", "/give?text"); err != nil {
		t.Error(err)
	}
	work.Wait()
	if fresh.Load() != 1 {
		t.Errorf("%d first ones", fresh.Load())
	}
	for range 2 {
		r, err := b.Call(ctx(t), call)
		if err != nil || !r.Duplicate || string(r.Body) != "text" || r.Status != http.StatusAccepted {
			t.Errorf("repeated: %+v, %v", r, err)
		}
		b.sleeps()
	}
}

// TestHoldIsGivenUp never answers: whoever asked is told when the call has taken
// too long, or the activation ends.
func TestHoldIsGivenUp(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*holder, *bench){
		"too long": func(*holder, *bench) {},
		"activation ends": func(h *holder, b *bench) {
			h.held(b, "a", 1)
			if err := h.turn(b, "a", func(*actors.Context) error { panic("no") }); !errors.Is(err, actors.ErrFailed) {
				t.Errorf("the call that panics: %v", err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHolder()
			k := kind(h)
			k.Limit = time.Second
			b := open(t, memory(t, 10), all(with(k), idle(time.Hour)))
			told := make(chan error, 1)
			go func() {
				_, err := b.Call(within(t, 10*time.Second), post("a", "/hold"))
				told <- err
			}()
			began := time.Now()
			end(h, b)
			if err := <-told; !errors.Is(err, actors.ErrUnknownOutcome) || time.Since(began) > 8*time.Second {
				t.Errorf("told %v after %v", err, time.Since(began))
			}
			if _, err := b.ask("a", "/give?late"); err != nil && !errors.Is(err, actors.ErrFailed) {
				t.Errorf("answered too late: %v", err)
			}
			h.do(b, "a", func(*actors.Context) error { return nil })
		})
	}
}
