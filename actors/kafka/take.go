package kafka

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/parlor-sse/parlor/actors"
)

const (
	firstPause  = 100 * time.Millisecond // between two attempts to publish, at first
	longPause   = 5 * time.Second        // at most
	maxFailures = 5                      // attempts that a room's code may fail at
)

// take publishes one record of a source, however often that has to be tried, or passes it
// over because that is of no use. The error is that of ctx, which ended before.
func (c *Consumer) take(ctx context.Context, source string, r *kgo.Record) error {
	p, err := publicationOf(source, r)
	failures := 0
	for pause := firstPause; err == nil; pause = min(2*pause, longPause) {
		if err = c.publish(ctx, p); err == nil {
			c.outage.note(nil)
			c.metrics.consumed.Inc()
			return nil
		}
		if errors.Is(err, actors.ErrFailed) || errors.Is(err, actors.ErrAnswerSize) {
			failures++
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if why := poisonIn(err, failures); why != "" {
			err = why
			break
		}
		c.outage.note(err)
		c.metrics.retried.Inc()
		if err = wait(ctx, pause); err != nil {
			return err
		}
	}
	c.metrics.skipped.WithLabelValues(string(reasonOf(err))).Inc()
	c.log.Warn("a record is passed over", "partition", r.Partition, "offset", r.Offset, "reason", reasonOf(err))
	return nil
}

// publish makes one attempt, when there is a place for it.
func (c *Consumer) publish(ctx context.Context, p actors.Publication) error {
	select {
	case c.places <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-c.places }()
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Patience)
	defer cancel()
	receipt, err := c.cfg.Publish(ctx, p)
	if receipt.Duplicate {
		c.metrics.repeated.Inc()
	}
	return err
}

// poisonIn returns why a record will never be published, or "" if another attempt
// may succeed; failures counts those at which the room's code failed.
func poisonIn(err error, failures int) poison {
	var no *actors.Refusal
	switch {
	case errors.As(err, &no), errors.Is(err, actors.ErrBadRoom), errors.Is(err, actors.ErrTorn),
		errors.Is(err, actors.ErrBadEvent), errors.Is(err, actors.ErrBadData):
		return poisonRefused
	case failures >= maxFailures:
		return poisonFailed
	}
	return ""
}

// reasonOf returns the poison that err is.
func reasonOf(err error) poison {
	var why poison
	errors.As(err, &why)
	return why
}

// wait waits for about that long. The error is that of ctx, if it ends before.
func wait(ctx context.Context, about time.Duration) error {
	timer := time.NewTimer(about/2 + rand.N(about))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
