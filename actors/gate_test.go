package actors_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/persistence"
)

// TestNothingLeavesARoomBeforeTheCommit holds up the commit of a call that does
// all there is, and calls that have seen what it did, and looks for anything that
// got out: an answer, an event, a call to another room, an alarm.
func TestNothingLeavesARoomBeforeTheCommit(t *testing.T) {
	behaviour := newTraces()
	g := newGate()
	b := open(t, &faulty{Store: memory(t, 10), commit: g.pass}, with(kind(behaviour)))
	req := sub("a")
	req.Client = "you" // whom nobody kicks
	s := b.connect(req)
	s.bookmark()
	var answered atomic.Int32
	var work sync.WaitGroup
	turn := func(do func(*actors.Context) error) {
		work.Go(func() {
			behaviour.do(b, "a", do)
			answered.Add(1)
		})
	}
	turn(everything)
	waitFor(t, "the commit is held", func() bool { return g.waiting.Load() == 1 })
	saw := make(chan struct{}, 3)
	turn(func(c *actors.Context) error { // reads only
		wants(t, c.Storage(), map[string]string{"traces": "of it"})
		saw <- struct{}{}
		return nil
	})
	turn(func(c *actors.Context) error { // reads, and tells others
		saw <- struct{}{}
		return errors.Join(c.Send("second", 1), c.Room(testKind, "other").Fetch(get("/trace"), nil))
	})
	work.Go(func() {
		r, err := b.pub("a", "third", "") // has no behaviour to pass
		if err != nil || r.ID.Seq != 2 {
			t.Errorf("%+v, %v", r, err)
		}
		answered.Add(1)
	})
	<-saw
	<-saw
	nothingShows(b, "a")
	if n := behaviour.seen.Load(); n != 0 {
		t.Errorf("%d alarms and calls to other rooms before the commit", n)
	}
	if answered.Load() != 0 || len(s.queue) != 0 {
		t.Error("an answer or an event left before the commit")
	}
	close(g.opened)
	work.Wait()
	got := map[string]int{}
	for range 4 {
		e := s.next()
		got[e.Name+" "+e.ID]++
	}
	waitFor(t, "the alarm rings and both calls are made", func() bool { return behaviour.seen.Load() == 3 })
	h, err := b.History(ctx(t), test("a"))
	if err != nil || len(h) != 2 || h[0].Event != "trace" || h[1].Event != "third" {
		t.Fatalf("history %+v, %v", h, err)
	}
	want := map[string]int{"trace " + h[0].Position.String(): 1, "trace ": 1, "second ": 1, "third " + h[1].Position.String(): 1}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the stream was sent %v, want %v", got, want)
	}
}

// nothingShows wants a room to look as if nothing had happened in it.
func nothingShows(b *bench, room string) {
	b.t.Helper()
	if h, err := b.History(ctx(b.t), test(room)); err != nil || len(h) != 0 {
		b.t.Errorf("history %v, %v before the commit", h, err)
	}
	if i, err := b.Info(ctx(b.t), test(room)); err != nil || i.Seq != 0 || i.StoredItems != 0 || i.Alarm != "" {
		b.t.Errorf("info %+v, %v before the commit", i, err)
	}
}

// TestTurnsAreWhole has turns of several messages and values, and reads both
// meanwhile: none is seen by half, and the messages of one follow each other.
func TestTurnsAreWhole(t *testing.T) {
	var s script
	store := memory(t, 10)
	b := open(t, store, with(kind(&s)))
	st := b.connect(sub("a")).greeted()
	const turns, each = 50, 7
	var work sync.WaitGroup
	for turn := range turns {
		work.Go(func() {
			s.do(b, "a", func(c *actors.Context) error {
				for i := range each {
					if err := errors.Join(c.Storage().PutJSON(fmt.Sprint(i), turn), c.Broadcast("", []int{turn, i})); err != nil {
						return err
					}
				}
				return nil
			})
		})
	}
	work.Go(func() {
		for range turns {
			state, err := store.Load(test("a"))
			if err != nil {
				t.Error(err)
				return
			}
			first, _ := state.Storage.Get("u0")
			for i := range each {
				if v, _ := state.Storage.Get(fmt.Sprint("u", i)); string(v) != string(first) {
					t.Errorf("on disk is a turn by half: %s and %s", first, v)
				}
			}
			if state.Last.Seq%each != 0 {
				t.Errorf("on disk is a turn by half: %v", state.Last)
			}
		}
	})
	for n := range turns * each {
		e := st.next()
		at, err := persistence.ParsePosition(e.ID)
		if err != nil || at.Seq != uint64(n+1) {
			t.Fatalf("id %s of message %d", e.ID, n+1)
		}
		var turn, i int
		if _, err := fmt.Sscanf(string(e.Data), "[%d,%d]", &turn, &i); err != nil || i != n%each {
			t.Fatalf("message %d is %s", n+1, e.Data)
		}
	}
	work.Wait()
}

// TestCommitFails has the commit of a call fail: it is of unknown fate, so are
// those that have seen what it did, and the room begins anew with what is stored.
func TestCommitFails(t *testing.T) {
	g := newGate()
	broken := errors.New("no disk")
	var s script
	var breaks atomic.Bool
	b := open(t, &faulty{Store: memory(t, 10), commit: func() error {
		if !breaks.Load() {
			return nil
		}
		_ = g.pass()
		return broken
	}}, with(kind(&s)))
	st := b.connect(sub("a"))
	st.bookmark()
	s.do(b, "a", func(c *actors.Context) error { return c.Storage().Put("x", []byte("old")) })
	breaks.Store(true)
	var work sync.WaitGroup
	ends := make(chan struct{}, 1)
	work.Go(func() {
		err := s.turn(b, "a", func(c *actors.Context) error {
			go func() { <-c.Done(); ends <- struct{}{} }()
			return errors.Join(c.Storage().Put("x", []byte("new")), c.Broadcast("", 1))
		})
		if !errors.Is(err, actors.ErrUnknownOutcome) {
			t.Errorf("the call that is not committed: %v", err)
		}
	})
	waitFor(t, "the commit is held", func() bool { return g.waiting.Load() == 1 })
	read := make(chan struct{})
	work.Go(func() {
		err := s.turn(b, "a", func(c *actors.Context) error {
			wants(t, c.Storage(), map[string]string{"x": "new"})
			close(read)
			return nil
		})
		// One that has not ended by the time that the commit fails is not made at all.
		if !errors.Is(err, actors.ErrUnknownOutcome) && !errors.Is(err, actors.ErrUnavailable) {
			t.Errorf("the call that has seen it: %v", err)
		}
	})
	<-read
	close(g.opened)
	work.Wait()
	<-ends
	s.do(b, "a", func(c *actors.Context) error {
		wants(t, c.Storage(), map[string]string{"x": "old"})
		return nil
	})
	if err := s.turn(b, "a", func(c *actors.Context) error { return c.Storage().Put("x", nil) }); !errors.Is(err, actors.ErrUnavailable) {
		t.Errorf("a change after that: %v", err)
	}
	if len(st.queue) != 0 {
		t.Errorf("the stream was sent %v", st.queue)
	}
}
