// Package publisher is the benchmark's source of messages: it POSTs them over
// keep-alive connections, at a pace or as fast as they are answered, and counts
// what was acknowledged.
package publisher

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/parlor-sse/parlor/cmd/parlor/bench/control"
	"github.com/parlor-sse/parlor/cmd/parlor/bench/histogram"
	"github.com/parlor-sse/parlor/cmd/parlor/bench/ssecheck"
	"github.com/parlor-sse/parlor/cmd/parlor/bench/traffic"
)

// Run is the publisher process: it does what in asks for until in ends.
func Run(ctx context.Context, in io.Reader, out io.Writer) error {
	clock, err := traffic.NewClock()
	if err != nil {
		return err
	}
	p := &publisher{clock: clock}
	defer p.close()
	return control.Serve(ctx, in, out, p.handle)
}

// publisher is all the connections of one run.
type publisher struct {
	clock   traffic.Clock
	spec    traffic.OpenSpec
	sources []*source

	mu    sync.Mutex
	rooms []roomTotal // by room; guarded by mu
}

// roomTotal is what a room has acknowledged.
type roomTotal struct {
	accepted uint64
	last     ssecheck.Position
}

// handle performs one operation of the control protocol.
func (p *publisher) handle(ctx context.Context, op string, raw json.RawMessage) (any, error) {
	switch op {
	case traffic.OpOpen:
		spec, err := control.Args[traffic.OpenSpec](raw)
		if err != nil {
			return nil, err
		}
		return nil, p.open(spec)
	case traffic.OpPublish:
		spec, err := control.Args[traffic.PublishSpec](raw)
		if err != nil {
			return nil, err
		}
		return p.publish(ctx, spec)
	}
	return nil, fmt.Errorf("unknown operation %q", op)
}

// open connects all sources.
func (p *publisher) open(spec traffic.OpenSpec) error {
	if spec.Connections < 1 || spec.Connections > traffic.MaxSources || spec.Rooms.Count < 1 {
		return fmt.Errorf("%d connections to %d rooms", spec.Connections, spec.Rooms.Count)
	}
	p.close()
	p.spec = spec
	p.rooms = make([]roomTotal, spec.Rooms.Count)
	for i := range spec.Connections {
		s := newSource(p, i)
		if err := s.post.dial(); err != nil {
			return err
		}
		p.sources = append(p.sources, s)
	}
	return nil
}

// close cuts all connections.
func (p *publisher) close() {
	for _, s := range p.sources {
		s.post.close()
	}
	p.sources = nil
}

// publish runs the first spec.Concurrency sources and waits for them all.
func (p *publisher) publish(ctx context.Context, spec traffic.PublishSpec) (traffic.PublishReport, error) {
	n := spec.Concurrency
	if n < 1 || n > len(p.sources) {
		return traffic.PublishReport{}, fmt.Errorf("%d of %d connections", n, len(p.sources))
	}
	var next atomic.Int64 // the next room, if each gets one message
	var wg sync.WaitGroup
	begin := time.Now()
	for i, s := range p.sources[:n] {
		s.reset()
		wg.Go(func() {
			switch {
			case spec.Each:
				s.publishEach(ctx, &next)
			case spec.Rate > 0:
				s.publishPaced(ctx, begin.Add(spec.Duration), pace{
					first: begin.Add(interval(spec.Rate, i)),
					step:  interval(spec.Rate, n),
				})
			default:
				s.publishFast(ctx, begin.Add(spec.Duration))
			}
		})
	}
	wg.Wait()
	report := p.report(p.sources[:n], spec.Each)
	report.Elapsed = time.Since(begin)
	return report, context.Cause(ctx)
}

// interval is the time that n messages take at a rate a second.
func interval(rate float64, n int) time.Duration {
	return time.Duration(float64(n) / rate * float64(time.Second))
}

// report adds up what the sources counted.
func (p *publisher) report(sources []*source, each bool) traffic.PublishReport {
	report := traffic.PublishReport{Latency: new(histogram.Histogram)}
	for _, s := range sources {
		report.Accepted += s.accepted
		report.Refused += s.refused
		report.Unknown += s.unknown
		report.Late += s.late
		report.Latency.Merge(&s.latency)
		if report.Error == "" && s.lastErr != nil {
			report.Error = s.lastErr.Error()
		}
	}
	if each {
		return report
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, room := range p.rooms {
		r := traffic.RoomReport{Accepted: room.accepted}
		if room.last != (ssecheck.Position{}) {
			r.LastID = room.last.String()
		}
		report.Rooms = append(report.Rooms, r)
	}
	return report
}

// acknowledged counts an accepted message of a room.
func (p *publisher) acknowledged(room int, id ssecheck.Position) {
	p.mu.Lock()
	defer p.mu.Unlock()
	total := &p.rooms[room]
	total.accepted++
	if id.After(total.last) {
		total.last = id
	}
}

// errTooManyFailures ends a source whose server has evidently gone.
var errTooManyFailures = errors.New("too many failures in a row")
