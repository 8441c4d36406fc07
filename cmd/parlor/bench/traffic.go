package bench

import (
	"context"
	"time"

	"github.com/parlor-sse/parlor/cmd/parlor/bench/loadclient"
	"github.com/parlor-sse/parlor/cmd/parlor/bench/traffic"
)

// readerPoll is how often readers look for events where the server's processor
// time is measured: see loadclient.ConnectSpec.
const readerPoll = 3 * time.Millisecond

// load is a broadcast to streams, all in one room.
type load struct {
	streams    int
	publishers int
	rate       float64
	poll       time.Duration
}

// outcome is what a load came to in its measured window.
type outcome struct {
	published traffic.PublishReport
	received  loadclient.WindowReport
	cpu       time.Duration // of the server; meaningful if cpuKnown
	cpuKnown  bool
	counters  map[string]float64 // how much the server's own counters rose; nil if it has none
	check     check
}

// perDelivery is the server's processor time for an event delivered, in
// microseconds.
func (o outcome) perDelivery() (float64, bool) {
	n := o.received.Tally.Deliveries()
	return micros(o.cpu) / float64(n), o.cpuKnown && n > 0
}

// measure runs a load against a server of the given kind.
func (r *runner) measure(ctx context.Context, p peer, l load) (outcome, error) {
	g, err := r.newRig(ctx, p)
	if err != nil {
		return outcome{}, err
	}
	defer g.close()
	if err := g.open(ctx, l.publishers, r.opt.size); err != nil {
		return outcome{}, err
	}
	connected, err := g.connect(ctx, l.streams, l.poll)
	if err != nil {
		return outcome{}, err
	}
	warm, err := g.publish(ctx, traffic.PublishSpec{Concurrency: l.publishers, Rate: l.rate, Duration: r.opt.warmup})
	if err != nil {
		return outcome{}, err
	}
	// The window begins and ends at rest, so that what the server did in it is
	// exactly what arrived in it.
	if _, err := g.settle(ctx); err != nil {
		return outcome{}, err
	}
	o, settled, err := g.window(ctx, traffic.PublishSpec{Concurrency: l.publishers, Rate: l.rate, Duration: r.opt.duration})
	o.check = newCheck(connected, []traffic.PublishReport{warm, o.published}, settled)
	return o, err
}

// window publishes and measures until everything has arrived.
func (g *rig) window(ctx context.Context, spec traffic.PublishSpec) (o outcome, settled loadclient.SettleReport, err error) {
	if err = g.begin(ctx); err != nil {
		return o, settled, err
	}
	countersBefore, err := g.counters(ctx)
	if err != nil {
		return o, settled, err
	}
	before, known, err := g.cpu()
	if err != nil {
		return o, settled, err
	}
	if o.published, err = g.publish(ctx, spec); err != nil {
		return o, settled, err
	}
	if settled, err = g.settle(ctx); err != nil {
		return o, settled, err
	}
	after, _, err := g.cpu()
	if err != nil {
		return o, settled, err
	}
	o.cpu, o.cpuKnown = after-before, known
	if o.received, err = g.end(ctx); err != nil {
		return o, settled, err
	}
	countersAfter, err := g.counters(ctx)
	o.counters = rise(countersBefore, countersAfter)
	return o, settled, err
}

// counters are the server's own, nil if it has none.
func (g *rig) counters(ctx context.Context) (map[string]float64, error) {
	if g.server.counters == nil {
		return nil, nil
	}
	return g.server.counters(ctx)
}

// rise is how much each counter rose.
func rise(before, after map[string]float64) map[string]float64 {
	if after == nil {
		return nil
	}
	rises := make(map[string]float64, len(after))
	for name, value := range after {
		rises[name] = value - before[name]
	}
	return rises
}

// micros is a duration in microseconds.
func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// millis is a duration in milliseconds.
func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// perSecond is n events in a time, as a rate.
func perSecond(n uint64, d time.Duration) float64 {
	if d <= 0 {
		return 0
	}
	return float64(n) / d.Seconds()
}
