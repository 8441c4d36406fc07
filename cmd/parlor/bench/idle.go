package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/parlor-sse/parlor/cmd/parlor/bench/loadclient"
	"github.com/parlor-sse/parlor/cmd/parlor/bench/procstat"
	"github.com/parlor-sse/parlor/cmd/parlor/bench/traffic"
)

const (
	// warmStreams are opened and closed first, so that code and pools that any
	// stream needs are not counted for those measured.
	warmStreams = 100
	// steadyWait bounds the wait for a server's memory to stop shrinking.
	steadyWait = 40 * time.Second
	// steadyPause is between two looks at it: longer than a server takes to
	// notice that nothing happens any more, and to give memory back.
	steadyPause = 11 * time.Second
)

// idleSteps measures the memory of streams on which nothing happens.
func (r *runner) idleSteps(round int) []step {
	var steps []step
	for _, p := range turned(r.peers(true), round) {
		if p.name() == "target" && r.opt.targetPID == 0 {
			continue // nobody knows whose memory to read
		}
		steps = append(steps, step{
			title:   fmt.Sprintf("idle, %s, %d streams", p.name(), r.opt.idleStreams),
			planned: 4*overhead + steadyWait/2,
			run:     func(ctx context.Context) error { return r.idle(ctx, p, round) },
		})
	}
	return steps
}

// holding is what a server and the kernel hold at one moment.
type holding struct {
	user   procstat.Memory
	kernel procstat.Kernel
	heap   float64 // Go heap in use; 0 if the server does not tell
}

// idle measures with no streams, a fifth of them and all.
func (r *runner) idle(ctx context.Context, p peer, round int) error {
	g, err := r.newRig(ctx, p)
	if err != nil {
		return err
	}
	defer g.close()
	if err := g.open(ctx, 1, r.opt.size); err != nil {
		return err
	}
	if _, err := g.connect(ctx, warmStreams, 0); err != nil {
		return err
	}
	warm, err := g.publish(ctx, traffic.PublishSpec{Concurrency: 1, Rate: 10, Duration: time.Second})
	if err != nil {
		return err
	}
	if err := g.disconnect(ctx); err != nil {
		return err
	}
	fifth := max(r.opt.idleStreams/5, 1)
	var at [3]holding
	var connected loadclient.ConnectReport
	for i, more := range []int{0, fifth, r.opt.idleStreams - fifth} {
		if more > 0 {
			if connected, err = g.connect(ctx, more, 0); err != nil {
				return err
			}
		}
		if at[i], err = g.holding(ctx); err != nil {
			return err
		}
	}
	g.accepted = nil // these streams were opened after the messages
	settled, err := g.settle(ctx)
	if err != nil {
		return err
	}
	connected.Connected = settled.Open
	r.result.check("idle", p, round, newCheck(connected, []traffic.PublishReport{warm}, settled))
	r.addIdle(subject{system: p.name(), streams: r.opt.idleStreams}, at, fifth)
	return nil
}

// addIdle notes the figures of three holdings.
func (r *runner) addIdle(s subject, at [3]holding, fifth int) {
	all := float64(s.streams)
	r.result.add(idleUser, s, float64(at[2].user.Private-at[0].user.Private)/all)
	if rest := s.streams - fifth; rest > 0 {
		r.result.add(idleSlope, s, float64(at[2].user.Private-at[1].user.Private)/float64(rest))
	}
	if slab := at[2].kernel.Slab - at[0].kernel.Slab; at[0].kernel.Slab > 0 {
		const ends = 2 // both ends of each connection are on this machine
		r.result.add(idleKernel, s, float64(slab)/ends/all)
	}
	if at[0].heap > 0 {
		r.result.add(idleHeap, s, (at[2].heap-at[0].heap)/all)
	}
}

// holding waits until the server's memory is steady, and reads it.
func (g *rig) holding(ctx context.Context) (holding, error) {
	var h holding
	pids, err := g.server.processes()
	if err != nil {
		return h, err
	}
	const close = 0.005 // what still changes by less than this share is steady
	if g.server.collect != nil {
		if err := g.server.collect(ctx); err != nil {
			return h, err
		}
	}
	for begin, last := time.Now(), int64(0); ; last = h.user.Private {
		if !pause(ctx, steadyPause) {
			return h, context.Cause(ctx)
		}
		if h.user, err = procstat.MemoryOf(pids); err != nil {
			return h, err
		}
		change := float64(last - h.user.Private)
		if max(change, -change) < close*float64(last) || time.Since(begin) > steadyWait {
			break
		}
	}
	if h.kernel, err = procstat.KernelNow(); err != nil {
		return h, err
	}
	counters, err := g.counters(ctx)
	h.heap = counters["go_memstats_heap_inuse_bytes"]
	return h, err
}

// pause waits, and reports whether ctx lasted that long.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
