package actors_test

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors"
)

// TestUpdater has a behaviour say something at intervals: what it says is sent
// and not kept, and what it stores is committed.
func TestUpdater(t *testing.T) {
	var s script
	n := 0
	k := kind(struct {
		updater
		*script
	}{func(c *actors.Context) (any, error) {
		switch n++; n {
		case 2:
			return nil, c.Storage().Put("nothing-said", nil)
		case 3:
			return "lost", errors.Join(c.Storage().Put("lost", nil), errors.New("no"))
		case 4:
			return make(chan int), c.Storage().Put("lost", nil)
		case 5:
			return n, c.Broadcast("kept", n)
		case 6:
			panic("no") // and the room begins anew
		}
		return n, nil
	}, &s})
	k.Update = 2 * time.Millisecond
	b := open(t, memory(t, 10), with(k))
	st := b.connect(sub("a")).greeted()
	for _, want := range []string{"update 1", "kept 5", "update 5", "update 7"} {
		e := st.next()
		if got := e.Name + " " + string(e.Data); got != want || (e.ID != "") != (e.Name == "kept") {
			t.Fatalf("sent %q with id %q, want %s", got, e.ID, want)
		}
	}
	s.do(b, "a", func(c *actors.Context) error {
		wants(t, c.Storage(), map[string]string{"nothing-said": ""})
		return nil
	})
}

// TestUpdatesWithoutName has readers of messages get updates.
func TestUpdatesWithoutName(t *testing.T) {
	k := kind(updater(func(c *actors.Context) (any, error) { return c.Name(), nil }))
	k.Update, k.Unnamed = 2*time.Millisecond, true
	b := open(t, memory(t, 10), with(k))
	for _, framing := range []actors.Framing{actors.Named, actors.Plain} {
		req := sub("a")
		req.Framing = framing
		st := b.connect(req)
		e := st.next()
		for framing == actors.Named && string(e.Data) == "Connected to SSE stream" {
			e = st.next()
		}
		if e.Name != "" || string(e.Data) != `"a"` {
			t.Errorf("framing %d: sent %q %s", framing, e.Name, e.Data)
		}
	}
}

// TestUpdatesAreForListeners has nobody listen, then somebody, then nobody: the
// behaviour is asked only meanwhile, and the room can sleep.
func TestUpdatesAreForListeners(t *testing.T) {
	var asked atomic.Int32
	var s script
	k := kind(struct {
		updater
		*script
	}{func(c *actors.Context) (any, error) {
		asked.Add(1)
		if c.Listeners() != 1 {
			return nil, fmt.Errorf("%d listen", c.Listeners())
		}
		return "here", nil
	}, &s})
	k.Update = 2 * time.Millisecond
	b := open(t, memory(t, 10), all(with(k), idle(20*time.Millisecond)))
	s.do(b, "a", func(*actors.Context) error { return nil })
	b.sleeps()
	if n := asked.Load(); n != 0 {
		t.Errorf("asked %d times with nobody listening", n)
	}
	st := b.connect(sub("a")).greeted()
	for range 20 {
		if e := st.next(); e.Name != "update" || string(e.Data) != `"here"` {
			t.Errorf("sent %q %s", e.Name, e.Data)
		}
	}
	st.conn.Close()
	b.sleeps()
}
