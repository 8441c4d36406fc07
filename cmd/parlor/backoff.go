package main

import (
	"context"
	"math/rand/v2"
	"time"
)

// backoff yields growing pauses between attempts. The zero pause count starts
// over.
type backoff struct {
	least time.Duration // the first pause, before jitter
	most  time.Duration
	tries int // pauses so far
}

// next returns the next pause: twice as long as the one before, up to most,
// less up to half of it at random, so that clients which failed together do
// not come back together.
func (b *backoff) next() time.Duration {
	d := b.least
	for range b.tries {
		if d >= b.most {
			break
		}
		d *= 2
	}
	b.tries++
	return jitter(min(d, b.most))
}

// jitter returns d less up to half of it.
func jitter(d time.Duration) time.Duration {
	if d <= 1 {
		return d
	}
	return d - rand.N(d/2)
}

// pause waits for d, or until ctx ends, whose error it returns then.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
