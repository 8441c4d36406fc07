package bench

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/parlor-sse/parlor/cmd/parlor/bench/loadclient"
	"github.com/parlor-sse/parlor/cmd/parlor/bench/traffic"
)

const (
	// connectBatches is how often all streams are opened and closed again; the
	// first time does not count.
	connectBatches = 4
	// connectLoad is how many events a second are broadcast while the time to a
	// stream's head is measured.
	connectLoad = 250_000
	// probeRate is how many streams a second are opened to measure it.
	probeRate = 50
)

// connectSteps measures the opening of streams.
func (r *runner) connectSteps(round int) []step {
	streams := r.opt.streams[len(r.opt.streams)-1]
	var steps []step
	for _, p := range turned(r.peers(true), round) {
		steps = append(steps, step{
			title:   fmt.Sprintf("connect, %s, %d streams", p.name(), streams),
			planned: overhead + connectBatches*time.Second,
			run:     func(ctx context.Context) error { return r.connect(ctx, p, streams, round) },
		})
	}
	for _, p := range turned(r.peers(false), round) {
		steps = append(steps, step{
			title:   fmt.Sprintf("connect under load, %s, %d streams", p.name(), streams),
			planned: r.opt.duration + overhead,
			run:     func(ctx context.Context) error { return r.connectLoaded(ctx, p, streams, round) },
		})
	}
	return steps
}

// connect measures what opening streams costs, on a server that does nothing
// else.
func (r *runner) connect(ctx context.Context, p peer, streams, round int) error {
	g, err := r.newRig(ctx, p)
	if err != nil {
		return err
	}
	defer g.close()
	var last loadclient.ConnectReport
	var used, took time.Duration
	var opened int
	var known bool
	for batch := range connectBatches {
		before, _, err := g.cpu()
		if err != nil {
			return err
		}
		if last, err = g.connect(ctx, streams, 0); err != nil {
			return err
		}
		after, ok, err := g.cpu()
		if err != nil {
			return err
		}
		if known = ok; batch > 0 {
			used += after - before
			took += last.Elapsed
			opened += last.Connected
		}
		if batch == connectBatches-1 {
			break
		}
		if err := g.disconnect(ctx); err != nil {
			return err
		}
		// The server notices the closed streams in its own time, which must not
		// be counted for the next ones.
		if !pause(ctx, min(r.opt.duration, time.Second)) {
			return context.Cause(ctx)
		}
	}
	settled, err := g.settle(ctx)
	if err != nil {
		return err
	}
	r.result.check("connect", p, round, newCheck(last, nil, settled))
	s := subject{system: p.name(), streams: streams}
	r.result.add(connectRate, s, perSecond(uint64(opened), took))
	r.result.add(connectFailed, s, 100*float64(last.Failed)/float64(streams))
	r.result.add(firstEventP95, s, millis(last.Head.Quantile(0.95)))
	if known && opened > 0 {
		r.result.add(connectCPU, s, micros(used)/float64(opened))
	}
	return nil
}

// connectLoaded measures how long a new stream waits for its head while others
// get a broadcast.
func (r *runner) connectLoaded(ctx context.Context, p peer, streams, round int) error {
	g, err := r.newRig(ctx, p)
	if err != nil {
		return err
	}
	defer g.close()
	rate := max(connectLoad/float64(streams), 1)
	publishers := min(16, r.opt.publishers)
	if err := g.open(ctx, publishers, r.opt.size); err != nil {
		return err
	}
	connected, err := g.connect(ctx, streams, readerPoll)
	if err != nil {
		return err
	}
	prober, err := startWorker(ctx, g.exe, roleClient)
	if err != nil {
		return err
	}
	defer prober.stop()

	var wg sync.WaitGroup
	var o outcome
	var settled loadclient.SettleReport
	var loadErr error
	wg.Go(func() {
		o, settled, loadErr = g.window(ctx, traffic.PublishSpec{Concurrency: publishers, Rate: rate, Duration: r.opt.duration})
	})
	probed, err := r.probe(ctx, g, prober)
	wg.Wait()
	if err != nil {
		return err
	}
	if loadErr != nil {
		return loadErr
	}
	connected.Failed += probed.Failed
	r.result.check("connect under load", p, round, newCheck(connected, []traffic.PublishReport{o.published}, settled))
	s := subject{system: p.name(), streams: streams}
	r.result.add(headP50, s, millis(probed.Head.Quantile(0.50)))
	r.result.add(headP99, s, millis(probed.Head.Quantile(0.99)))
	r.result.add(headLoad, s, perSecond(o.received.Tally.Deliveries(), o.published.Elapsed))
	return nil
}

// probe opens streams of a quiet room one at a time, for about as long as the
// load lasts.
func (r *runner) probe(ctx context.Context, g *rig, prober *worker) (loadclient.ConnectReport, error) {
	var report loadclient.ConnectReport
	// A little later than the load begins and a little earlier than it ends.
	margin := min(r.opt.duration/10, time.Second)
	if !pause(ctx, margin) {
		return report, context.Cause(ctx)
	}
	spec := g.connectSpec(0)
	spec.Rooms = traffic.Rooms{Prefix: g.rooms.Prefix + "-quiet", Count: 1}
	spec.InFlight = 1
	spec.Rate = probeRate
	spec.Streams = max(int((r.opt.duration-2*margin).Seconds()*probeRate), 1)
	err := prober.Call(ctx, loadclient.OpConnect, spec, &report)
	return report, err
}
