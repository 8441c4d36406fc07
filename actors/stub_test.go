package actors_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors"
)

// get returns a request for another room.
func get(target string) *http.Request {
	r, err := http.NewRequest(http.MethodGet, target, nil)
	if err != nil {
		panic(err)
	}
	return r
}

// then is what is called with an answer.
type then = func(*actors.Context, *http.Response, error)

// answers collects what comes back from other rooms, in order.
type answers struct {
	mu  sync.Mutex
	all []string
}

func (a *answers) add(text string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.all = append(a.all, text)
}

func (a *answers) list() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.all)
}

// wait waits until so many came and returns them.
func (a *answers) wait(t testing.TB, n int) []string {
	t.Helper()
	waitFor(t, fmt.Sprintf("%d answers come back", n), func() bool { return len(a.list()) >= n })
	return a.list()
}

// note returns a then that adds what came.
func (a *answers) note() then {
	return func(_ *actors.Context, res *http.Response, err error) {
		if err != nil {
			a.add(err.Error())
			return
		}
		body, err := io.ReadAll(res.Body)
		a.add(fmt.Sprintf("%d %s %v", res.StatusCode, body, err))
	}
}

// TestStub calls a room and looks at what it is shown and what comes back.
func TestStub(t *testing.T) {
	var s script
	b := open(t, memory(t, 10), with(kind(&s)))
	s.on("/x", func(c *actors.Context, w http.ResponseWriter, r *http.Request) error {
		body, err := io.ReadAll(r.Body)
		w.Header().Set("A", "answer")
		w.WriteHeader(http.StatusAccepted)
		fmt.Fprintf(w, "%s %s %s a=%s caller=%s key=%q %s", c.Name(), r.Method, r.RequestURI, r.Header.Get("A"),
			r.Header.Get("Parlor-Caller"), r.Header.Get("Idempotency-Key"), body)
		return err
	})
	var came answers
	s.do(b, "a", func(c *actors.Context) error {
		r, err := http.NewRequest(http.MethodPut, "http://room/x?y=z", strings.NewReader("body"))
		if err != nil {
			return err
		}
		r.Header.Set("A", "question")
		r.Header.Set("Parlor-Caller", "a liar")
		r.Header.Set("Idempotency-Key", "k")
		return c.Room(testKind, "b").Fetch(r, func(c *actors.Context, res *http.Response, err error) {
			if err != nil || c.Name() != "a" {
				t.Errorf("the answer came to %s: %v", c.Name(), err)
				return
			}
			body, err := io.ReadAll(res.Body)
			if res.StatusCode != http.StatusAccepted || res.Header.Get("A") != "answer" || res.ContentLength != int64(len(body)) {
				t.Errorf("answer %+v, %v", res, err)
			}
			if err := c.Storage().Put("answer", body); err != nil {
				t.Error(err)
			}
			came.add(string(body))
		})
	})
	want := fmt.Sprintf(`b PUT /x?y=z a=question caller=%s key="" body`, test("a").ObjectID())
	if got := came.wait(t, 1); got[0] != want {
		t.Errorf("b was asked %q, want %q", got[0], want)
	}
	s.do(b, "a", func(c *actors.Context) error {
		wants(t, c.Storage(), map[string]string{"answer": want})
		return nil
	})
}

// TestStubOrder makes calls on several rooms from several turns: on each they
// arrive, and are answered, in the order in which they were made.
func TestStubOrder(t *testing.T) {
	var s script
	b := open(t, memory(t, 10), with(kind(&s)))
	var arrived, came [3]answers
	for i := range arrived {
		s.on(fmt.Sprint("/", i), func(c *actors.Context, w http.ResponseWriter, r *http.Request) error {
			arrived[i].add(r.URL.RawQuery)
			_, err := io.WriteString(w, r.URL.RawQuery)
			return err
		})
	}
	const turns, calls = 5, 6
	for turn := range turns {
		s.do(b, "a", func(c *actors.Context) error {
			for call := range calls {
				for i := range came {
					target := fmt.Sprintf("/%d?%d", i, turn*calls+call)
					if err := c.Room(testKind, fmt.Sprint("b", i)).Fetch(get(target), came[i].note()); err != nil {
						return err
					}
				}
			}
			return nil
		})
	}
	for i := range came {
		got := came[i].wait(t, turns*calls)
		for n := range turns * calls {
			if arrived[i].list()[n] != fmt.Sprint(n) || got[n] != fmt.Sprintf("200 %d <nil>", n) {
				t.Fatalf("on room %d arrived %q and came back %q", i, arrived[i].list(), got)
			}
		}
	}
}

// TestStubRoundAndRound has two rooms, and one with itself, call each other back
// and forth, each call from the answer to the one before.
func TestStubRoundAndRound(t *testing.T) {
	for name, other := range map[string]string{"two rooms": "b", "one room": "a"} {
		t.Run(name, func(t *testing.T) {
			var s script
			var came answers
			b := open(t, memory(t, 10), with(kind(&s)))
			var back fetcher = func(c *actors.Context, w http.ResponseWriter, r *http.Request) error {
				if r.URL.RawQuery != "" { // while it is asked itself, it asks back
					return c.Room(testKind, "a").Fetch(get("/ping"), came.note())
				}
				_, err := io.WriteString(w, "pong")
				return err
			}
			s.on("/ping", back)
			const rounds = 10
			var again then
			n := 0
			again = func(c *actors.Context, res *http.Response, err error) {
				if err != nil {
					came.add(err.Error())
					return
				}
				if n++; n < rounds {
					if err := c.Room(testKind, other).Fetch(get("/ping?back"), again); err != nil {
						came.add(err.Error())
					}
				}
			}
			s.do(b, "a", func(c *actors.Context) error { return c.Room(testKind, other).Fetch(get("/ping?back"), again) })
			for _, got := range came.wait(t, rounds) {
				if got != "200 pong <nil>" {
					t.Errorf("came back %q", got)
				}
			}
		})
	}
}

// TestStubKeepsAwake waits for an answer for longer than a room with nothing to
// do stays awake.
func TestStubKeepsAwake(t *testing.T) {
	var s script
	var came answers
	g := newGate()
	b := open(t, memory(t, 10), all(with(kind(&s)), idle(5*time.Millisecond)))
	s.on("/slow", func(*actors.Context, http.ResponseWriter, *http.Request) error { return g.pass() })
	s.do(b, "a", func(c *actors.Context) error { return c.Room(testKind, "b").Fetch(get("/slow"), came.note()) })
	waitFor(t, "b is asked", func() bool { return g.waiting.Load() == 1 })
	s.do(b, "c", func(*actors.Context) error { return nil })
	waitFor(t, "c sleeps, as a would", func() bool { return b.Stats().Rooms == 2 })
	close(g.opened)
	if got := came.wait(t, 1)[0]; got != "200  <nil>" {
		t.Errorf("came back %q", got)
	}
	b.sleeps()
}
