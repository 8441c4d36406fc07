package bench

import (
	"context"
	"fmt"
)

const (
	// floodTries is how often a flood is tried, each time at half the pace.
	floodTries = 5
	// floodClosable is the share of streams that a server may close for lagging
	// before the figures say nothing about a broadcast to all of them.
	floodClosable = 0.01
)

// The server's counters of frames written to streams, and of the system calls
// that wrote them.
const (
	framesCounter = "parlor_streams_frames_total"
	writesCounter = "parlor_streams_writes_total"
)

// flood measures processor time with publishers faster than flushes. Publishers
// as fast as they are answered may be faster than the streams can be written
// to: a server then closes those that lag, and the pace is halved.
func (r *runner) flood(ctx context.Context, p peer, streams, round int) error {
	rate := r.opt.floodRate
	for try := 1; ; try++ {
		o, err := r.measure(ctx, p, load{streams: streams, publishers: r.opt.publishers, rate: rate, poll: readerPoll})
		if err != nil {
			return err
		}
		accepted := perSecond(o.published.Accepted, o.published.Elapsed)
		if float64(o.check.Closed) > floodClosable*float64(streams) && accepted > 1 && try < floodTries {
			r.result.note(fmt.Sprintf("flood, %s, %d streams: at %.0f messages a second %d streams were closed, so half of it was tried",
				p.name(), streams, accepted, o.check.Closed))
			rate = accepted / 2
			continue
		}
		r.result.check("flood", p, round, o.check)
		r.addFlood(subject{system: p.name(), streams: streams}, o, accepted)
		return nil
	}
}

// addFlood notes the figures of a flood.
func (r *runner) addFlood(s subject, o outcome, accepted float64) {
	if cost, ok := o.perDelivery(); ok {
		r.result.add(floodCPU, s, cost)
	}
	r.result.add(floodAccepted, s, accepted)
	r.result.add(floodDeliveries, s, perSecond(o.received.Tally.Deliveries(), o.published.Elapsed))
	r.result.add(floodPerRead, s, o.eventsPerRead())
	r.result.add(floodClosed, s, float64(o.check.Closed))
	if frames, writes := o.counters[framesCounter], o.counters[writesCounter]; writes > 0 {
		r.result.add(floodPerWrite, s, frames/writes)
	}
}
