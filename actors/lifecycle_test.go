package actors_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors"
)

func TestSleepAndWake(t *testing.T) {
	b := open(t, memory(t, 10), func(c *actors.Config) { c.Idle = 20 * time.Millisecond })
	s := b.connect(on("a")).greeted()
	r := b.publish("a", 1)
	s.expect(1, 1)
	waitFor(t, "the room sleeps although a stream is open", func() bool { return b.Stats().Rooms == 0 })
	if got := b.Stats(); got.Streams != 1 {
		t.Fatalf("stats %+v", got)
	}
	next := b.publish("a", 2)
	if next.ID.Epoch != r.ID.Epoch || next.ID.Seq != 2 || next.Subscribers != 1 {
		t.Errorf("after it woke: %+v", next)
	}
	s.expect(2, 2)
	waitFor(t, "it sleeps again", func() bool { return b.Stats().Rooms == 0 })
	i, err := b.Info(ctx(t), key("a"))
	if err != nil || i.ConnectionCount != 1 || i.Seq != 2 {
		t.Errorf("info %+v, %v", i, err)
	}
}

// TestSleepLosesNothing publishes at the pace at which the room falls asleep.
func TestSleepLosesNothing(t *testing.T) {
	b := open(t, memory(t, 10), func(c *actors.Config) { c.Idle = time.Millisecond })
	s := b.connect(on("a")).greeted()
	var work sync.WaitGroup
	work.Go(func() { s.expect(1, 300) })
	for n := 1; n <= 300; n++ {
		if r := b.publish("a", n); r.ID.Seq != uint64(n) {
			t.Errorf("publish %d got %v", n, r.ID)
		}
		time.Sleep(time.Duration(n%4) * 500 * time.Microsecond)
	}
	work.Wait()
}

func TestOutletLingersAndLeaves(t *testing.T) {
	b := open(t, memory(t, 10), func(c *actors.Config) { c.Linger = 30 * time.Millisecond })
	s := b.connect(on("a")).greeted()
	s.conn.Close()
	waitFor(t, "the outlet is gone", func() bool { return b.Stats().Outlets == 0 && b.Stats().Streams == 0 })
	i, err := b.Info(ctx(t), key("a"))
	if err != nil || i.ConnectionCount != 0 {
		t.Errorf("info %+v, %v", i, err)
	}
	b.publish("a", 1)
	b.connect(on("a")).greeted().expect(1, 1)
}

// TestLeavingWakesNobody lets the last stream of a sleeping room go.
func TestLeavingWakesNobody(t *testing.T) {
	b := open(t, memory(t, 10), func(c *actors.Config) { c.Idle, c.Linger = 10*time.Millisecond, 10*time.Millisecond })
	s := b.connect(on("a")).greeted()
	s.conn.Close()
	waitFor(t, "nothing is left", func() bool { return b.Stats() == actors.Stats{} })
	s = b.connect(on("a")).greeted()
	waitFor(t, "the room sleeps", func() bool { return b.Stats().Rooms == 0 })
	s.conn.Close()
	waitFor(t, "the outlet is gone", func() bool { return b.Stats().Outlets == 0 })
}

func TestCancel(t *testing.T) {
	b := open(t, memory(t, 10), func(c *actors.Config) { c.Linger = time.Millisecond })
	closed := 0
	req := on("a", "b")
	req.Closed = func() { closed++ }
	sub, err := b.Subscribe(ctx(t), req)
	if err != nil {
		t.Fatal(err)
	}
	sub.Cancel()
	if closed != 1 {
		t.Errorf("Closed was called %d times", closed)
	}
	waitFor(t, "the outlets are gone", func() bool { return b.Stats().Outlets == 0 })
}

func TestDrainRefusesStreams(t *testing.T) {
	b := open(t, memory(t, 10), nil)
	s := b.connect(on("a")).greeted()
	b.Drain(context.Background(), 0)
	if _, err := b.Subscribe(ctx(t), on("a")); !errors.Is(err, actors.ErrDraining) {
		t.Errorf("subscribe: %v", err)
	}
	b.publish("a", 1) // still possible
	for s.fill() {
	}
	if retry, ok := s.p.Retry(); !ok || retry < time.Second || retry > 5*time.Second {
		t.Errorf("told to come back after %v, %v", retry, ok)
	}
}

func TestRoomsPages(t *testing.T) {
	b := open(t, memory(t, 10), nil)
	for n := range 25 {
		b.publish(fmt.Sprintf("r%02d", n), n)
	}
	var names []string
	for after := ""; ; {
		page, next := b.Rooms(after, 10)
		for _, r := range page {
			names = append(names, r.Room)
		}
		if next == "" {
			break
		}
		after = next
	}
	if len(names) != 25 || names[0] != "r00" || names[24] != "r24" {
		t.Errorf("rooms %v", names)
	}
}
