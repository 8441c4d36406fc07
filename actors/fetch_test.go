package actors_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/persistence"
)

// TestFetchSeesTheRequest echoes what a handler is shown.
func TestFetchSeesTheRequest(t *testing.T) {
	b := open(t, memory(t, 10), with(kind(fetcher(func(c *actors.Context, w http.ResponseWriter, r *http.Request) error {
		body, err := io.ReadAll(r.Body)
		if r.Context() != c {
			t.Error("the request's context is not that of the call")
		}
		fmt.Fprintf(w, "%s %s %q q=%s host=%s a=%q caller=%q %s", r.Method, r.URL.Path, r.RequestURI, r.FormValue("q"),
			r.Host, r.Header["A"], r.Header.Get("Parlor-Caller"), body)
		return err
	}))))
	header := http.Header{"A": {"1", "2"}, "Host": {"example.org"}, "Parlor-Caller": {"a liar"}}
	r, err := b.Call(ctx(t), actors.Call{
		Room: test("a"), Method: http.MethodPut, Target: "/x%20y/z?q=v", Header: header, Body: []byte("body"),
	})
	const want = `PUT /x y/z "/x%20y/z?q=v" q=v host=example.org a=["1" "2"] caller="" body`
	if err != nil || string(r.Body) != want {
		t.Errorf("%q, %v\nwant %q", r.Body, err, want)
	}
	if len(header) != 3 {
		t.Errorf("the caller's header is now %v", header)
	}
}

// TestFetchAnswers answers in ways that handlers do.
func TestFetchAnswers(t *testing.T) {
	large := strings.Repeat("x", actors.MaxAnswer)
	tests := map[string]struct {
		do     func(http.ResponseWriter)
		status int // 0 for ErrAnswerSize
		header string
		body   string
	}{
		"nothing": {func(http.ResponseWriter) {}, 200, "", ""},
		"text":    {func(w http.ResponseWriter) { io.WriteString(w, "hello") }, 200, "text/plain; charset=utf-8", "hello"},
		"typed": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusCreated)
			io.WriteString(w, "{")
			io.WriteString(w, "}")
		}, 201, "application/json", "{}"},
		"no content":            {func(w http.ResponseWriter) { w.WriteHeader(http.StatusNoContent) }, 204, "", ""},
		"an error is one":       {func(w http.ResponseWriter) { http.Error(w, "no", http.StatusTeapot) }, 418, "text/plain; charset=utf-8", "no\n"},
		"the first status":      {func(w http.ResponseWriter) { w.WriteHeader(202); w.WriteHeader(500) }, 202, "", ""},
		"the largest":           {func(w http.ResponseWriter) { io.WriteString(w, large) }, 200, "text/plain; charset=utf-8", large},
		"too large":             {func(w http.ResponseWriter) { io.WriteString(w, large+"x") }, 0, "", ""},
		"too large by bits":     {func(w http.ResponseWriter) { io.WriteString(w, large); io.WriteString(w, "x") }, 0, "", ""},
		"too much header":       {func(w http.ResponseWriter) { w.Header().Set("A", strings.Repeat("x", actors.MaxHeader)) }, 0, "", ""},
		"a status that is none": {func(w http.ResponseWriter) { w.WriteHeader(600) }, 0, "", ""},
	}
	var s script
	b := open(t, memory(t, 10), with(kind(&s)))
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s.on("/", func(c *actors.Context, w http.ResponseWriter, _ *http.Request) error {
				tt.do(w)
				return c.Storage().Put(name, nil)
			})
			r, err := b.ask("a", "/")
			if tt.status == 0 {
				if !errors.Is(err, actors.ErrAnswerSize) {
					t.Errorf("%d, %v", r.Status, err)
				}
			} else if err != nil || r.Status != tt.status || string(r.Body) != tt.body || r.Header.Get("Content-Type") != tt.header {
				t.Errorf("%d %v, %d bytes, %v", r.Status, r.Header, len(r.Body), err)
			}
			s.do(b, "a", func(c *actors.Context) error {
				if _, kept := c.Storage().Get(name); kept != (tt.status != 0) {
					t.Errorf("what the call has stored was kept: %v", kept)
				}
				return nil
			})
		})
	}
}

