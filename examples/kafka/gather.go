package main

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// retryEvery is how long a summary that could not be written waits.
const retryEvery = time.Second

// gatherer fills windows with events and has each written when it is full, or its
// time is up. Events are finished with once their summary is written: who starts
// again, here or elsewhere, is given those that are not.
type gatherer struct {
	// next waits for events, until ctx ends: then there may be none.
	next func(ctx context.Context) []event
	// write writes a summary, and that its events are done with.
	write func(ctx context.Context, s summary, events []event) error
	log   *slog.Logger

	mu sync.Mutex
	w  window // guarded by mu
}

// run gathers until ctx ends.
func (g *gatherer) run(ctx context.Context) {
	for ctx.Err() == nil {
		for _, e := range g.wait(ctx) {
			g.mu.Lock()
			full := g.w.add(e, time.Now())
			g.mu.Unlock()
			if full {
				g.seal(ctx)
			}
		}
		if at, open := g.deadline(); open && !time.Now().Before(at) {
			g.seal(ctx)
		}
	}
}

// wait returns what comes until the window's time is up.
func (g *gatherer) wait(ctx context.Context) []event {
	if at, open := g.deadline(); open {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, at)
		defer cancel()
	}
	return g.next(ctx)
}

// seal writes the window's summary, however often that has to be tried, and
// begins the next window. When ctx ends before, the window stays.
func (g *gatherer) seal(ctx context.Context) {
	now := time.Now()
	for {
		g.mu.Lock()
		if len(g.w.events) == 0 { // somebody else consumes them now
			g.mu.Unlock()
			return
		}
		s, events := g.w.sum(now), g.w.events
		g.mu.Unlock()
		err := g.write(ctx, s, events)
		if err == nil {
			g.mu.Lock()
			g.w = window{}
			g.mu.Unlock()
			return
		}
		g.log.Warn("summary not written", "id", s.ID, "err", err)
		if pause(ctx, retryEvery) != nil {
			return
		}
	}
}

func (g *gatherer) deadline() (time.Time, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.w.deadline()
}

func (g *gatherer) forget(partitions []int32) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.w.forget(partitions)
}

func (g *gatherer) current() current {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.w.current()
}

// pause waits that long. The error is that of ctx, if it ends before.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
