package bench

import (
	"context"
	"fmt"

	"github.com/parlor-sse/parlor/cmd/parlor/bench/loadclient"
	"github.com/parlor-sse/parlor/cmd/parlor/bench/traffic"
)

// publishRooms is over how many rooms the messages of the scenario publish go.
const publishRooms = 16

// publishSteps measures publishing when nobody listens.
func (r *runner) publishSteps(round int) []step {
	var steps []step
	for _, publishers := range []int{64, 256} {
		p := r.primary()
		steps = append(steps, step{
			title:   fmt.Sprintf("publish, %s, %d publishers", p.name(), publishers),
			planned: r.opt.warmup + r.opt.duration + overhead,
			run:     func(ctx context.Context) error { return r.publish(ctx, p, publishers, round) },
		})
	}
	return steps
}

// publish measures how many messages are made durable a second.
func (r *runner) publish(ctx context.Context, p peer, publishers, round int) error {
	g, err := r.newRig(ctx, p)
	if err != nil {
		return err
	}
	defer g.close()
	g.rooms.Count = publishRooms
	if err := g.open(ctx, publishers, r.opt.size); err != nil {
		return err
	}
	spec := traffic.PublishSpec{Concurrency: publishers, Duration: r.opt.warmup}
	warm, err := g.publish(ctx, spec)
	if err != nil {
		return err
	}
	before, known, err := g.cpu()
	if err != nil {
		return err
	}
	spec.Duration = r.opt.duration
	report, err := g.publish(ctx, spec)
	if err != nil {
		return err
	}
	after, _, err := g.cpu()
	if err != nil {
		return err
	}
	r.result.check("publish", p, round,
		newCheck(loadclient.ConnectReport{}, []traffic.PublishReport{warm, report}, loadclient.SettleReport{}))
	s := subject{system: p.name(), clients: publishers}
	r.result.add(publishAccepted, s, perSecond(report.Accepted, report.Elapsed))
	r.result.add(publishP50, s, millis(report.Latency.Quantile(0.50)))
	r.result.add(publishP99, s, millis(report.Latency.Quantile(0.99)))
	if known && report.Accepted > 0 {
		r.result.add(publishCPU, s, micros(after-before)/float64(report.Accepted))
	}
	return nil
}