// TestFetchBadCalls asks for what is out of bounds.
func TestFetchBadCalls(t *testing.T) {
	b := open(t, memory(t, 10), all(with(kind(counter{})), with(actors.Kind{Name: "mute", New: func() any { return nil }})))
	good := post("a", "/")
	tests := map[string]struct {
		change func(*actors.Call)
		want   error
	}{
		"good":         {func(*actors.Call) {}, nil},
		"no method":    {func(c *actors.Call) { c.Method = "" }, actors.ErrBadCall},
		"method":       {func(c *actors.Call) { c.Method = "P OST" }, actors.ErrBadCall},
		"odd method":   {func(c *actors.Call) { c.Method = "PÖST" }, actors.ErrBadCall},
		"no target":    {func(c *actors.Call) { c.Target = "" }, actors.ErrBadCall},
		"target":       {func(c *actors.Call) { c.Target = "http://example.org/" }, actors.ErrBadCall},
		"odd target":   {func(c *actors.Call) { c.Target = "/%zz" }, actors.ErrBadCall},
		"long target":  {func(c *actors.Call) { c.Target = "/" + strings.Repeat("x", actors.MaxTarget) }, actors.ErrBadCall},
		"large header": {func(c *actors.Call) { c.Header = http.Header{"A": {strings.Repeat("x", actors.MaxHeader)}} }, actors.ErrBadCall},
		"largest body": {func(c *actors.Call) { c.Body = make([]byte, actors.MaxBody) }, nil},
		"larger body":  {func(c *actors.Call) { c.Body = make([]byte, actors.MaxBody+1) }, actors.ErrBadCall},
		"longest key":  {func(c *actors.Call) { c.Key = strings.Repeat("k", actors.MaxKeyLen) }, nil},
		"longer key":   {func(c *actors.Call) { c.Key = strings.Repeat("k", actors.MaxKeyLen+1) }, actors.ErrBadCall},
		"unknown kind": {func(c *actors.Call) { c.Room.Kind = "unknown" }, actors.ErrNoKind},
		"no Fetch":     {func(c *actors.Call) { c.Room.Kind = "mute" }, actors.ErrNoFetch},
		"the broker":   {func(c *actors.Call) { c.Room.Kind = actors.DefaultKind }, actors.ErrNoFetch},
	}
	for name, tt := range tests {
		call := good
		tt.change(&call)
		if r, err := b.Call(ctx(t), call); !errors.Is(err, tt.want) {
			t.Errorf("%s: %d, %v, want %v", name, r.Status, err, tt.want)
		}
	}
	unknown := persistence.RoomKey{Kind: "unknown", Name: "a"}
	if _, err := b.Info(ctx(t), unknown); !errors.Is(err, actors.ErrNoKind) {
		t.Errorf("info: %v", err)
	}
	if _, err := b.Publish(ctx(t), actors.Publication{Room: unknown, Body: []byte(`{}`)}); !errors.Is(err, actors.ErrNoKind) {
		t.Errorf("publish: %v", err)
	}
	if r, err := b.Publish(ctx(t), actors.Publication{Room: persistence.RoomKey{Kind: "mute", Name: "a"}, Body: []byte(`{}`)}); err != nil || r.ID.Seq != 1 {
		t.Errorf("publish to a behaviour without methods: %+v, %v", r, err)
	}
}

// TestFetchIsDoneOnce repeats calls under their keys, at once and after the room
// has slept.
func TestFetchIsDoneOnce(t *testing.T) {
	answers := map[string]func(http.ResponseWriter){
		"counts":  func(http.ResponseWriter) {},
		"answers": func(w http.ResponseWriter) { w.Header().Set("A", "b"); w.WriteHeader(201); io.WriteString(w, "done") },
		"fails":   func(w http.ResponseWriter) { http.Error(w, "not found", http.StatusNotFound) },
		"much":    func(w http.ResponseWriter) { w.Write(make([]byte, actors.MaxRemembered-200)) },
	}
	var s script
	b := open(t, memory(t, 10), all(with(kind(&s)), idle(5*time.Millisecond)))
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			done := 0 // turns of one room
			s.on("/"+name, func(c *actors.Context, w http.ResponseWriter, _ *http.Request) error {
				done++
				answer(w)
				return c.Broadcast("", done)
			})
			call := post(name, "/"+name)
			call.Key, call.Body = "k", []byte("1")
			first, err := b.Call(ctx(t), call)
			if err != nil || first.Duplicate {
				t.Fatalf("first: %+v, %v", first, err)
			}
			for _, when := range []string{"at once", "after the room slept"} {
				again, err := b.Call(ctx(t), call)
				if err != nil || !again.Duplicate || again.Status != first.Status || string(again.Body) != string(first.Body) ||
					fmt.Sprint(again.Header) != fmt.Sprint(first.Header) {
					t.Errorf("%s: %+v, %v, want %+v", when, again, err, first)
				}
				other := call
				other.Body = []byte("2")
				if _, err := b.Call(ctx(t), other); !errors.Is(err, actors.ErrKeyConflict) {
					t.Errorf("%s, another body: %v", when, err)
				}
				b.sleeps()
			}
			if done != 1 {
				t.Errorf("done %d times", done)
			}
		})
	}
}

