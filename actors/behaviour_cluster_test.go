package actors_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/persistence"
)

// TestBehavioursAreReachedThroughAnyNode asks rooms of all nodes at all nodes,
// for all that can come of it.
func TestBehavioursAreReachedThroughAnyNode(t *testing.T) {
	var s script
	f := newKindFleet(t, kind(&s), "n1", "n2", "n3")
	const large = 128 << 10
	noAct := actors.Refuse(http.StatusNotFound, "no_act", "Nobody said what to do.")
	s.on("/count", counter{}.Fetch)
	s.on("/fail", func(*actors.Context, http.ResponseWriter, *http.Request) error { return errors.New("no") })
	s.on("/panic", func(*actors.Context, http.ResponseWriter, *http.Request) error { panic("no") })
	s.on("/large", func(_ *actors.Context, w http.ResponseWriter, _ *http.Request) error {
		_, err := w.Write(make([]byte, large))
		return err
	})
	s.on("/larger", func(_ *actors.Context, w http.ResponseWriter, _ *http.Request) error {
		_, err := w.Write(make([]byte, actors.MaxAnswer+1))
		return err
	})
	s.on("/echo", func(_ *actors.Context, w http.ResponseWriter, r *http.Request) error {
		w.Header()["A"] = r.Header["A"]
		w.WriteHeader(http.StatusTeapot)
		_, err := io.Copy(w, r.Body)
		return err
	})
	for owner := range f.nodes {
		room := f.roomOf(owner)
		n := 0
		for name, b := range f.nodes {
			add := post(room, "/count")
			add.Key = "add at " + name
			r, err := b.insist(add)
			if n++; count(t, r, err) != n {
				t.Errorf("%s counts %s at %s, want %d", name, r.Body, owner, n)
			}
			for target, want := range map[string]error{"/fail": actors.ErrFailed, "/panic": actors.ErrFailed, "/larger": actors.ErrAnswerSize} {
				if _, err := b.insist(post(room, target)); !errors.Is(err, want) {
					t.Errorf("%s at %s: %v", target, name, err)
				}
			}
			if _, err := b.insist(post(room, "/nothing")); !sameError(err, noAct) {
				t.Errorf("refused at %s: %v", name, err)
			}
			if r, err := b.insist(post(room, "/large")); err != nil || len(r.Body) != large {
				t.Errorf("large at %s: %d bytes, %v", name, len(r.Body), err)
			}
			call := post(room, "/echo")
			call.Header, call.Body, call.Key = http.Header{"A": {"1", "2"}}, []byte("\x00\xffbody"), name
			r, err = b.insist(call)
			if err != nil || r.Status != http.StatusTeapot || !bytes.Equal(r.Body, call.Body) || fmt.Sprint(r.Header["A"]) != "[1 2]" {
				t.Errorf("echo at %s: %+v, %v", name, r, err)
			}
			call.Body = nil
			if _, err = b.insist(call); !errors.Is(err, actors.ErrKeyConflict) {
				t.Errorf("another body at %s: %v", name, err)
			}
			if _, err := b.insist(actors.Call{Room: key(room), Method: "GET", Target: "/"}); !errors.Is(err, actors.ErrNoFetch) {
				t.Errorf("a broker at %s: %v", name, err)
			}
		}
	}
}

// TestPublisherAtAnyNode publishes to a room at nodes that do not own it: what its
// behaviour says comes back, and again when it is repeated at another node.
func TestPublisherAtAnyNode(t *testing.T) {
	f := newKindFleet(t, kind(new(doorman)), "n1", "n2", "n3")
	room := f.roomOf("n2")
	publish := func(node, event string) (actors.Receipt, error) {
		p := actors.Publication{Room: test(room), Event: event, Body: []byte(`{"n":1}`), Key: "key of " + event}
		return f.nodes[node].insistOn(p)
	}
	for _, event := range []string{"pass", "answer", "drop", "company", "whisper"} {
		first, err := publish("n1", event)
		if err != nil || first.Dropped != (event == "drop") {
			t.Errorf("%s: %+v, %v", event, first, err)
		}
		again, err := publish("n3", event)
		if err != nil || !again.Duplicate || again.ID != first.ID || again.Dropped != first.Dropped || !bytes.Equal(again.Answer, first.Answer) {
			t.Errorf("%s, again: %+v, %v, want %+v", event, again, err, first)
		}
	}
	for event, want := range map[string]error{"fail": actors.ErrFailed, "chatter": actors.ErrAnswerSize} {
		if _, err := publish("n1", event); !errors.Is(err, want) {
			t.Errorf("%s: %v", event, err)
		}
	}
	if _, err := publish("n3", "refuse"); !sameError(err, actors.Refuse(http.StatusConflict, "taken", "It is taken.")) {
		t.Errorf("refused by %v", err)
	}
}

// TestFindAtAnyNode makes rooms without names at one node, and finds them at all.
func TestFindAtAnyNode(t *testing.T) {
	var s script
	f := newKindFleet(t, kind(&s), "n1", "n2", "n3", "n4")
	for at, b := range f.nodes {
		room, err := b.create()
		if err != nil {
			t.Fatal(err)
		}
		for name, o := range f.nodes {
			if got, err := o.find(room.Name); err != nil || got != room {
				t.Errorf("made at %s, %s finds %v, %v", at, name, got, err)
			}
		}
	}
	if got, err := f.nodes["n1"].find(persistence.NewObjectID(testKind)); !errors.Is(err, actors.ErrNoObject) {
		t.Errorf("found %v, %v", got, err)
	}
	f.kill("n4")
	f.Ring("n1", "n2", "n3")
	if _, err := f.nodes["n1"].create(); err != nil {
		t.Errorf("after a node died: %v", err)
	}
}

