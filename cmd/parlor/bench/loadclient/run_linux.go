package loadclient

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/parlor-sse/parlor/cmd/parlor/bench/control"
	"github.com/parlor-sse/parlor/cmd/parlor/bench/histogram"
	"github.com/parlor-sse/parlor/cmd/parlor/bench/ssecheck"
	"github.com/parlor-sse/parlor/cmd/parlor/bench/traffic"
)

// Run is the load client process: it does what in asks for until in ends.
func Run(ctx context.Context, in io.Reader, out io.Writer) error {
	clock, err := traffic.NewClock()
	if err != nil {
		return err
	}
	c, err := newClient(clock)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	looped := make(chan error, 1)
	go func() {
		err := c.loop(ctx)
		cancel() // no operation can be answered without the loop
		looped <- err
	}()
	err = control.Serve(ctx, in, out, c.handle)
	cancel()
	c.wake()
	if loopErr := <-looped; loopErr != nil {
		return loopErr
	}
	return err
}

// handle performs one operation of the control protocol.
func (c *client) handle(ctx context.Context, op string, raw json.RawMessage) (any, error) {
	switch op {
	case OpConnect:
		spec, err := control.Args[ConnectSpec](raw)
		if err != nil {
			return nil, err
		}
		return c.connect(ctx, spec)
	case OpBegin:
		return nil, c.do(ctx, c.beginWindow)
	case OpEnd:
		var report WindowReport
		err := c.do(ctx, func() { report = c.endWindow() })
		return report, err
	case OpState:
		var report StateReport
		err := c.do(ctx, func() { report = c.state() })
		return report, err
	case OpSettle:
		spec, err := control.Args[SettleSpec](raw)
		if err != nil {
			return nil, err
		}
		return c.settle(ctx, spec)
	case OpClose:
		return nil, c.do(ctx, c.closeAll)
	}
	return nil, fmt.Errorf("unknown operation %q", op)
}

// beginWindow starts counting anew for a WindowReport.
func (c *client) beginWindow() {
	if c.checker == nil {
		return
	}
	c.window = c.checker.Tally
	c.checker.Latency.Reset()
}

// endWindow is what arrived since beginWindow.
func (c *client) endWindow() WindowReport {
	report := WindowReport{Latency: new(histogram.Histogram)}
	if c.checker != nil {
		report.Tally = c.checker.Tally.Sub(c.window)
		report.Latency.Merge(&c.checker.Latency)
	}
	return report
}

// state counts the streams. The report's histogram is a copy: the loop goes on
// with its own.
func (c *client) state() StateReport {
	report := StateReport{Closed: c.closed, First: new(histogram.Histogram)}
	report.First.Merge(&c.first)
	if c.checker != nil {
		report.Tally = c.checker.Tally
	}
	for i := range c.streams {
		s := &c.streams[i]
		if s.state != open {
			continue
		}
		report.Open++
		if !s.heard {
			report.Waiting++
		}
	}
	return report
}

// connect opens streams and waits until each is open or has failed.
func (c *client) connect(ctx context.Context, spec ConnectSpec) (ConnectReport, error) {
	d, err := newDialing(spec, c.clock)
	if err != nil {
		return ConnectReport{}, err
	}
	if err := c.do(ctx, func() { c.startDialing(d) }); err != nil {
		return ConnectReport{}, err
	}
	select {
	case report := <-d.done:
		return report, nil
	case <-ctx.Done():
		return ConnectReport{}, context.Cause(ctx)
	}
}

// settle waits until all streams have got everything, or the time is over.
func (c *client) settle(ctx context.Context, spec SettleSpec) (SettleReport, error) {
	s := newSettling(spec, c.clock)
	if err := c.do(ctx, func() { c.settling = s }); err != nil {
		return SettleReport{}, err
	}
	select {
	case report := <-s.done:
		return report, nil
	case <-ctx.Done():
		return SettleReport{}, context.Cause(ctx)
	}
}

// startDialing makes the loop open the streams of d.
func (c *client) startDialing(d *dialing) {
	if c.checker == nil {
		c.checker = ssecheck.NewChecker(d.spec.Mode, d.spec.Sources)
	}
	c.poll = d.spec.Poll
	c.dialing = d
}
