package actors_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/actors/fanout"
)

func TestPresenceEvents(t *testing.T) {
	b := open(t, memory(t, 10), nil)
	quiet := b.connect(whose("anna", "quiet", "a")).greeted()
	w := b.watch(watching("w", "a"))
	w.sees("quiet", "w")
	if w.frames[0] != "list" {
		t.Errorf("the first is %s", w.frames[0])
	}
	for id, p := range w.here {
		since, err := time.Parse("2006-01-02T15:04:05.000Z", p.Since)
		if p.ID != id || p.Node != "n1" || err != nil || time.Since(since) > time.Minute || (p.Client == "quiet") != (p.User == "anna") {
			t.Errorf("told of %+v, %v", p, err)
		}
	}
	x := b.connect(whose("", "x", "a")).greeted()
	w.sees("quiet", "w", "x")
	second := b.watch(watching("second", "a"))
	second.sees("quiet", "second", "w", "x")
	w.sees("quiet", "second", "w", "x")
	x.conn.Close()
	w.sees("quiet", "second", "w")
	second.sees("quiet", "second", "w")
	second.conn.Close()
	w.sees("quiet", "w")
	w.counted(t, "list", 1)
	w.counted(t, "leave", 2)
	b.publish("a", 1)
	quiet.expect(1, 1) // and nothing else
	if e := w.next(); numberOf(t, e) != 1 {
		t.Errorf("then %+v", e)
	}
}

// TestPresenceOfSeveralRooms has one stream watch two rooms, in the framing that
// wraps what comes of each.
func TestPresenceOfSeveralRooms(t *testing.T) {
	b := open(t, memory(t, 10), nil)
	b.connect(whose("", "x", "b")).greeted()
	s := b.connect(watching("w", "a", "b")).greeted()
	crowds := map[string]*crowd{"a": {stream: s, room: "a"}, "b": {stream: s, room: "b"}}
	seen := map[string]string{}
	for seen["a"] != "[w]" || seen["b"] != "[w x]" {
		e := s.next()
		var tagged struct {
			Room string
			Data json.RawMessage
		}
		if err := json.Unmarshal(e.Data, &tagged); e.Name != "presence" || err != nil {
			t.Fatalf("%+v %s, %v", e, e.Data, err)
		}
		e.Data = tagged.Data
		c := crowds[tagged.Room]
		c.take(e)
		seen[tagged.Room] = fmt.Sprint(c.clients())
	}
}

// TestPresenceIsNotForThePlain has readers ask for presence who would take it for
// messages.
func TestPresenceIsNotForThePlain(t *testing.T) {
	b := open(t, memory(t, 10), nil)
	req := watching("plain", "a")
	req.Framing = actors.Plain
	s := b.connect(req)
	w := b.watch(watching("w", "a"))
	w.sees("plain", "w")
	b.publish("a", 1)
	if e := s.next(); e.Name != "" || numberOf(t, e) != 1 {
		t.Errorf("a plain reader gets %+v", e)
	}
}

// TestPresenceOfABurst has many streams come at once: they are told of together.
func TestPresenceOfABurst(t *testing.T) {
	b := open(t, memory(t, 10), nil)
	w := b.watch(watching("w", "a"))
	w.sees("w")
	want := []string{"w"}
	const many = 300
	for i := range many {
		want = append(want, fmt.Sprint("s", i))
	}
	var streams []*stream
	for _, client := range want[1:] {
		streams = append(streams, b.connect(whose("", client, "a")))
	}
	w.sees(want...)
	if n := len(w.frames); n > many/3 {
		t.Errorf("%d events of %d streams", n, many)
	}
	for _, s := range streams {
		s.conn.Close()
	}
	w.sees("w")
}

// TestPresenceAcrossSleepOfTheRoom has streams come and go while the room sleeps
// in between, and be told of all the same.
func TestPresenceAcrossSleepOfTheRoom(t *testing.T) {
	b := open(t, memory(t, 10), all(idle(5*time.Millisecond), func(c *actors.Config) { c.Linger = time.Millisecond }))
	w := b.watch(watching("w", "a"))
	w.sees("w")
	b.sleeps()
	x := b.connect(whose("", "x", "a"))
	w.sees("w", "x")
	b.sleeps()
	x.conn.Close()
	w.sees("w")
	b.sleeps()
	w.conn.Close()
	waitFor(t, "the outlet is gone", func() bool { return b.System.Stats().Outlets == 0 })
	again := b.watch(watching("again", "a"))
	again.sees("again")
}

