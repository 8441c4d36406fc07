package actors_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/persistence"
)

// doorman is a Publisher that does what a message asks for in its event name.
type doorman struct{ shown atomic.Int32 }

// Publish implements actors.Publisher.
func (d *doorman) Publish(c *actors.Context, m *actors.Message) error {
	d.shown.Add(1)
	switch m.Event {
	case "alter":
		m.Event, m.Data = "altered", json.RawMessage(`{ "was": "altered" }`)
	case "answer":
		m.Answer = map[string]string{"for": m.Key}
	case "drop":
		m.Drop, m.Answer = true, "kept"
		return errors.Join(c.Broadcast("instead", 1), c.Storage().Put("dropped", m.Data))
	case "just-drop":
		m.Drop = true
	case "refuse":
		return errors.Join(everything(c), actors.Refuse(http.StatusConflict, "taken", "It is taken."))
	case "fail":
		return errors.Join(everything(c), errors.New("a secret"))
	case "company":
		return errors.Join(c.Broadcast("first", 1), c.Broadcast("second", 2))
	case "rename":
		m.Event = "gap"
	case "break":
		m.Data = json.RawMessage(`{`)
	case "grow":
		m.Data, _ = json.Marshal(strings.Repeat("x", actors.MaxBroadcast))
	case "chatter":
		m.Answer = strings.Repeat("x", actors.MaxRemembered)
	case "whisper":
		m.Answer = strings.Repeat("x", actors.MaxRemembered-2)
	}
	return nil
}

// Alarm implements actors.Alarmer, so that everything may set one.
func (d *doorman) Alarm(*actors.Context, actors.AlarmInfo) error { return nil }

// pub publishes {"n":1} to a room of the test kind.
func (b *bench) pub(room, event, key string) (actors.Receipt, error) {
	b.t.Helper()
	return b.Publish(ctx(b.t), actors.Publication{Room: test(room), Event: event, Body: []byte(`{"n":1}`), Key: key})
}

// TestPublisher publishes what the behaviour treats in all ways that it can, and
// looks at the receipt and at what a stream is sent.
func TestPublisher(t *testing.T) {
	type sent struct{ event, data string }
	stamped := sent{"pass", `{"n":1,"timestamp":`}
	tests := []struct {
		event   string
		err     error
		receipt func(actors.Receipt) bool
		sent    []sent // data as it begins
	}{
		{"pass", nil, func(r actors.Receipt) bool {
			return r.ID.Seq > 0 && r.Answer == nil && !r.Dropped && r.Subscribers == 1
		}, []sent{stamped}},
		{"alter", nil, func(r actors.Receipt) bool { return string(r.Data) == `{"was":"altered"}` }, []sent{{"altered", `{"was":"altered"}`}}},
		{"answer", nil, func(r actors.Receipt) bool { return string(r.Answer) == `{"for":""}` }, []sent{{"answer", `{"n":1,`}}},
		{"drop", nil, func(r actors.Receipt) bool {
			return r.Dropped && r.ID.Seq == 0 && string(r.Answer) == `"kept"` && r.Subscribers == 0
		}, []sent{{"instead", "1"}}},
		{"just-drop", nil, func(r actors.Receipt) bool { return r.Dropped && r.Answer == nil }, nil},
		{"refuse", actors.Refuse(http.StatusConflict, "taken", "It is taken."), nil, nil},
		{"fail", actors.ErrFailed, nil, nil},
		{"company", nil, func(r actors.Receipt) bool { return r.ID.Seq > 0 }, []sent{{"company", `{"n":1,`}, {"first", "1"}, {"second", "2"}}},
		{"rename", actors.ErrFailed, nil, nil},
		{"break", actors.ErrFailed, nil, nil},
		{"grow", actors.ErrFailed, nil, nil},
		{"chatter", actors.ErrAnswerSize, nil, nil},
		{"whisper", nil, func(r actors.Receipt) bool { return len(r.Answer) == actors.MaxRemembered }, []sent{{"whisper", `{"n":1,`}}},
	}
	b := open(t, memory(t, 10), with(kind(new(doorman))))
	s := b.connect(sub("a")).greeted()
	waitFor(t, "the stream is counted", func() bool {
		i, err := b.Info(ctx(t), test("a"))
		return err == nil && i.ConnectionCount == 1
	})
	var last persistence.Position
	for _, tt := range tests {
		r, err := b.pub("a", tt.event, "")
		if tt.err != nil {
			if !sameError(err, tt.err) {
				t.Errorf("%s: %v, want %v", tt.event, err, tt.err)
			}
			continue
		}
		if err != nil || !tt.receipt(r) {
			t.Errorf("%s: %+v %q %q, %v", tt.event, r, r.Data, r.Answer, err)
		}
		for _, want := range tt.sent {
			e := s.next()
			if e.Name != want.event || !strings.HasPrefix(string(e.Data), want.data) {
				t.Fatalf("%s: the stream was sent %q %s, want %q %s", tt.event, e.Name, e.Data, want.event, want.data)
			}
			at, err := persistence.ParsePosition(e.ID)
			if err != nil || at.Seq != last.Seq+1 {
				t.Errorf("%s: id %q after %v", tt.event, e.ID, last)
			}
			last = at
		}
	}
}

