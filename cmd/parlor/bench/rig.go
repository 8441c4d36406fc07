package bench

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/parlor-sse/parlor/cmd/parlor/bench/histogram"
	"github.com/parlor-sse/parlor/cmd/parlor/bench/loadclient"
	"github.com/parlor-sse/parlor/cmd/parlor/bench/procstat"
	"github.com/parlor-sse/parlor/cmd/parlor/bench/traffic"
)

const (
	// perReader is how many streams one reader process holds: fewer than the
	// usual limit of 20,000 descriptors.
	perReader = 15_000
	// connectsInFlight is how many streams are being opened at the same time.
	connectsInFlight = 256
	// connectWait bounds the opening of all streams.
	connectWait = time.Minute
	// settleWait bounds the wait for messages on their way.
	settleWait = 10 * time.Second
	// spareFiles are descriptors that a server needs besides its streams.
	spareFiles = 300
)

// rig is one server with its readers and its source of messages.
type rig struct {
	exe       string
	server    *server
	rooms     traffic.Rooms
	readers   []*worker
	publisher *worker // nil if the server publishes by itself
	sources   int     // connections of the source
	accepted  []uint64
	lastIDs   []string
}

// open starts the publisher and connects it.
func (g *rig) open(ctx context.Context, connections, size int) error {
	g.sources = connections
	if g.server.source == nil {
		w, err := startWorker(ctx, g.exe, rolePublisher)
		if err != nil {
			return err
		}
		g.publisher = w
	}
	spec := traffic.OpenSpec{
		Addr: g.server.addr, Path: g.server.publishPath, Token: g.server.token, Rooms: g.rooms, Connections: connections, Size: size,
	}
	return g.source().Call(ctx, traffic.OpOpen, spec, nil)
}

func (g *rig) source() caller {
	if g.server.source != nil {
		return g.server.source
	}
	return g.publisher
}

// publish publishes, and remembers what was acknowledged.
func (g *rig) publish(ctx context.Context, spec traffic.PublishSpec) (traffic.PublishReport, error) {
	var report traffic.PublishReport
	if err := g.source().Call(ctx, traffic.OpPublish, spec, &report); err != nil {
		return report, err
	}
	g.accepted, g.lastIDs = nil, nil
	for _, room := range report.Rooms {
		g.accepted = append(g.accepted, room.Accepted)
		g.lastIDs = append(g.lastIDs, room.LastID)
	}
	return report, nil
}

// reader is the i-th reader process, started when needed.
func (g *rig) reader(ctx context.Context, i int) (*worker, error) {
	for len(g.readers) <= i {
		w, err := startWorker(ctx, g.exe, roleClient)
		if err != nil {
			return nil, err
		}
		g.readers = append(g.readers, w)
	}
	return g.readers[i], nil
}

// connectSpec is what connect and its like ask of readers.
func (g *rig) connectSpec(poll time.Duration) loadclient.ConnectSpec {
	return loadclient.ConnectSpec{
		Addr: g.server.addr, Path: g.server.connectPath, Token: g.server.token, Rooms: g.rooms,
		Mode: g.server.mode, Sources: g.sources, InFlight: connectsInFlight, Timeout: connectWait, Poll: poll,
	}
}

// connect opens streams, divided over as many readers as they need. One after
// the other: together they would only be in each other's way.
func (g *rig) connect(ctx context.Context, streams int, poll time.Duration) (loadclient.ConnectReport, error) {
	total := loadclient.ConnectReport{Head: new(histogram.Histogram)}
	if files, err := procstat.MaxFiles(); err == nil && streams > files-spareFiles {
		return total, fmt.Errorf("%d streams need more than the %d descriptors that a process may have", streams, files)
	}
	for i := 0; i*perReader < streams; i++ {
		spec := g.connectSpec(poll)
		spec.First = i * perReader
		spec.Streams = min(perReader, streams-spec.First)
		spec.SourceIP = sourceIP(i)
		part, err := g.connectOne(ctx, i, spec)
		if err != nil {
			return total, err
		}
		total.Connected += part.Connected
		total.Failed += part.Failed
		total.Elapsed += part.Elapsed
		total.Head.Merge(part.Head)
		if total.Error == "" {
			total.Error = part.Error
		}
	}
	if total.Connected == 0 {
		return total, fmt.Errorf("no stream could be opened: %s", total.Error)
	}
	return total, nil
}

