package actors_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/parlor-sse/parlor/actors"
)

func wantError(t testing.TB, what string, err, want error) {
	t.Helper()
	if !sameError(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

// TestHoldErrors holds what cannot be held, and answers what is not.
func TestHoldErrors(t *testing.T) {
	var s script
	b := open(t, memory(t, 10), with(kind(&s)))
	var kept http.ResponseWriter
	var over *actors.Context
	wantErr := func(what string, err, want error) { t.Helper(); wantError(t, what, err, want) }
	s.on("/plain", func(c *actors.Context, w http.ResponseWriter, _ *http.Request) error {
		wantErr("answer what is not held", c.Answer(w), actors.ErrNotHeld)
		wantErr("hold another's", c.Hold(httptest.NewRecorder()), actors.ErrNotHeld)
		wantErr("answer another's", c.Answer(httptest.NewRecorder()), actors.ErrNotHeld)
		return nil
	})
	s.on("/hold", func(c *actors.Context, w http.ResponseWriter, _ *http.Request) error {
		kept, over = w, c
		wantErr("hold", c.Hold(w), nil)
		wantErr("hold again", c.Hold(w), nil)
		wantErr("answer in the same call", c.Answer(w), actors.ErrNotHeld)
		return counted(c)
	})
	s.on("/fail", func(c *actors.Context, w http.ResponseWriter, _ *http.Request) error {
		return errors.Join(c.Hold(w), actors.Refuse(http.StatusTeapot, "no", "No."))
	})
	if _, err := b.ask("a", "/plain"); err != nil {
		t.Error(err)
	}
	_, err := b.ask("a", "/fail")
	wantErr("a call that holds and fails", err, actors.Refuse(http.StatusTeapot, "no", "No."))
	told := make(chan actors.Reply, 1)
	go func() {
		r, err := b.ask("a", "/hold")
		if err != nil {
			t.Error(err)
		}
		told <- r
	}()
	waitFor(t, "a call is held", func() bool {
		n := 0
		s.do(b, "a", func(c *actors.Context) error { _, err := c.Storage().GetJSON("n", &n); return err })
		return n == 1
	})
	wantErr("hold when it is over", over.Hold(kept), actors.ErrTurnOver)
	wantErr("answer when it is over", over.Answer(kept), actors.ErrTurnOver)
	s.do(b, "a", func(c *actors.Context) error {
		wantErr("hold in a later call", c.Hold(kept), actors.ErrNotHeld)
		wantErr("answer", c.Answer(kept), nil)
		wantErr("answer twice at once", c.Answer(kept), actors.ErrNotHeld)
		return nil
	})
	if r := <-told; r.Status != http.StatusOK || len(r.Body) != 0 {
		t.Errorf("told %+v", r)
	}
	s.do(b, "a", func(c *actors.Context) error {
		wantErr("answer again", c.Answer(kept), actors.ErrNotHeld)
		return nil
	})
}

// TestMaxHeld holds more than a room may, all at once.
func TestMaxHeld(t *testing.T) {
	h := newHolder()
	b := open(t, memory(t, 10), with(kind(h)))
	var work sync.WaitGroup
	var refused atomic.Int32
	for range actors.MaxHeld + 100 {
		work.Go(func() {
			r, err := b.ask("a", "/hold")
			switch {
			case errors.Is(err, actors.ErrOverloaded):
				refused.Add(1)
			case err != nil || string(r.Body) != "text":
				t.Errorf("answered %+v, %v", r, err)
			}
		})
	}
	waitFor(t, "some are refused", func() bool { return refused.Load() == 100 })
	h.held(b, "a", actors.MaxHeld)
	if _, err := b.ask("a", "/give?text"); err != nil {
		t.Error(err)
	}
	work.Wait()
}
