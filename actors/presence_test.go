package actors_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors"
)

// watcher is a behaviour that keeps who listens, and tells a test of whom it was
// told. It may be that of several nodes.
type watcher struct {
	script
	t    testing.TB
	told answers
	fail func(actors.Subscriber) error // what Connect comes to; nil for no error
}

// Connect implements actors.Connecter.
func (w *watcher) Connect(c *actors.Context, s actors.Subscriber) error {
	w.note(c, "+", s)
	if err := c.Storage().PutJSON("who:"+s.ID, s.Client); err != nil {
		w.t.Error(err)
	}
	if w.fail != nil {
		return w.fail(s)
	}
	return nil
}

// Disconnect implements actors.Disconnecter.
func (w *watcher) Disconnect(c *actors.Context, s actors.Subscriber) error {
	w.note(c, "-", s)
	_, err := c.Storage().Delete("who:" + s.ID)
	return err
}

// note adds "+client" or "-client" to what was told, and wants the subscriber to
// be among those that the room says it has, or not to be.
func (w *watcher) note(c *actors.Context, what string, s actors.Subscriber) {
	here := slices.ContainsFunc(c.Subscribers(), func(o actors.Subscriber) bool { return o == s })
	if here != (what == "+") {
		w.t.Errorf("told of %s%s, and it is there: %v", what, s.Client, here)
	}
	if s.ID == "" || s.Node == "" || !strings.HasPrefix(s.ID, s.Node) || time.Since(s.Since) > time.Hour {
		w.t.Errorf("told of %+v", s)
	}
	w.told.add(what + s.Client)
}

// count returns how often the behaviour was told something.
func (w *watcher) count(what string) int {
	n := 0
	for _, told := range w.told.list() {
		if told == what {
			n++
		}
	}
	return n
}

// hears waits until each of these was told exactly once, and nothing else was.
func (w *watcher) hears(t testing.TB, want ...string) {
	t.Helper()
	slices.Sort(want)
	waitFor(t, fmt.Sprintf("the behaviour hears %v", want), func() bool { return len(w.told.list()) >= len(want) })
	if got := slices.Sorted(slices.Values(w.told.list())); !slices.Equal(got, want) {
		t.Errorf("the behaviour hears %v, want %v", got, want)
	}
}

// agrees wants those of whom the room says that they listen to be exactly these
// clients, and those that the behaviour has stored the same.
func (w *watcher) agrees(b *bench, room string, want ...string) {
	b.t.Helper()
	w.do(b, room, func(c *actors.Context) error {
		ids := make(map[string]string)
		for _, s := range c.Subscribers() {
			ids["who:"+s.ID] = fmt.Sprintf("%q", s.Client)
		}
		kept, err := c.Storage().List(actors.ListOptions{Prefix: "who:"})
		stored := make(map[string]string)
		for _, it := range kept {
			stored[it.Key] = string(it.Value)
		}
		var clients []string
		for _, client := range ids {
			clients = append(clients, strings.Trim(client, `"`))
		}
		slices.Sort(clients)
		if !maps.Equal(stored, ids) || !slices.Equal(clients, want) {
			w.t.Errorf("room %s has %v and stored %v, want %v", room, ids, stored, want)
		}
		return err
	})
}

// listen opens a stream of a client on a room of the test kind.
func (b *bench) listen(room, client string) *stream {
	b.t.Helper()
	req := sub(room)
	req.Client = client
	return b.connect(req)
}

func TestPresence(t *testing.T) {
	w := &watcher{t: t}
	b := open(t, memory(t, 10), with(kind(w)))
	x, y, z := b.listen("a", "x"), b.listen("a", "y"), b.listen("a", "z")
	w.hears(t, "+x", "+y", "+z")
	w.agrees(b, "a", "x", "y", "z")
	y.conn.Close()
	w.hears(t, "+x", "+y", "+z", "-y")
	w.agrees(b, "a", "x", "z")
	x.conn.Close()
	z.conn.Close()
	w.hears(t, "+x", "+y", "+z", "-y", "-x", "-z")
	w.agrees(b, "a")
}

// TestPresenceAcrossSleep has streams come and go while the room falls asleep
// between any two of them.
func TestPresenceAcrossSleep(t *testing.T) {
	w := &watcher{t: t}
	b := open(t, memory(t, 10), all(with(kind(w)), idle(5*time.Millisecond)))
	x := b.listen("a", "x")
	w.hears(t, "+x")
	b.sleeps()
	y := b.listen("a", "y")
	w.hears(t, "+x", "+y")
	b.sleeps()
	w.agrees(b, "a", "x", "y")
	b.sleeps()
	x.conn.Close()
	w.hears(t, "+x", "+y", "-x")
	b.sleeps()
	y.conn.Close()
	w.hears(t, "+x", "+y", "-x", "-y")
	w.agrees(b, "a")
}

// TestPresenceOfTheLast has the outlet go, as it does some time after its last
// stream, while the room sleeps.
func TestPresenceOfTheLast(t *testing.T) {
	w := &watcher{t: t}
	b := open(t, memory(t, 10), all(with(kind(w)), idle(5*time.Millisecond), func(c *actors.Config) { c.Linger = time.Millisecond }))
	x := b.listen("a", "x")
	w.hears(t, "+x")
	b.sleeps()
	x.conn.Close()
	waitFor(t, "the outlet is gone", func() bool { return b.Stats().Outlets == 0 })
	w.hears(t, "+x", "-x")
	w.agrees(b, "a")
}