// TestPublisherIsShownOnce repeats publications under their keys: the behaviour
// does not see them again, and whoever repeats is told the same.
func TestPublisherIsShownOnce(t *testing.T) {
	for _, event := range []string{"pass", "alter", "answer", "drop", "just-drop", "company", "whisper"} {
		t.Run(event, func(t *testing.T) {
			d := new(doorman)
			b := open(t, memory(t, 10), all(with(kind(d)), idle(5e6)))
			first, err := b.pub("a", event, "k")
			if err != nil || first.Duplicate {
				t.Fatalf("first: %+v, %v", first, err)
			}
			before, err := b.History(ctx(t), test("a"))
			if err != nil {
				t.Fatal(err)
			}
			for _, when := range []string{"at once", "after the room slept"} {
				again, err := b.pub("a", event, "k")
				if err != nil || !again.Duplicate || again.ID != first.ID || again.Dropped != first.Dropped ||
					!bytes.Equal(again.Answer, first.Answer) || !first.Dropped && !bytes.Equal(again.Data, first.Data) {
					t.Errorf("%s: %+v, %v, want %+v", when, again, err, first)
				}
				b.sleeps()
			}
			after, err := b.History(ctx(t), test("a"))
			if err != nil || len(after) != len(before) || d.shown.Load() != 1 {
				t.Errorf("%d messages of %d, %v; shown %d times", len(after), len(before), err, d.shown.Load())
			}
			_, err = b.Publish(ctx(t), actors.Publication{Room: test("a"), Event: event, Body: []byte(`{"n":2}`), Key: "k"})
			if !errors.Is(err, actors.ErrKeyConflict) || d.shown.Load() != 1 {
				t.Errorf("another body: %v", err)
			}
		})
	}
}

// TestPublisherOfTargeted has the behaviour look at messages for one client: what
// it makes of one goes to nobody else, and is not kept.
func TestPublisherOfTargeted(t *testing.T) {
	b := open(t, memory(t, 10), with(kind(publisher(func(c *actors.Context, m *actors.Message) error {
		if m.Client != "me" {
			return fmt.Errorf("shown a message for %q", m.Client)
		}
		return new(doorman).Publish(c, m)
	}))))
	me, other := b.listen("a", "me"), b.listen("a", "you")
	me.bookmark()
	waitFor(t, "both are counted", func() bool {
		i, err := b.Info(ctx(t), test("a"))
		return err == nil && i.ConnectionCount == 2
	})
	for _, event := range []string{"just-drop", "alter", "refuse"} {
		r, err := b.Publish(ctx(t), actors.Publication{Room: test("a"), Event: event, Body: []byte(`{"n":1}`), Client: "me"})
		if (err != nil) != (event == "refuse") || r.ID.Seq != 0 || r.Dropped != (event == "just-drop") || event == "alter" && r.Subscribers != 1 {
			t.Errorf("%s: %+v, %v", event, r, err)
		}
	}
	if e := me.next(); e.Name != "altered" || e.ID != "" || string(e.Data) != `{"was":"altered"}` {
		t.Errorf("sent %q %s", e.Name, e.Data)
	}
	if _, err := b.Publish(ctx(t), actors.Publication{Room: test("a"), Body: []byte(`{}`), Client: "you"}); !errors.Is(err, actors.ErrFailed) {
		t.Errorf("a message that fails: %v", err)
	}
	if h, err := b.History(ctx(t), test("a")); err != nil || len(h) != 0 {
		t.Errorf("history %v, %v", h, err)
	}
	if other.bookmark(); len(other.queue) != 0 {
		t.Errorf("the other was sent %v", other.queue)
	}
}