// TestFetchWithoutChangeIsRemembered has a keyed call that changes nothing
// answered alike, whatever has happened since.
func TestFetchWithoutChangeIsRemembered(t *testing.T) {
	b := open(t, memory(t, 10), with(kind(counter{})))
	read := actors.Call{Room: test("a"), Method: http.MethodGet, Target: "/", Key: "read"}
	for range 3 {
		r, err := b.Call(ctx(t), read)
		if n := count(t, r, err); n != 0 {
			t.Errorf("remembered %d", n)
		}
		if _, err := b.ask("a", "/"); err != nil {
			t.Error(err)
		}
	}
}

// TestFetchTooLargeToRemember answers a keyed call with more than is remembered:
// it fails, and nothing of it is kept.
func TestFetchTooLargeToRemember(t *testing.T) {
	var s script
	b := open(t, memory(t, 10), with(kind(&s)))
	size := actors.MaxRemembered + 1
	s.on("/", func(c *actors.Context, w http.ResponseWriter, _ *http.Request) error {
		w.Write(make([]byte, size))
		return errors.Join(c.Storage().Put("x", nil), c.Broadcast("", 1))
	})
	call := post("a", "/")
	call.Key = "k"
	if _, err := b.Call(ctx(t), call); !errors.Is(err, actors.ErrAnswerSize) {
		t.Errorf("keyed: %v", err)
	}
	s.do(b, "a", func(c *actors.Context) error { wants(t, c.Storage(), nil); return nil })
	size = 1
	if r, err := b.Call(ctx(t), call); err != nil || r.Duplicate {
		t.Errorf("the key, once more: %+v, %v", r, err)
	}
	if i, err := b.Info(ctx(t), test("a")); err != nil || i.Seq != 1 {
		t.Errorf("info %+v, %v", i, err)
	}
}

// TestFetchSameKeyAtOnce calls under one key while the first call is under way,
// and while it waits for its commit.
func TestFetchSameKeyAtOnce(t *testing.T) {
	for _, hold := range []string{"call", "commit"} {
		t.Run(hold, func(t *testing.T) {
			var s script
			g := newGate()
			store := &faulty{Store: memory(t, 10)}
			if hold == "commit" {
				store.commit = g.pass
			}
			b := open(t, store, with(kind(&s)))
			s.on("/", func(c *actors.Context, w http.ResponseWriter, r *http.Request) error {
				if hold == "call" {
					_ = g.pass()
				}
				return counter{}.Fetch(c, w, r)
			})
			call := post("a", "/")
			call.Key = "k"
			const callers = 20
			var work sync.WaitGroup
			var fresh, arrived atomic.Int32
			for range callers {
				work.Go(func() {
					arrived.Add(1)
					r, err := b.Call(ctx(t), call)
					if n := count(t, r, err); n != 1 {
						t.Errorf("answered %d", n)
					}
					if !r.Duplicate {
						fresh.Add(1)
					}
				})
			}
			waitFor(t, "all have called and the first is held", func() bool {
				return arrived.Load() == callers && g.waiting.Load() == 1
			})
			other := call
			other.Target = "/other"
			if _, err := b.Call(ctx(t), other); !errors.Is(err, actors.ErrKeyConflict) {
				t.Errorf("another target meanwhile: %v", err)
			}
			close(g.opened)
			work.Wait()
			if fresh.Load() != 1 {
				t.Errorf("%d first ones", fresh.Load())
			}
		})
	}
}
