package bench

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// overhead is what starting and ending the processes of a step takes, roughly:
// for the progress display only.
const overhead = 3 * time.Second

// scenario is one kind of measurement.
type scenario struct {
	name string
	// steps lists its measurements of one round.
	steps func(r *runner, round int) []step
}

// chosen reports whether the options ask for the scenario.
func (s scenario) chosen(o options) bool { return slices.Contains(o.scenarios, s.name) }

// allScenarios are in the order in which they run.
func allScenarios() []scenario {
	return []scenario{
		{"fanout", broadcastSteps("fanout", true, (*runner).fanout)},
		{"flood", broadcastSteps("flood", false, (*runner).flood)},
		{"idle", (*runner).idleSteps},
		{"latency", broadcastSteps("latency", true, (*runner).latency)},
		{"publish", (*runner).publishSteps},
		{"connect", (*runner).connectSteps},
		{"rooms", (*runner).roomsSteps},
	}
}

// scenarioNames are the names of allScenarios. They are listed apart because
// the options, which the scenarios use, are read with them.
func scenarioNames() []string {
	return []string{"fanout", "flood", "idle", "latency", "publish", "connect", "rooms"}
}

// broadcastSteps measures each server with each number of streams. The order of
// servers turns with the rounds, so that none is always the first.
func broadcastSteps(name string, withFloor bool, run func(*runner, context.Context, peer, int, int) error) func(*runner, int) []step {
	return func(r *runner, round int) []step {
		var steps []step
		for _, streams := range r.opt.streams {
			for _, p := range turned(r.peers(withFloor), round) {
				steps = append(steps, step{
					title:   fmt.Sprintf("%s, %s, %d streams", name, p.name(), streams),
					planned: r.opt.warmup + r.opt.duration + overhead,
					run:     func(ctx context.Context) error { return run(r, ctx, p, streams, round) },
				})
			}
		}
		return steps
	}
}

// turned is the list with its first n elements moved to the end.
func turned(peers []peer, n int) []peer {
	n %= len(peers)
	return append(slices.Clone(peers[n:]), peers[:n]...)
}

// fanout measures processor time with one event a flush.
func (r *runner) fanout(ctx context.Context, p peer, streams, round int) error {
	o, err := r.measure(ctx, p, load{streams: streams, publishers: 1, rate: r.opt.rate, poll: readerPoll})
	if err != nil {
		return err
	}
	r.result.check("fanout", p, round, o.check)
	s := subject{system: p.name(), streams: streams}
	if cost, ok := o.perDelivery(); ok {
		r.result.add(cpuPerDelivery, s, cost)
	}
	r.result.add(fanoutPerRead, s, o.eventsPerRead())
	return nil
}

// eventsPerRead is how many events a reader found at a time.
func (o outcome) eventsPerRead() float64 {
	return float64(o.received.Tally.Deliveries()) / float64(max(o.received.Tally.Reads, 1))
}

// latency measures the time from publishing to receipt.
func (r *runner) latency(ctx context.Context, p peer, streams, round int) error {
	o, err := r.measure(ctx, p, load{streams: streams, publishers: 1, rate: r.opt.rate})
	if err != nil {
		return err
	}
	r.result.check("latency", p, round, o.check)
	s := subject{system: p.name(), streams: streams}
	r.result.add(receiptP50, s, millis(o.received.Latency.Quantile(0.50)))
	r.result.add(receiptP99, s, millis(o.received.Latency.Quantile(0.99)))
	r.result.add(receiptMax, s, millis(o.received.Latency.Max()))
	r.result.add(latencyAnswerP50, s, millis(o.published.Latency.Quantile(0.50)))
	return nil
}
