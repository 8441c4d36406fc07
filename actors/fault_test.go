package actors_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/persistence"
)

// faulty is a store whose Load and Commit can be held up or made to fail.
type faulty struct {
	persistence.Store
	load   func() error
	commit func() error
}

func (f *faulty) Load(k persistence.RoomKey) (*persistence.State, error) {
	if f.load != nil {
		if err := f.load(); err != nil {
			return nil, err
		}
	}
	return f.Store.Load(k)
}

func (f *faulty) Commit(ws []persistence.Write) error {
	if f.commit != nil {
		if err := f.commit(); err != nil {
			return err
		}
	}
	return f.Store.Commit(ws)
}

// gate lets nobody through until it is opened.
type gate struct {
	waiting atomic.Int32
	opened  chan struct{}
}

func newGate() *gate { return &gate{opened: make(chan struct{})} }

func (g *gate) pass() error {
	g.waiting.Add(1)
	<-g.opened
	return nil
}

// TestNothingLeavesBeforeTheCommit holds up the commit and looks for anything
// that got out.
func TestNothingLeavesBeforeTheCommit(t *testing.T) {
	g := newGate()
	b := open(t, &faulty{Store: memory(t, 10), commit: g.pass}, nil)
	s := b.connect(on("a")).greeted()
	var answered atomic.Bool
	var publishing sync.WaitGroup
	publishing.Go(func() {
		b.publish("a", 1)
		answered.Store(true)
	})
	waitFor(t, "the commit is under way", func() bool { return g.waiting.Load() == 1 })
	if h, err := b.History(ctx(t), key("a")); err != nil || len(h) != 0 {
		t.Errorf("history %v, %v before the commit", h, err)
	}
	if late := b.connect(on("a")); late.bookmark() == "" {
		t.Error("no bookmark")
	}
	if i, err := b.Info(ctx(t), key("a")); err != nil || i.Seq != 0 {
		t.Errorf("info %+v, %v before the commit", i, err)
	}
	if answered.Load() || len(s.queue) != 0 {
		t.Error("an answer or an event left before the commit")
	}
	close(g.opened)
	publishing.Wait()
	s.expect(1, 1)
}

// TestStoreFails makes a commit fail: the outcome is unknown, and nothing more
// is accepted.
func TestStoreFails(t *testing.T) {
	broken := errors.New("no disk")
	b := open(t, &faulty{Store: memory(t, 10), commit: func() error { return broken }}, nil)
	p := actors.Publication{Room: key("a"), Body: []byte(`{}`)}
	if _, err := b.Publish(ctx(t), p); !errors.Is(err, actors.ErrUnknownOutcome) {
		t.Errorf("the failed commit: %v", err)
	}
	if _, err := b.Publish(ctx(t), p); !errors.Is(err, actors.ErrUnavailable) {
		t.Errorf("after it: %v", err)
	}
}

func TestMailboxIsBounded(t *testing.T) {
	g := newGate()
	b := open(t, &faulty{Store: memory(t, 10), load: g.pass}, func(c *actors.Config) { c.Mailbox = 5 })
	const callers = 20
	results := make(chan error, callers)
	for range callers {
		go func() {
			_, err := b.Publish(ctx(t), actors.Publication{Room: key("a"), Body: []byte(`{}`)})
			results <- err
		}()
	}
	for range callers - 5 {
		if err := <-results; !errors.Is(err, actors.ErrOverloaded) {
			t.Errorf("beyond the bound: %v", err)
		}
	}
	close(g.opened)
	for range 5 {
		if err := <-results; err != nil {
			t.Errorf("within the bound: %v", err)
		}
	}
	if h, err := b.History(ctx(t), key("a")); err != nil || len(h) != 5 {
		t.Errorf("%d messages, %v", len(h), err)
	}
}

// TestRoomThatCannotBeLoaded is refused while that lasts, and works after.
func TestRoomThatCannotBeLoaded(t *testing.T) {
	var broken atomic.Bool
	broken.Store(true)
	b := open(t, &faulty{Store: memory(t, 10), load: func() error {
		if broken.Load() {
			return persistence.ErrCorrupt
		}
		return nil
	}}, nil)
	if _, err := b.Publish(ctx(t), actors.Publication{Room: key("a"), Body: []byte(`{}`)}); !errors.Is(err, actors.ErrUnavailable) {
		t.Errorf("publish: %v", err)
	}
	short, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, err := b.Subscribe(short, on("a")); !errors.Is(err, actors.ErrUnavailable) {
		t.Errorf("subscribe: %v", err)
	}
	broken.Store(false)
	b.publish("a", 1)
	b.connect(on("a")).greeted().expect(1, 1)
}
