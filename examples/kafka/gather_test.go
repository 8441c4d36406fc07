package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"
)

// gathering is a gatherer that is fed by a test.
type gathering struct {
	*gatherer
	feed    chan []event
	written chan summary
	fail    int // writes that are still to fail
	stop    func()
}

func gather(t *testing.T) *gathering {
	g := &gathering{feed: make(chan []event), written: make(chan summary, 10)}
	g.gatherer = &gatherer{log: slog.New(slog.NewTextHandler(t.Output(), nil))}
	g.next = func(ctx context.Context) []event {
		select {
		case <-ctx.Done():
			return nil
		case events := <-g.feed:
			return events
		}
	}
	g.write = func(_ context.Context, s summary, events []event) error {
		if s.Statistics.Total != len(events) {
			t.Errorf("%d events are summed up as %d", len(events), s.Statistics.Total)
		}
		if g.fail > 0 {
			g.fail--
			return errors.New("no broker")
		}
		g.written <- s
		return nil
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		g.run(ctx)
	}()
	g.stop = func() {
		cancel()
		<-done
	}
	return g
}

func (g *gathering) add(from, to int) {
	var events []event
	for n := from; n <= to; n++ {
		events = append(events, numbered(n, 0))
	}
	g.feed <- events
	synctest.Wait()
}

// want wants a summary of so many events, with that sum, and no other.
func (g *gathering) want(t *testing.T, total int, sum float64) summary {
	t.Helper()
	synctest.Wait()
	if len(g.written) != 1 {
		t.Fatalf("%d summaries are written", len(g.written))
	}
	s := <-g.written
	if s.Statistics.Total != total || s.Statistics.Sum != sum {
		t.Errorf("the summary is of %d with sum %v, want %d with %v", s.Statistics.Total, s.Statistics.Sum, total, sum)
	}
	return s
}

func TestGather(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gather(t)
		defer g.stop()
		g.add(1, 9)
		if len(g.written) != 0 {
			t.Error("nine events are summed up at once")
		}
		g.add(10, 12)
		g.want(t, 10, 55)

		// The time of a window counts from its first event.
		time.Sleep(windowTime - time.Millisecond)
		synctest.Wait()
		if len(g.written) != 0 || g.current().Buffer != 2 {
			t.Errorf("before its time %d are written, %d are held", len(g.written), g.current().Buffer)
		}
		time.Sleep(time.Millisecond)
		if s := g.want(t, 2, 23); s.Period.Duration != windowTime.Milliseconds() {
			t.Errorf("the window was open for %d ms", s.Period.Duration)
		}

		// Nothing is summed up to nothing.
		time.Sleep(10 * windowTime)
		synctest.Wait()
		if len(g.written) != 0 {
			t.Error("nothing is summed up")
		}
	})
}

// TestGatherAgain has the broker away when a summary is to be written.
func TestGatherAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gather(t)
		defer g.stop()
		g.fail = 3
		g.add(1, 10)
		if len(g.written) != 0 || g.current().Buffer != 10 {
			t.Errorf("%d are written, %d are held", len(g.written), g.current().Buffer)
		}
		time.Sleep(3 * retryEvery)
		g.want(t, 10, 55)
		if c := g.current(); c.Buffer != 0 {
			t.Errorf("%d are held", c.Buffer)
		}
	})
}

// TestGatherForgets takes the partition away while its summary waits.
func TestGatherForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gather(t)
		defer g.stop()
		g.fail = 1
		g.add(1, 10)
		g.forget([]int32{0})
		time.Sleep(10 * retryEvery)
		synctest.Wait()
		if len(g.written) != 0 {
			t.Errorf("what is another's is summed up: %v", <-g.written)
		}
		g.add(11, 20)
		g.want(t, 10, 155)
	})
}

// TestGatherStops ends while a summary can't be written.
func TestGatherStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gather(t)
		g.fail = 1000
		g.add(1, 10)
		g.stop()
		if got := fmt.Sprint(g.current().Buffer, len(g.written)); got != "10 0" {
			t.Errorf("held and written: %s", got)
		}
	})
}
