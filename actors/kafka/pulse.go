package kafka

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// pingTimeout bounds how long brokers are waited for before they count as away.
const pingTimeout = 5 * time.Second

// Pinger asks whether a broker answers. It is a *kgo.Client, or what has one.
type Pinger interface{ Ping(context.Context) error }

// Pulse knows whether brokers answer, because it asks them again and again. It
// says so in the log when that changes, and not each time that it is so.
type Pulse struct {
	client Pinger
	every  time.Duration
	log    *slog.Logger
	up     atomic.Bool
	stop   context.CancelFunc
	work   sync.WaitGroup
}

// OpenPulse returns a Pulse of a client's brokers, which are asked at that
// interval until it is closed. The client stays the caller's, to be closed first
// or after.
func OpenPulse(client Pinger, every time.Duration, log *slog.Logger) *Pulse {
	ctx, stop := context.WithCancel(context.Background())
	p := &Pulse{client: client, every: every, log: log, stop: stop}
	p.work.Go(func() { p.run(ctx) })
	return p
}

// Connected reports whether a broker answered the last time. It does not wait, and
// may be called from any goroutine.
func (p *Pulse) Connected() bool { return p.up.Load() }

// Close ends it, and returns when it has. It is called once.
func (p *Pulse) Close() {
	p.stop()
	p.work.Wait()
}

func (p *Pulse) run(ctx context.Context) {
	ticker := time.NewTicker(p.every)
	defer ticker.Stop()
	for known := false; ; known = true {
		err := p.ask(ctx)
		if ctx.Err() != nil {
			return
		}
		was := p.up.Swap(err == nil)
		switch {
		case err == nil && !was:
			p.log.Info("brokers answer")
		case err != nil && (was || !known):
			p.log.Warn("no broker answers", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (p *Pulse) ask(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	return p.client.Ping(ctx)
}

// value is the pulse as a metric.
func (p *Pulse) value() float64 {
	if p.Connected() {
		return 1
	}
	return 0
}