// connectOne opens the streams of one reader.
func (g *rig) connectOne(ctx context.Context, i int, spec loadclient.ConnectSpec) (loadclient.ConnectReport, error) {
	var report loadclient.ConnectReport
	w, err := g.reader(ctx, i)
	if err != nil {
		return report, err
	}
	return report, w.Call(ctx, loadclient.OpConnect, spec, &report)
}

// sourceIP is the local address number i: one address has ports for about
// 28,000 connections to a server.
func sourceIP(i int) string { return "127.0.0." + strconv.Itoa(2+i%250) }

// atOnce does something with all of them at the same time, and waits for it.
func atOnce[T any](all []T, do func(i int, one T) error) error {
	errs := make([]error, len(all))
	var wg sync.WaitGroup
	for i, one := range all {
		wg.Go(func() { errs[i] = do(i, one) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// tellReaders performs an operation that has no result.
func (g *rig) tellReaders(ctx context.Context, op string) error {
	return atOnce(g.readers, func(_ int, w *worker) error { return w.Call(ctx, op, nil, nil) })
}

// askReaders performs an operation and gives the result of each reader.
func askReaders[T any](ctx context.Context, g *rig, op string, args any) ([]T, error) {
	results := make([]T, len(g.readers))
	return results, atOnce(g.readers, func(i int, w *worker) error { return w.Call(ctx, op, args, &results[i]) })
}

// settle waits until all readers have got everything acknowledged so far.
func (g *rig) settle(ctx context.Context) (loadclient.SettleReport, error) {
	parts, err := askReaders[loadclient.SettleReport](ctx, g, loadclient.OpSettle,
		loadclient.SettleSpec{Accepted: g.accepted, Timeout: settleWait})
	total := loadclient.SettleReport{Settled: true}
	for _, part := range parts {
		total.Settled = total.Settled && part.Settled
		total.Open += part.Open
		total.Closed += part.Closed
		total.Behind += part.Behind
		total.Tally.Add(part.Tally)
		total.LastIDs = append(total.LastIDs, part.LastIDs...)
	}
	return total, err
}

// begin begins a measured window.
func (g *rig) begin(ctx context.Context) error {
	return g.tellReaders(ctx, loadclient.OpBegin)
}

// end is what arrived in the window.
func (g *rig) end(ctx context.Context) (loadclient.WindowReport, error) {
	parts, err := askReaders[loadclient.WindowReport](ctx, g, loadclient.OpEnd, nil)
	total := loadclient.WindowReport{Latency: new(histogram.Histogram)}
	for _, part := range parts {
		total.Tally.Add(part.Tally)
		total.Latency.Merge(part.Latency)
	}
	return total, err
}

// disconnect closes all streams.
func (g *rig) disconnect(ctx context.Context) error {
	if err := g.tellReaders(ctx, loadclient.OpClose); err != nil || g.server.drop == nil {
		return err
	}
	return g.server.drop(ctx)
}

// cpu is the server's processor time so far; ok is false if it is not known.
func (g *rig) cpu() (used time.Duration, ok bool, err error) {
	pids, err := g.server.processes()
	if err != nil || len(pids) == 0 {
		return 0, false, err
	}
	used, err = procstat.CPU(pids)
	return used, err == nil, err
}

// close ends all processes: the readers first, so that the server has no
// streams to say goodbye to.
func (g *rig) close() {
	for _, reader := range g.readers {
		reader.stop()
	}
	if g.publisher != nil {
		g.publisher.stop()
	}
	g.server.stop()
}
