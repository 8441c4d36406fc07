package publisher

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/parlor-sse/parlor/cmd/parlor/bench/histogram"
	"github.com/parlor-sse/parlor/cmd/parlor/bench/traffic"
)

// maxFailures is how many messages in a row may fail before a source gives up;
// without a bound, a dead server would make it spin.
const maxFailures = 20

// failurePause is how long a source waits after a failure.
const failurePause = 20 * time.Millisecond

// source is one connection and the counter of its messages. It has one message
// under way at a time, so its messages are in order.
type source struct {
	parent *publisher
	index  int
	n      uint32 // number of the next message, over all operations
	post   poster
	body   []byte

	// Of the operation under way.
	accepted, refused, unknown, late uint64
	failures                         int // in a row
	latency                          histogram.Histogram
	lastErr                          error
}

func newSource(p *publisher, index int) *source {
	return &source{parent: p, index: index, post: poster{addr: p.spec.Addr}}
}

// reset forgets the counts of the last operation.
func (s *source) reset() {
	s.accepted, s.refused, s.unknown, s.late, s.failures, s.lastErr = 0, 0, 0, 0, 0, nil
	s.latency.Reset()
}

// home is the room that the source publishes to.
func (s *source) home() int { return s.index % s.parent.spec.Rooms.Count }

// pace says when a source sends.
type pace struct {
	first time.Time
	step  time.Duration
}

// publishPaced sends at fixed times, whether or not the server keeps up: a late
// message is sent at once, and counted.
func (s *source) publishPaced(ctx context.Context, end time.Time, p pace) {
	head := s.head(s.home())
	for at := p.first; at.Before(end); at = at.Add(p.step) {
		if wait := time.Until(at); wait > 0 {
			if !sleep(ctx, wait) {
				return
			}
		} else if -wait > p.step {
			s.late++
		}
		if ctx.Err() != nil || !s.one(ctx, head, s.home()) {
			return
		}
	}
}

// publishFast sends the next message as soon as the last one is answered.
func (s *source) publishFast(ctx context.Context, end time.Time) {
	head := s.head(s.home())
	for time.Now().Before(end) && ctx.Err() == nil {
		if !s.one(ctx, head, s.home()) {
			return
		}
	}
}

// publishEach sends one message to each room that no other source has taken.
func (s *source) publishEach(ctx context.Context, next *atomic.Int64) {
	for ctx.Err() == nil {
		room := int(next.Add(1)) - 1
		if room >= s.parent.spec.Rooms.Count {
			return
		}
		if !s.one(ctx, s.head(room), room) {
			return
		}
	}
}

// head is the head of a POST to a room.
func (s *source) head(room int) []byte {
	spec := s.parent.spec
	return fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n",
		spec.Rooms.Path(spec.Path, room), spec.Addr, traffic.Authorization(spec.Token), max(spec.Size, traffic.MinSize))
}

// one sends one message and counts its outcome; false means that the source
// should stop.
func (s *source) one(ctx context.Context, head []byte, room int) bool {
	sent := s.parent.clock.Now()
	s.body = append(s.body[:0], head...)
	s.body = traffic.AppendMessage(s.body, traffic.Message{Source: uint32(s.index), N: s.n, Sent: sent}, s.parent.spec.Size)
	id, err := s.post.send(s.body)

	var refused *refusal
	switch {
	case err == nil:
		s.n++
		s.accepted++
		s.failures = 0
		s.latency.Record(s.parent.clock.Now() - sent)
		s.parent.acknowledged(room, id)
		return true
	case errors.As(err, &refused):
		// A refused message was never delivered: its number is used again, so
		// that readers who count do not miss it.
		s.refused++
	default:
		s.n++
		s.unknown++
	}
	s.lastErr = err
	s.failures++
	if s.failures >= maxFailures {
		s.lastErr = fmt.Errorf("%w: %w", errTooManyFailures, err)
		return false
	}
	return sleep(ctx, failurePause)
}

// sleep waits, and reports whether ctx lasted that long.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
