package actors_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/parlor-sse/parlor/actors"
)

// TestStubErrors calls rooms that cannot, or will not, answer.
func TestStubErrors(t *testing.T) {
	var s script
	var came answers
	mute := actors.Kind{Name: "mute", New: func() any { return nil }}
	broken := actors.Kind{Name: "broken", New: func() any { return starter(func(*actors.Context) error { return errors.New("no") }) }}
	b := open(t, memory(t, 10), all(with(kind(&s)), with(mute), with(broken)))
	s.on("/fail", func(*actors.Context, http.ResponseWriter, *http.Request) error { return errors.New("no") })
	s.on("/panic", func(*actors.Context, http.ResponseWriter, *http.Request) error { panic("no") })
	tests := []struct{ kind, target, want string }{
		{testKind, "/fail", actors.ErrFailed.Error()},
		{testKind, "/panic", actors.ErrFailed.Error()},
		{"mute", "/", actors.ErrNoFetch.Error()},
		{actors.DefaultKind, "/", actors.ErrNoFetch.Error()},
		{"broken", "/", actors.ErrNotStarted.Error()},
	}
	s.do(b, "a", func(c *actors.Context) error {
		for _, tt := range tests {
			if err := c.Room(tt.kind, "b").Fetch(get(tt.target), func(_ *actors.Context, res *http.Response, err error) {
				if res != nil || err == nil {
					t.Errorf("%s %s: came back %+v", tt.kind, tt.target, res)
					return
				}
				if came.add(tt.kind + tt.target); err.Error() != tt.want {
					t.Errorf("%s %s: %v, want %s", tt.kind, tt.target, err, tt.want)
				}
			}); err != nil {
				t.Errorf("%s %s: %v", tt.kind, tt.target, err)
			}
		}
		large, err := http.NewRequest(http.MethodPost, "/", strings.NewReader(strings.Repeat("x", actors.MaxBody+1)))
		if err != nil {
			return err
		}
		for name, err := range map[string][2]error{
			"unknown kind": {c.Room("unknown", "b").Fetch(get("/"), nil), actors.ErrNoKind},
			"bad name":     {c.Room(testKind, "b b").Fetch(get("/"), nil), actors.ErrBadRoom},
			"large body":   {c.Room(testKind, "b").Fetch(large, nil), actors.ErrBadCall},
			"long target":  {c.Room(testKind, "b").Fetch(get("/"+strings.Repeat("x", actors.MaxTarget)), nil), actors.ErrBadCall},
		} {
			if !errors.Is(err[0], err[1]) {
				t.Errorf("%s: %v, want %v", name, err[0], err[1])
			}
		}
		return nil
	})
	came.wait(t, len(tests))
}

// TestStubIsRefused has a refusal come back as the answer that it is.
func TestStubIsRefused(t *testing.T) {
	var s script
	var came answers
	b := open(t, memory(t, 10), with(kind(&s)))
	s.do(b, "a", func(c *actors.Context) error { return c.Room(testKind, "b").Fetch(get("/nothing"), came.note()) })
	if got := came.wait(t, 1)[0]; !strings.HasPrefix(got, "404 ") || !strings.Contains(got, "no_act") || !strings.Contains(got, "Nobody said what to do.") {
		t.Errorf("came back %q", got)
	}
}

// TestMaxCalls makes more calls than a room may have under way, in one turn and
// over turns that are not committed yet.
func TestMaxCalls(t *testing.T) {
	var s script
	var came answers
	g := newGate()
	store := &faulty{Store: memory(t, 10), commit: g.pass}
	b := open(t, store, with(kind(&s)))
	s.on("/x", func(*actors.Context, http.ResponseWriter, *http.Request) error { return nil })
	made := 0
	var turns atomic.Int32
	call := func(c *actors.Context) error {
		defer turns.Add(1)
		for i := range actors.MaxCalls + 1 {
			err := c.Room(testKind, fmt.Sprint("b", i%7)).Fetch(get("/x"), came.note())
			if errors.Is(err, actors.ErrOverloaded) {
				break
			}
			if err != nil {
				return err
			}
			made++
		}
		return c.Storage().Put("x", nil)
	}
	var work sync.WaitGroup
	for range 3 {
		work.Go(func() { s.do(b, "a", call) })
	}
	waitFor(t, "all turns have ended", func() bool { return turns.Load() == 3 })
	close(g.opened)
	work.Wait()
	came.wait(t, actors.MaxCalls)
	waitFor(t, "nothing is under way", func() bool {
		ok := false
		s.do(b, "a", func(c *actors.Context) error {
			ok = c.Room(testKind, "b").Fetch(get("/x"), nil) == nil
			return nil
		})
		return ok
	})
	if made != actors.MaxCalls {
		t.Errorf("%d calls were made", made)
	}
}

// TestThenFails has what is done with an answer go wrong: its activation ends,
// and nothing else.
func TestThenFails(t *testing.T) {
	var s script
	b := open(t, memory(t, 10), with(kind(&s)))
	s.on("/x", func(*actors.Context, http.ResponseWriter, *http.Request) error { return nil })
	ended := make(chan struct{})
	s.do(b, "a", func(c *actors.Context) error {
		go func() { <-c.Done(); close(ended) }()
		return c.Room(testKind, "b").Fetch(get("/x"), func(c *actors.Context, _ *http.Response, _ error) {
			if err := c.Storage().Put("x", nil); err != nil {
				t.Error(err)
			}
			panic("no")
		})
	})
	<-ended
	s.do(b, "a", func(c *actors.Context) error { wants(t, c.Storage(), nil); return nil })
}
