package fanout

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Config configures an Engine. The zero value is not valid; start from
// DefaultConfig.
type Config struct {
	// Shards is how many goroutines write detached streams; at least 1, best one
	// a core.
	Shards int
	// FlushEvery is the least time between two flushes of one log: what is
	// appended meanwhile goes out together. The first frame after a pause is sent
	// at once. 0 means no such pause.
	FlushEvery time.Duration
	// StallAfter is how long a peer may take nothing of what it is sent; three
	// times as long under the policies Gap and Latest.
	StallAfter time.Duration
	// Keep is how many of the newest messages a stream with policy Gap is left
	// with when it skips.
	Keep int
	// Warn is how long before its Expires a stream is told of it; one that has less
	// is told at once.
	Warn time.Duration
	// Notice renders what a stream is told of its Expires; nil for nothing.
	Notice Notice
	// Portable makes every stream take the portable path.
	Portable bool
}

// DefaultConfig returns the configuration that suits this machine.
func DefaultConfig() Config {
	return Config{
		Shards:     runtime.NumCPU(),
		FlushEvery: 4 * time.Millisecond,
		StallAfter: 10 * time.Second,
		Keep:       10,
		Warn:       30 * time.Second,
	}
}

// stuckAfter is how long a stream may wait for its peer before the wait is held
// against the peer, rather than against this machine.
const stuckAfter = 500 * time.Millisecond

// stallAfter is for how long a peer may take nothing, under a policy: those that
// skip ahead cost nothing meanwhile, and are given more time.
func (c Config) stallAfter(p Policy) time.Duration {
	if p == Close {
		return c.StallAfter
	}
	return 3 * c.StallAfter
}

// Validate reports everything that is wrong with the configuration.
func (c Config) Validate() error {
	var errs []error
	if c.Shards < 1 {
		errs = append(errs, errors.New("fanout: Shards must be at least 1"))
	}
	if c.FlushEvery < 0 {
		errs = append(errs, errors.New("fanout: FlushEvery must not be negative"))
	}
	if c.StallAfter <= 0 {
		errs = append(errs, errors.New("fanout: StallAfter must be positive"))
	}
	if c.Keep < 1 {
		errs = append(errs, errors.New("fanout: Keep must be at least 1"))
	}
	if c.Warn < 0 {
		errs = append(errs, errors.New("fanout: Warn must not be negative"))
	}
	return errors.Join(errs...)
}

// Engine owns open streams and writes to them. Its methods may be called from
// any goroutine.
type Engine struct {
	cfg      Config
	detached detached // where the system has the means; else refuses every connection
	hub      *hub
	running  sync.WaitGroup // the hub's goroutine
}

// Open starts an engine.
func Open(cfg Config) (*Engine, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	e := &Engine{cfg: cfg, hub: newHub(cfg)}
	if err := e.detached.open(cfg); err != nil {
		return nil, err
	}
	e.running.Go(e.hub.run)
	return e, nil
}

// Add makes a stream of a connection: it sends what Spec.First holds, as far as
// the socket takes it at once, and lets the stream follow its log. It does not
// block. The connection's end, however it comes, is told to Spec.Owner, which
// may happen before Add returns.
func (e *Engine) Add(spec Spec) *Stream {
	st := &Stream{log: spec.Log, owner: spec.Owner, policy: spec.Policy, fd: -1, index: -1}
	if !e.cfg.Portable && e.detached.add(st, spec) {
		return st
	}
	e.hub.add(st, spec)
	return st
}

// Drain closes all streams, evenly over the given time and in no order, each
// after it was sent what farewell returns for it. It returns when all of them
// were told to close, or at once when ctx ends.
func (e *Engine) Drain(ctx context.Context, over time.Duration, farewell func() []byte) {
	all := e.list()
	if len(all) == 0 {
		return
	}
	const step = 10 * time.Millisecond
	tick := time.NewTicker(step)
	defer tick.Stop()
	start := time.Now()
	for done := 0; done < len(all); {
		due := len(all)
		if elapsed := time.Since(start); elapsed < over {
			due = int(float64(len(all)) * float64(elapsed) / float64(over))
		}
		for ; done < due; done++ {
			all[done].Close(farewell(), ReasonShutdown)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// list returns the streams open now, those of all homes mixed.
func (e *Engine) list() []*Stream {
	homes := append(e.detached.homes(), home(e.hub))
	lists := make(chan []*Stream, len(homes))
	for _, h := range homes {
		h.post(command{kind: cmdList, list: lists})
	}
	var all []*Stream
	for range homes {
		all = append(all, <-lists...)
	}
	return all
}

// Close closes all streams at once and waits until their owners were told.
func (e *Engine) Close() {
	e.detached.close()
	e.hub.inbox.shut()
	e.running.Wait()
}

// Stats is a snapshot of an engine's counters.
type Stats struct {
	Streams int64  // open now
	Parked  int64  // of them, waiting for their peers to take something
	Sends   uint64 // system calls that wrote
	Frames  uint64 // frames written to streams
	Bytes   uint64
	Closed  [reasonCount]uint64
	Skips   [3]uint64 // by Policy
}

// Stats returns the counters, summed over all homes.
func (e *Engine) Stats() Stats {
	var sum Stats
	for _, c := range append(e.detached.counters(), &e.hub.stats) {
		sum.Streams += c.streams.Load()
		sum.Parked += c.parked.Load()
		sum.Sends += c.sends.Load()
		sum.Frames += c.frames.Load()
		sum.Bytes += c.bytes.Load()
		for i := range c.closed {
			sum.Closed[i] += c.closed[i].Load()
		}
		for i := range c.skips {
			sum.Skips[i] += c.skips[i].Load()
		}
	}
	return sum
}

// counters are written by one home and read by anybody.
type counters struct {
	streams atomic.Int64
	parked  atomic.Int64
	sends   atomic.Uint64
	frames  atomic.Uint64
	bytes   atomic.Uint64
	closed  [reasonCount]atomic.Uint64
	skips   [3]atomic.Uint64
}