// TestPresenceOfAFrontThatLetsGo has a front lose its link for a moment, and then
// for good: only then its streams are gone.
func TestPresenceOfAFrontThatLetsGo(t *testing.T) {
	t.Parallel()
	b := open(t, memory(t, 10), all(idle(5*time.Millisecond)))
	w := b.watch(watching("w", "a"))
	w.sees("w")
	far := &actors.Front{Name: "far", Link: 7}
	far.Attach(b.System, key("a"), "x", "y")
	w.sees("w", "x", "y")
	far.Detach(b.System, key("a"))
	b.connect(whose("", "s", "a")).greeted()
	w.sees("s", "w", "x", "y") // counted as well
	far.Attach(b.System, key("a"), "x", "y", "z")
	w.sees("s", "w", "x", "y", "z")
	far.Detach(b.System, key("a"))
	far.Attach(b.System, key("a"), "x")
	w.sees("s", "w", "x")
	w.counted(t, "leave", 1)
	began := time.Now()
	far.Detach(b.System, key("a"))
	w.sees("s", "w")
	if waited := time.Since(began); waited < 4*time.Second {
		t.Errorf("given up after %v", waited)
	}
	w.counted(t, "leave", 2)
	w.counted(t, "list", 1)
	b.sleeps() // nothing is waited for any more
}

// TestPresenceOfACrowd has more come at once than an event has room for.
func TestPresenceOfACrowd(t *testing.T) {
	b := open(t, memory(t, 10), nil)
	w := b.watch(watching("w", "a"))
	w.sees("w")
	clients := make([]string, 2500)
	for i := range clients {
		clients[i] = fmt.Sprint("c", i)
	}
	far := &actors.Front{Name: "far", Link: 7}
	far.Attach(b.System, key("a"), clients...)
	for w.count != 2501 {
		w.take(w.next())
	}
	if !w.truncated || len(w.here) < 900 || len(w.here) > 1000 {
		t.Errorf("%d are listed of %d, truncated: %v", len(w.here), w.count, w.truncated)
	}
	list, total, err := b.Subscribers(ctx(t), key("a"))
	if err != nil || total != 2501 || len(list) != total {
		t.Errorf("%d of %d subscribers, %v", len(list), total, err)
	}
	late := b.watch(watching("late", "a"))
	late.take(late.next())
	if late.frames[0] != "list" || !late.truncated || len(late.here) > 1000 {
		t.Errorf("a late one is told of %d of %d, truncated: %v", len(late.here), late.count, late.truncated)
	}
	far.Detach(b.System, key("a"))
	far.Attach(b.System, key("a"), clients[:3]...)
	w.sees("c0", "c1", "c2", "late", "w")
	if w.truncated {
		t.Error("still truncated")
	}
}

// TestPresenceOfASlowStream has a stream that takes nothing miss that another has
// come: it is told anew who is there.
func TestPresenceOfASlowStream(t *testing.T) {
	t.Parallel()
	b := open(t, memory(t, 10), func(c *actors.Config) { c.Slow, c.QueueMessages = fanout.Gap, 16 })
	w := b.watch(watching("w", "a"))
	w.sees("w")
	body := fmt.Appendf(nil, `{"n":1,"pad":"%s"}`, strings.Repeat("x", 60_000))
	flood := func() {
		for range 200 {
			if _, err := b.Publish(ctx(t), actors.Publication{Room: key("a"), Body: body}); err != nil {
				t.Fatal(err)
			}
		}
	}
	flood() // more than the connection holds
	waitFor(t, "it is parked", func() bool { return b.Parked() == 1 })
	b.connect(whose("", "x", "a"))
	waitFor(t, "the other is there", func() bool { return len(b.clients(key("a"))) == 2 })
	flood()
	waitFor(t, "it has skipped", func() bool { return b.Skipped(fanout.Gap) > 0 })
	w.sees("w", "x")
	w.counted(t, "list", 2)
}
