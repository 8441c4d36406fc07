package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/parlor-sse/parlor/cmd/parlor/bench/histogram"
	"github.com/parlor-sse/parlor/cmd/parlor/bench/traffic"
)

// ErrThresholds says that a load test showed less than it should.
var ErrThresholds = errors.New("the nodes missed a threshold")

// stateInterval is how often the streams are asked whether all have had an event.
const stateInterval = 100 * time.Millisecond

// loadTest opens streams at running nodes in stages, while a counter is
// published, and judges how they took it.
func loadTest(ctx context.Context, opt options, stdout io.Writer) error {
	exe, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	room := traffic.Rooms{Prefix: fmt.Sprintf("bench-load-%d-%d", os.Getpid(), time.Now().Unix()), Count: 1}
	people, err := openCrowd(ctx, exe, opt, room)
	if err != nil {
		return err
	}
	defer people.close()
	numbers, err := newCounter(opt, room)
	if err != nil {
		return err
	}
	publishing, stop := context.WithCancel(ctx)
	var published sync.WaitGroup
	published.Go(func() { numbers.run(publishing) })
	figures, err := people.climb(ctx, stdout)
	stop()
	published.Wait()
	if err != nil {
		return err
	}
	return conclude(stdout, figures, numbers)
}

// climb goes through all stages, and waits at the end for streams that have had
// no event yet, but not for longer than the threshold allows.
func (c *crowd) climb(ctx context.Context, w io.Writer) (loadFigures, error) {
	f := loadFigures{head: new(histogram.Histogram)}
	fmt.Fprintf(w, "%d nodes, %d readers, a message every %v\n\n", len(c.opt.nodes), len(c.readers), interval(c.opt.rate))
	for _, streams := range c.opt.streams {
		opened, err := c.grow(ctx, streams)
		if err != nil {
			return f, err
		}
		f.asked = streams
		f.failed += opened.Failed
		f.head.Merge(opened.Head)
		held, err := c.hold(ctx, c.opt.duration)
		if err != nil {
			return f, err
		}
		if f.end, err = c.state(ctx); err != nil {
			return f, err
		}
		fmt.Fprintf(w, "%6d streams: %d open after %.1f s, %d received, half within %.3f s, 99%% within %.3f s\n",
			streams, f.end.Open, opened.Elapsed.Seconds(), held.Tally.Messages,
			held.Latency.Quantile(0.5).Seconds(), held.Latency.Quantile(0.99).Seconds())
		if opened.Error != "" {
			fmt.Fprintf(w, "        an error: %s\n", opened.Error)
		}
	}
	for deadline := time.Now().Add(maxFirstEvent); f.end.Waiting > 0 && time.Now().Before(deadline); {
		if !pause(ctx, stateInterval) {
			return f, context.Cause(ctx)
		}
		var err error
		if f.end, err = c.state(ctx); err != nil {
			return f, err
		}
	}
	return f, nil
}

// conclude prints the verdict. What is wrong with deliveries weighs more than a
// threshold.
func conclude(w io.Writer, f loadFigures, numbers *counter) error {
	fmt.Fprintf(w, "\n%d published, %d of them not accepted; %d received", numbers.accepted+numbers.failed, numbers.failed, f.end.Tally.Messages)
	if remarks := (check{Tally: f.end.Tally}).remarks(); remarks != "" {
		fmt.Fprintf(w, ": %s", remarks)
	}
	fmt.Fprint(w, "\n\n")
	if numbers.err != nil {
		fmt.Fprintf(w, "the last that was not accepted: %v\n\n", numbers.err)
	}
	met := printThresholds(w, f.thresholds())
	switch {
	case f.end.Tally.Wrong():
		return ErrWrongDeliveries
	case !met:
		return ErrThresholds
	}
	return nil
}