// TestPresenceFails has Connect fail: it is not repeated, what it stored is
// dropped, and the stream's end is told of like any other.
func TestPresenceFails(t *testing.T) {
	for name, fail := range map[string]func(actors.Subscriber) error{
		"error": func(actors.Subscriber) error { return errors.New("no") },
		"panic": func(actors.Subscriber) error { panic("no") },
	} {
		t.Run(name, func(t *testing.T) {
			w := &watcher{t: t}
			w.fail = func(s actors.Subscriber) error {
				if s.Client == "bad" {
					return fail(s)
				}
				return nil
			}
			b := open(t, memory(t, 10), all(with(kind(w)), idle(5*time.Millisecond)))
			bad, good := b.listen("a", "bad"), b.listen("a", "good")
			w.hears(t, "+bad", "+good")
			b.sleeps()
			w.do(b, "a", func(c *actors.Context) error {
				kept, err := c.Storage().List(actors.ListOptions{})
				if len(kept) != 1 || len(c.Subscribers()) != 2 {
					t.Errorf("%d are stored, %d listen", len(kept), len(c.Subscribers()))
				}
				return err
			})
			bad.conn.Close()
			w.hears(t, "+bad", "+good", "-bad")
			good.conn.Close()
			w.hears(t, "+bad", "+good", "-bad", "-good")
			w.agrees(b, "a")
		})
	}
}

// TestPresenceAndKick has Connect turn a stream away.
func TestPresenceAndKick(t *testing.T) {
	w := &watcher{t: t}
	b := open(t, memory(t, 10), with(kind(struct {
		connecter
		disconnecter
		*script
	}{func(c *actors.Context, s actors.Subscriber) error {
		return errors.Join(w.Connect(c, s), c.Kick("nobody"), c.Kick(s.Client))
	}, w.Disconnect, &w.script})))
	x := b.listen("a", "x")
	for x.fill() {
	}
	w.hears(t, "+x", "-x")
	w.agrees(b, "a")
}

// TestPresenceOfManyStreams has many streams come and go at the same time, with
// calls in between that make the room fail.
func TestPresenceOfManyStreams(t *testing.T) {
	w := &watcher{t: t}
	b := open(t, memory(t, 10), with(kind(w)))
	const clients, each = 20, 5
	var streams [clients][each]*stream
	for i := range streams {
		for j := range streams[i] {
			streams[i][j] = b.listen("a", fmt.Sprint(i, ".", j))
		}
	}
	waitFor(t, "all are told of", func() bool { return len(w.told.list()) == clients*each })
	var work sync.WaitGroup
	for i := range streams {
		work.Go(func() {
			for j, s := range streams[i] {
				if s.conn.Close(); j == 0 && i%5 == 0 {
					if err := w.turn(b, "a", func(*actors.Context) error { panic("no") }); !errors.Is(err, actors.ErrFailed) {
						t.Errorf("the call that panics: %v", err)
					}
				}
			}
		})
	}
	work.Wait()
	waitFor(t, "all are gone", func() bool { return len(w.told.list()) >= 2*clients*each })
	for i := range streams {
		for j := range streams[i] {
			client := fmt.Sprint(i, ".", j)
			if came, went := w.count("+"+client), w.count("-"+client); came != 1 || went != 1 {
				t.Errorf("stream %s came %d times and went %d times", client, came, went)
			}
		}
	}
	w.agrees(b, "a")
}

// TestPresenceByHalf has behaviours that are told of one thing only, or nothing.
func TestPresenceByHalf(t *testing.T) {
	for name, of := range map[string]func(*watcher) any{
		"connect": func(w *watcher) any {
			return struct {
				connecter
				*script
			}{w.Connect, &w.script}
		},
		"disconnect": func(w *watcher) any {
			return struct {
				disconnecter
				*script
			}{w.Disconnect, &w.script}
		},
		"nothing": func(w *watcher) any { return &w.script },
	} {
		t.Run(name, func(t *testing.T) {
			w := &watcher{t: t}
			b := open(t, memory(t, 10), with(kind(of(w))))
			listening := func(n int) {
				t.Helper()
				waitFor(t, fmt.Sprintf("%d listen", n), func() bool {
					got, counted := -1, -1
					w.do(b, "a", func(c *actors.Context) error {
						got, counted = len(c.Subscribers()), c.Listeners()
						return nil
					})
					return got == n && counted == n
				})
			}
			listening(0)
			x, y := b.listen("a", "x"), b.listen("a", "y")
			listening(2)
			x.conn.Close()
			listening(1)
			y.conn.Close()
			listening(0)
			want := map[string][]string{"connect": {"+x", "+y"}, "disconnect": {"-x", "-y"}}
			w.hears(t, want[name]...)
		})
	}
}

// TestPresenceAfterARestart opens a node again on what it stored: the streams of
// its earlier life have ended.
func TestPresenceAfterARestart(t *testing.T) {
	w := &watcher{t: t}
	store := memory(t, 10)
	b := open(t, store, with(kind(w)))
	b.listen("a", "x")
	b.listen("a", "y")
	w.hears(t, "+x", "+y")
	b.close()
	b = open(t, store, with(kind(w)))
	z := b.listen("a", "z")
	w.hears(t, "+x", "+y", "-x", "-y", "+z")
	w.agrees(b, "a", "z")
	z.conn.Close()
	w.hears(t, "+x", "+y", "-x", "-y", "+z", "-z")
}
