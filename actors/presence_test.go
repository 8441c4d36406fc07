package actors_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors"
)

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
	t.Parallel()
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
			if name == "error" { // a panic has brought about another activation already
				b.sleeps()
			}
			if said := w.roll(b, "a"); len(said.Stored) != 1 || len(said.Here) != 2 {
				t.Errorf("%v are stored, %v listen", said.Stored, said.Here)
			}
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
	w.agrees(b, "a", "x", "y") // an answer: what came before it is committed
	b.close()
	b = open(t, store, with(kind(w)))
	z := b.listen("a", "z")
	w.hears(t, "+x", "+y", "-x", "-y", "+z")
	w.agrees(b, "a", "z")
	z.conn.Close()
	w.hears(t, "+x", "+y", "-x", "-y", "+z", "-z")
}
