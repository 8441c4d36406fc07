package actors_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/persistence"
)

// from is what is read at a place of a source.
func from(room persistence.RoomKey, source string, offset uint64) actors.Publication {
	return actors.Publication{
		Room: room, Body: fmt.Appendf(nil, `{"n":%d}`, offset), Source: source, Offset: offset, Key: fmt.Sprint(source, offset),
	}
}

// TestSource reads a source again and again: nothing of it is published twice.
func TestSource(t *testing.T) {
	b := open(t, memory(t, 10), idle(20*time.Millisecond))
	read := func(source string, first, last, known uint64) {
		t.Helper()
		for offset := first; offset <= last; offset++ {
			r, err := b.Publish(ctx(t), from(key("a"), source, offset))
			if err != nil || r.Duplicate != (offset <= known) {
				t.Errorf("%s at %d: %+v, %v", source, offset, r, err)
			}
		}
	}
	read("s", 1, 9, 0)
	read("s", 3, 12, 9)
	read("z", 5, 7, 0) // of which the room has no idea
	b.sleeps()
	read("s", 10, 14, 12)
	read("z", 5, 8, 7)
	if i, err := b.Info(ctx(t), key("a")); err != nil || i.Seq != 14+4 {
		t.Errorf("%d messages, %v", i.Seq, err)
	}
}

// TestSourceOutlivesItsOwner reads on where another node owned the room.
func TestSourceOutlivesItsOwner(t *testing.T) {
	f := newFleet(t, "n1", "n2", "n3")
	room := key(f.roomOf("n2"))
	for offset := range uint64(5) {
		if r, err := f.nodes["n1"].Publish(ctx(t), from(room, "s", offset)); err != nil || r.ID.Seq != offset+1 {
			t.Fatalf("at %d: %+v, %v", offset, r, err)
		}
	}
	f.kill("n2")
	for offset := range uint64(8) {
		if r, err := f.nodes["n3"].Publish(ctx(t), from(room, "s", offset)); err != nil || r.ID.Seq != max(offset+1, 5) {
			t.Errorf("at %d: %+v, %v", offset, r, err)
		}
	}
}

// TestSourceBeforeTheCommit reads places again while the last of them is on its way
// to the disk: nobody is told that they are there before it is.
func TestSourceBeforeTheCommit(t *testing.T) {
	g := newGate()
	b := open(t, &faulty{Store: memory(t, 10), commit: g.pass}, nil)
	var answered atomic.Int32
	outcomes := make(chan error, 3)
	publish := func(offset uint64, duplicate bool) {
		r, err := b.Publish(ctx(t), from(key("a"), "s", offset))
		answered.Add(1)
		if err == nil && (r.Duplicate != duplicate || r.ID.Seq != 1) {
			err = fmt.Errorf("%d: %+v", offset, r)
		}
		outcomes <- err
	}
	go publish(7, false)
	waitFor(t, "the commit is under way", func() bool { return g.waiting.Load() == 1 })
	go publish(7, true)
	go publish(4, true)
	if _, err := b.Info(ctx(t), key("a")); err != nil || answered.Load() != 0 {
		t.Errorf("%d answers before the commit, %v", answered.Load(), err)
	}
	close(g.opened)
	for range cap(outcomes) {
		if err := <-outcomes; err != nil {
			t.Error(err)
		}
	}
}

// TestSourceOutOfTurn has one reader be ahead of another while the room's code looks
// at what the other has read.
func TestSourceOutOfTurn(t *testing.T) {
	g := newGate()
	b := open(t, memory(t, 10), with(kind(publisher(func(*actors.Context, *actors.Message) error { return g.pass() }))))
	type outcome struct {
		actors.Receipt
		error
	}
	publish := func(ctx context.Context, offset uint64) chan outcome {
		c := make(chan outcome, 1)
		go func() {
			r, err := b.Publish(ctx, from(test("a"), "s", offset))
			c <- outcome{r, err}
		}()
		return c
	}
	now := publish(ctx(t), 7)
	waitFor(t, "the room looks at it", func() bool { return g.waiting.Load() == 1 })
	if o := <-publish(ctx(t), 8); !errors.Is(o.error, actors.ErrOverloaded) {
		t.Errorf("the next: %+v", o)
	}
	again, before := publish(ctx(t), 7), publish(ctx(t), 6)
	close(g.opened)
	for i, c := range []chan outcome{now, again, before} {
		if o := <-c; o.error != nil || o.Duplicate != (i > 0) || o.ID.Seq != 1 {
			t.Errorf("%d: %+v", i, o)
		}
	}
	if o := <-publish(ctx(t), 8); o.error != nil || o.Duplicate {
		t.Errorf("the next, later: %+v", o)
	}
	if n := g.waiting.Load(); n != 2 {
		t.Errorf("the room looked at %d", n)
	}
}