// TestIncrementsSurviveTheirOwners counts under keys, each of which is repeated
// at nodes picked at random, while the owner is killed and comes back: each is
// counted once, and answered alike.
func TestIncrementsSurviveTheirOwners(t *testing.T) {
	f := newKindFleet(t, kind(counter{}), "n1", "n2", "n3")
	room := f.roomOf("n2")
	fronts := []*bench{f.nodes["n1"], f.nodes["n3"]}
	const callers, each = 4, 40
	var seen [callers*each + 1]atomic.Bool
	var done atomic.Int64
	var work sync.WaitGroup
	for i := range callers {
		work.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(i), 5))
			for j := range each {
				call := post(room, "/")
				call.Key = fmt.Sprint(i, "-", j)
				first := 0
				for range 1 + rng.IntN(3) {
					r, err := fronts[rng.IntN(2)].insist(call)
					n := count(t, r, err)
					if first != 0 && n != first {
						t.Errorf("counted %d, and %d when repeated", first, n)
					}
					first = n
				}
				if first < 1 || first >= len(seen) || seen[first].Swap(true) {
					t.Errorf("%d was counted twice", first)
					return
				}
				done.Add(1)
			}
		})
	}
	f.Eventually("some are counted", func() bool { return done.Load() > callers*each/4 })
	f.kill("n2")
	f.Eventually("more are counted", func() bool { return done.Load() > callers*each/2 })
	f.start("n2")
	work.Wait()
	f.Ring("n1", "n2", "n3")
	for name, b := range f.nodes {
		r, err := b.insist(actors.Call{Room: test(room), Method: http.MethodGet, Target: "/"})
		if n := count(t, r, err); n != callers*each {
			t.Errorf("%s says %d, want %d", name, n, callers*each)
		}
	}
}

// TestReadsSeeWhatWasAnswered has readers at all nodes while the room moves from
// owner to owner: none sees less than what was answered before it asked.
func TestReadsSeeWhatWasAnswered(t *testing.T) {
	f := newKindFleet(t, kind(counter{}), "n1", "n2", "n3", "n4")
	room := f.roomOf("n2")
	fronts := []*bench{f.nodes["n1"], f.nodes["n3"]}
	var answered atomic.Int64
	stop := make(chan struct{})
	var work sync.WaitGroup
	for _, b := range fronts {
		work.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				least := answered.Load()
				r, err := b.insist(actors.Call{Room: test(room), Method: http.MethodGet, Target: "/"})
				if n := count(t, r, err); int64(n) < least {
					t.Errorf("read %d after %d was answered", n, least)
				}
			}
		})
	}
	work.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			r, err := fronts[0].insist(post(room, "/"))
			answered.Store(int64(count(t, r, err)))
		}
	})
	counted := func(n int64) {
		t.Helper()
		want := answered.Load() + n
		f.Eventually("it goes on", func() bool { return answered.Load() >= want })
	}
	counted(20)
	if err := f.Node("n2").Leave(within(t, 30*time.Second)); err != nil {
		t.Error(err)
	}
	counted(20)
	f.kill("n4") // which may own it by now
	counted(20)
	close(stop)
	work.Wait()
}

// TestLargeRoomMoves stores ten megabytes, and has the owner die.
func TestLargeRoomMoves(t *testing.T) {
	var s script
	f := newKindFleet(t, kind(&s), "n1", "n2", "n3")
	room := f.roomOf("n2")
	const items, size, turns = 80, 128 << 10, 10
	name := func(i int) string { return fmt.Sprintf("\xff%03d", i) }
	value := func(i int) []byte { return bytes.Repeat([]byte{byte(i), 0xff}, size/2) }
	for turn := range turns {
		target := fmt.Sprint("/fill/", turn)
		s.on(target, func(c *actors.Context, _ http.ResponseWriter, _ *http.Request) error {
			for i := turn; i < items; i += turns {
				if err := errors.Join(c.Storage().Put(name(i), value(i)), c.Broadcast("", i)); err != nil {
					return err
				}
			}
			return nil
		})
		fill := post(room, target)
		fill.Key = target
		if _, err := f.nodes["n1"].insist(fill); err != nil {
			t.Fatal(err)
		}
	}
	f.kill("n2")
	s.on("/check", func(c *actors.Context, w http.ResponseWriter, _ *http.Request) error {
		got, err := c.Storage().List(actors.ListOptions{Prefix: "\xff"})
		sound := 0
		for i, it := range got {
			if it.Key == name(i) && bytes.Equal(it.Value, value(i)) {
				sound++
			}
		}
		return errors.Join(err, c.Storage().Put("after", nil), json.NewEncoder(w).Encode(sound))
	})
	r, err := f.nodes["n3"].insist(post(room, "/check"))
	if n := count(t, r, err); n != items {
		t.Errorf("%d of %d items are there, and sound", n, items)
	}
	if i, err := f.nodes["n1"].Info(ctx(t), test(room)); err != nil || i.Seq != items || i.StoredItems != items+1 || i.Owner == "n2" {
		t.Errorf("info %+v, %v", i, err)
	}
}
