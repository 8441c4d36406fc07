package floor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
	"time"

	"github.com/parlor-sse/parlor/cmd/parlor/bench/control"
	"github.com/parlor-sse/parlor/cmd/parlor/bench/histogram"
	"github.com/parlor-sse/parlor/cmd/parlor/bench/traffic"
)

// Run is the floor process: it does what in asks for until in ends.
func Run(ctx context.Context, in io.Reader, out io.Writer) error {
	clock, err := traffic.NewClock()
	if err != nil {
		return err
	}
	f := &server{clock: clock, size: traffic.MinSize}
	for range runtime.NumCPU() {
		f.shards = append(f.shards, newShard())
	}
	defer f.close()
	return control.Serve(ctx, in, out, f.handle)
}

// server is a floor server.
type server struct {
	clock    traffic.Clock
	shards   []*shard // one a core, as in the server that it is compared with
	listener *listener
	size     int    // bytes of a message
	seq      uint64 // of the last message
}

// handle performs one operation of the control protocol.
func (f *server) handle(ctx context.Context, op string, raw json.RawMessage) (any, error) {
	switch op {
	case OpListen:
		return f.listen()
	case OpDrop:
		f.drop()
		return nil, nil
	case traffic.OpOpen:
		spec, err := control.Args[traffic.OpenSpec](raw)
		f.size = spec.Size
		return nil, err
	case traffic.OpPublish:
		spec, err := control.Args[traffic.PublishSpec](raw)
		if err != nil {
			return nil, err
		}
		return f.publish(ctx, spec)
	}
	return nil, fmt.Errorf("unknown operation %q", op)
}

func (f *server) listen() (ListenReport, error) {
	if f.listener != nil {
		return ListenReport{}, errors.New("listens already")
	}
	l, err := listen(f.shards)
	if err != nil {
		return ListenReport{}, err
	}
	f.listener = l
	return ListenReport{Addr: l.addr}, nil
}

// close ends the listener and all connections.
func (f *server) close() {
	if f.listener != nil {
		f.listener.close()
	}
	f.drop()
}

// drop closes all connections.
func (f *server) drop() {
	for _, s := range f.shards {
		s.close()
	}
}

// publish sends events to all connections at a pace, or one after the other.
func (f *server) publish(ctx context.Context, spec traffic.PublishSpec) (traffic.PublishReport, error) {
	if f.listener == nil {
		return traffic.PublishReport{}, errors.New("does not listen")
	}
	report := traffic.PublishReport{Latency: new(histogram.Histogram)}
	begin := time.Now()
	var step time.Duration
	if spec.Rate > 0 {
		step = time.Duration(float64(time.Second) / spec.Rate)
	}
	frame := make([]byte, 0, 2*f.size)
	for at := begin; at.Before(begin.Add(spec.Duration)) && ctx.Err() == nil; {
		if wait := time.Until(at); wait > 0 {
			time.Sleep(wait)
		} else if step > 0 && -wait > step {
			report.Late++
		}
		sent := f.clock.Now()
		frame = f.render(frame[:0], sent)
		f.sweep(frame)
		report.Accepted++
		report.Latency.Record(f.clock.Now() - sent)
		if at = at.Add(step); step == 0 {
			at = time.Now()
		}
	}
	report.Elapsed = time.Since(begin)
	report.Rooms = []traffic.RoomReport{{Accepted: f.seq, LastID: fmt.Sprintf("1-%d", f.seq)}}
	return report, nil
}

// render appends the next event, with the lines and the length of the real
// server's events.
func (f *server) render(dst []byte, sent int64) []byte {
	dst = fmt.Appendf(dst, "id: 1-%d\nevent: broadcast\ndata: ", f.seq+1)
	dst = traffic.AppendMessage(dst, traffic.Message{N: uint32(f.seq), Sent: sent}, f.size)
	dst = dst[:len(dst)-1] // open the object again for the timestamp, as servers add one
	dst = append(dst, `,"timestamp":"`...)
	dst = time.Now().UTC().AppendFormat(dst, "2006-01-02T15:04:05.000Z")
	f.seq++
	return append(dst, "\"}\n\n"...)
}

// sweep sends the frame to all connections, all shards at the same time.
func (f *server) sweep(frame []byte) {
	var wg sync.WaitGroup
	for _, s := range f.shards {
		wg.Go(func() { s.send(frame) })
	}
	wg.Wait()
}