// TestRefusedIsNotRemembered tries again under the key of what was refused.
func TestRefusedIsNotRemembered(t *testing.T) {
	d := new(doorman)
	b := open(t, memory(t, 10), with(kind(d)))
	for _, event := range []string{"refuse", "fail", "chatter"} {
		for range 2 {
			if r, err := b.pub("a", event, "k"); err == nil {
				t.Errorf("%s: %+v", event, r)
			}
		}
	}
	if r, err := b.pub("a", "pass", "k"); err != nil || r.Duplicate || r.ID.Seq != 1 || d.shown.Load() != 7 {
		t.Errorf("%+v, %v, shown %d times", r, err, d.shown.Load())
	}
}

// TestPublisherSameKeyAtOnce publishes under one key while the behaviour still
// looks at the first: it is shown one, and all are told the same.
func TestPublisherSameKeyAtOnce(t *testing.T) {
	g, d := newGate(), new(doorman)
	b := open(t, memory(t, 10), with(kind(publisher(func(c *actors.Context, m *actors.Message) error {
		return errors.Join(d.Publish(c, m), g.pass())
	}))))
	const callers = 20
	var work sync.WaitGroup
	var fresh atomic.Int32
	var ids sync.Map
	for range callers {
		work.Go(func() {
			r, err := b.pub("a", "answer", "k")
			if err != nil || string(r.Answer) != `{"for":"k"}` {
				t.Errorf("%+v %s, %v", r, r.Answer, err)
			}
			if ids.Store(r.ID, true); !r.Duplicate {
				fresh.Add(1)
			}
		})
	}
	waitFor(t, "the first is being looked at", func() bool { return g.waiting.Load() == 1 })
	if _, err := b.Publish(ctx(t), actors.Publication{Room: test("a"), Body: []byte(`{}`), Key: "k"}); !errors.Is(err, actors.ErrKeyConflict) {
		t.Errorf("another body meanwhile: %v", err)
	}
	close(g.opened)
	work.Wait()
	n := 0
	ids.Range(func(any, any) bool { n++; return true })
	if fresh.Load() != 1 || n != 1 || d.shown.Load() != 1 {
		t.Errorf("%d first ones, %d ids, shown %d times", fresh.Load(), n, d.shown.Load())
	}
}

// TestManyKeysUnderWay has more requests with keys under way than a room that
// has no key yet remembers at least.
func TestManyKeysUnderWay(t *testing.T) {
	var s script
	g := newGate()
	b := open(t, memory(t, 10), with(kind(&s)))
	s.on("/block", func(*actors.Context, http.ResponseWriter, *http.Request) error { return g.pass() })
	s.on("/", counter{}.Fetch)
	const callers = 1100
	var work sync.WaitGroup
	work.Go(func() {
		if _, err := b.ask("a", "/block"); err != nil {
			t.Errorf("the call that blocks: %v", err)
		}
	})
	waitFor(t, "a call blocks", func() bool { return g.waiting.Load() == 1 })
	var arrived atomic.Int32
	for i := range callers {
		work.Go(func() {
			call := post("a", "/")
			call.Key = fmt.Sprint(i)
			arrived.Add(1)
			r, err := b.Call(ctx(t), call)
			count(t, r, err)
		})
	}
	waitFor(t, "all were asked", func() bool { return arrived.Load() == callers })
	if i, err := b.Info(ctx(t), test("a")); err != nil || i.Seq != 0 { // behind those in the mailbox
		t.Errorf("info %+v, %v", i, err)
	}
	close(g.opened)
	work.Wait()
}
