package bench

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/parlor-sse/parlor/cmd/parlor/bench/histogram"
	"github.com/parlor-sse/parlor/cmd/parlor/bench/loadclient"
	"github.com/parlor-sse/parlor/cmd/parlor/bench/ssecheck"
	"github.com/parlor-sse/parlor/cmd/parlor/bench/traffic"
)

// eventsPath is what a page opens that knows nothing but the room. The newest
// messages come with it.
const eventsPath = "/events?room={room}"

// crowd is many streams on one room, at several nodes. Each of its readers is a
// process with a local address of its own, so that neither the descriptors of a
// process nor the ports of an address bound how many there can be. Its methods
// are for one goroutine.
type crowd struct {
	opt     options
	room    traffic.Rooms
	readers []*crowdReader
}

// crowdReader is a process that holds streams at one node.
type crowdReader struct {
	*worker
	node     *url.URL
	sourceIP string
	asked    int // streams
}

// openCrowd starts as many readers a node as it takes for the largest stage.
func openCrowd(ctx context.Context, exe string, opt options, room traffic.Rooms) (*crowd, error) {
	c := &crowd{opt: opt, room: room}
	most := opt.streams[len(opt.streams)-1]
	perNode := (most + len(opt.nodes) - 1) / len(opt.nodes)
	for range (perNode + perReader - 1) / perReader {
		for _, node := range opt.nodes {
			w, err := startWorker(ctx, exe, roleClient)
			if err != nil {
				c.close()
				return nil, err
			}
			c.readers = append(c.readers, &crowdReader{worker: w, node: node, sourceIP: sourceIP(len(c.readers))})
		}
	}
	return c, nil
}

// grow opens streams, evenly over the ramp, until there are so many in all, and
// returns what became of the new ones.
func (c *crowd) grow(ctx context.Context, streams int) (loadclient.ConnectReport, error) {
	parts := make([]loadclient.ConnectReport, len(c.readers))
	err := atOnce(c.readers, func(i int, r *crowdReader) error {
		more := share(streams, len(c.readers), i) - r.asked
		if more <= 0 {
			return nil
		}
		r.asked += more
		spec := loadclient.ConnectSpec{
			Addr: r.node.Host, Path: eventsPath, Token: c.opt.token, Rooms: c.room,
			Streams: more, Mode: ssecheck.ByID, InFlight: connectsInFlight, SourceIP: r.sourceIP,
			Rate: float64(more) / c.opt.ramp.Seconds(), Timeout: c.opt.ramp + connectWait,
		}
		if err := r.Call(ctx, loadclient.OpConnect, spec, &parts[i]); err != nil {
			return fmt.Errorf("streams at %s: %w", r.node.Host, err)
		}
		return nil
	})
	total := loadclient.ConnectReport{Head: new(histogram.Histogram)}
	for _, part := range parts {
		total.Connected += part.Connected
		total.Failed += part.Failed
		total.Elapsed = max(total.Elapsed, part.Elapsed)
		total.Head.Merge(part.Head)
		if total.Error == "" {
			total.Error = part.Error
		}
	}
	return total, err
}

// share is how many of n things the i-th of some gets, if none gets more than
// one more than another.
func share(n, among, i int) int {
	if i < n%among {
		return n/among + 1
	}
	return n / among
}

// hold keeps the streams for a while and returns what they received in it.
func (c *crowd) hold(ctx context.Context, d time.Duration) (loadclient.WindowReport, error) {
	total := loadclient.WindowReport{Latency: new(histogram.Histogram)}
	begin := func(_ int, r *crowdReader) error { return r.Call(ctx, loadclient.OpBegin, nil, nil) }
	if err := atOnce(c.readers, begin); err != nil {
		return total, err
	}
	if !pause(ctx, d) {
		return total, context.Cause(ctx)
	}
	parts := make([]loadclient.WindowReport, len(c.readers))
	err := atOnce(c.readers, func(i int, r *crowdReader) error { return r.Call(ctx, loadclient.OpEnd, nil, &parts[i]) })
	for _, part := range parts {
		total.Tally.Add(part.Tally)
		total.Latency.Merge(part.Latency)
	}
	return total, err
}

// state is how all streams are now.
func (c *crowd) state(ctx context.Context) (loadclient.StateReport, error) {
	parts := make([]loadclient.StateReport, len(c.readers))
	err := atOnce(c.readers, func(i int, r *crowdReader) error { return r.Call(ctx, loadclient.OpState, nil, &parts[i]) })
	total := loadclient.StateReport{First: new(histogram.Histogram)}
	for _, part := range parts {
		total.Open += part.Open
		total.Closed += part.Closed
		total.Waiting += part.Waiting
		total.First.Merge(part.First)
		total.Tally.Add(part.Tally)
	}
	return total, err
}

// close ends all readers, and their streams with them.
func (c *crowd) close() {
	_ = atOnce(c.readers, func(_ int, r *crowdReader) error { r.stop(); return nil })
}
