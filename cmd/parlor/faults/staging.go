package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/parlor-sse/parlor/cmd/parlor/faults/broker"
	"github.com/parlor-sse/parlor/cmd/parlor/faults/checker"
	"github.com/parlor-sse/parlor/cmd/parlor/faults/client"
	"github.com/parlor-sse/parlor/cmd/parlor/faults/fault"
	"github.com/parlor-sse/parlor/cmd/parlor/faults/figures"
	"github.com/parlor-sse/parlor/cmd/parlor/faults/history"
	"github.com/parlor-sse/parlor/cmd/parlor/faults/network"
	"github.com/parlor-sse/parlor/cmd/parlor/faults/run"
)

const (
	// warmUp is how long clients are at work before the fault, and calm after the
	// cluster is whole again.
	warmUp = 3 * time.Second
	calm   = 5 * time.Second
	// wholeTime bounds how long the cluster may take to be whole, at first and
	// after the fault, and catchUpTime how long streams may then take to have
	// everything.
	wholeTime   = 60 * time.Second
	catchUpTime = 30 * time.Second
	// handOverTime bounds how long the broker may then take to be given everything:
	// what failed is tried again after longer and longer pauses.
	handOverTime = 2 * time.Minute
	// keyed is the share of messages that have an Idempotency-Key.
	keyed = 0.8
)

// staging is one run: a cluster, its clients and a fault.
type staging struct {
	opt  options
	kind fault.Kind
	seed uint64
	dir  string

	network  network.Network
	rooms    []string
	history  int
	recorder *history.Recorder
	broker   *broker.Broker // nil if the nodes have none
	cluster  *run.Cluster
	nodes    client.Nodes
	observer *client.Observer
	audience *client.Subscribers
	press    *client.Publishers
}

func newStaging(o options, kind fault.Kind, seed uint64, dir string, n network.Network) *staging {
	s := &staging{opt: o, kind: kind, seed: seed, dir: dir, network: n, history: o.history}
	if s.history == 0 {
		// The shorter it is the sooner gaps are due, the longer the more of what
		// the disks hold is compared.
		s.history = []int{10, 200}[seed%2]
	}
	for i := range o.rooms {
		s.rooms = append(s.rooms, fmt.Sprintf("room%d", i))
	}
	return s
}

// run makes the run and judges it. Processes never outlive it.
func (s *staging) run(ctx context.Context) (figures.Row, error) {
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return figures.Row{}, err
	}
	path := filepath.Join(s.dir, history.FileName)
	var err error
	if s.recorder, err = history.Create(path); err != nil {
		return figures.Row{}, err
	}
	err = s.stage(ctx)
	if closed := s.recorder.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return figures.Row{}, err
	}
	h, err := history.Load(path)
	if err != nil {
		return figures.Row{}, err
	}
	return figures.New(h, checker.Check(h)), nil
}

// stage goes through all phases.
func (s *staging) stage(ctx context.Context) error {
	defer func() {
		if s.broker != nil {
			s.broker.Stop()
		}
	}()
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer func() { _ = s.network.Heal() }() // a run that failed may have left links cut
	defer s.cluster.Kill()
	if err := s.cluster.Start(ctx); err != nil {
		return err
	}
	s.startClients(ctx)
	// Both may be stopped before, and can be stopped twice.
	defer s.observer.Stop()
	defer s.audience.Stop()
	if err := s.whole(ctx); err != nil {
		return err
	}
	s.press = client.StartPublishers(ctx, client.Load{Rooms: s.rooms, Rate: s.rate(), Keyed: keyed, Seed: s.seed}, &s.nodes, s.recorder)
	s.recorder.Phase(history.Loading)
	if err := s.hurt(ctx); err != nil {
		s.press.Stop()
		return err
	}
	if err := s.settle(ctx); err != nil {
		return err
	}
	return s.collect(ctx)
}

// begin prepares everything up to the first process.
func (s *staging) begin(ctx context.Context) error {
	header := history.Run{
		Fault: s.kind.Name, Seed: s.seed, Began: time.Now().Format(time.RFC3339), Network: s.network.Kind(),
		Replicas: s.opt.replicas, History: s.history, Rooms: s.rooms, Rate: s.rate(), Broker: s.opt.kafka || s.kind.Broker,
	}
	if s.opt.nodes == 1 {
		header.Replicas = 1
	}
	for i := range s.opt.nodes {
		header.Nodes = append(header.Nodes, run.NodeName(i))
	}
	s.recorder.Note(header)
	args, err := s.serverArgs(header.Broker)
	if err != nil {
		return err
	}
	s.cluster, err = run.New(ctx, run.Config{
		Binary: s.opt.parlor, Dir: s.dir, Nodes: s.opt.nodes, Spare: s.kind.Spare, Replicas: s.opt.replicas,
		History: s.history, Plain: s.opt.plain, Args: args, Network: s.network,
	})
	if err != nil {
		return err
	}
	nodes := s.cluster.Nodes()
	last := nodes[len(nodes)-1]
	switch {
	case s.kind.SmallDisk > 0:
		return run.MountDisk(last.Data, s.kind.SmallDisk)
	case s.kind.FailingDisk:
		_, err = run.MountFailingDisk(ctx, last.Data)
	}
	return err
}

// serverArgs returns the flags that come last, and starts the broker that they
// may be about.
func (s *staging) serverArgs(withBroker bool) ([]string, error) {
	if !withBroker {
		return s.opt.serverArgs, nil
	}
	var err error
	if s.broker, err = broker.Start(s.network.Hub(), filepath.Join(s.dir, "broker"), s.recorder); err != nil {
		return nil, err
	}
	return slices.Concat(s.broker.Flags(), s.opt.serverArgs), nil
}

// startClients tells clients of the nodes, and starts all but the publishers.
func (s *staging) startClients(ctx context.Context) {
	var known []client.Node
	for _, n := range s.cluster.Nodes() {
		known = append(known, client.Node{Name: n.Name, Address: n.Public()})
	}
	s.nodes.Set(known)
	s.observer = client.StartObserver(ctx, s.rooms, &s.nodes, s.recorder)
	s.audience = client.StartSubscribers(ctx, client.Audience{
		Subscribers: s.opt.subscribers, Rooms: s.rooms, Seed: s.seed,
	}, &s.nodes, s.recorder)
}

// hurt does the fault, and undoes it.
func (s *staging) hurt(ctx context.Context) error {
	if err := pass(ctx, s.scaled(warmUp)); err != nil {
		return err
	}
	stage := &fault.Stage{
		Cluster: s.cluster, Network: s.network, Nodes: &s.nodes, Observer: s.observer, Recorder: s.recorder, Broker: s.broker,
		Rooms: s.rooms, Rand: rand.New(rand.NewPCG(s.seed, 0)),
	}
	scope, err := s.kind.Inject(ctx, stage)
	if err != nil {
		return fmt.Errorf("inject %s: %w", s.kind.Name, err)
	}
	done := history.Fault{Name: s.kind.Name, Start: s.recorder.Now(), Nodes: scope.Nodes, Isolated: scope.Isolated, Note: scope.Note}
	hold := s.scaled(s.kind.Hold)
	if s.opt.duration > 0 {
		hold = s.opt.duration
	}
	err = pass(ctx, hold)
	done.End = s.recorder.Now()
	s.recorder.Note(done)
	if err == nil && scope.Heal != nil {
		err = scope.Heal(ctx)
	}
	if err != nil {
		return fmt.Errorf("undo %s: %w", s.kind.Name, err)
	}
	s.recorder.Phase(history.Healed)
	return nil
}

// scaled shortens a time if all shall be short.
func (s *staging) scaled(d time.Duration) time.Duration {
	if s.opt.short {
		return d / shortened
	}
	return d
}

func (s *staging) rate() float64 {
	if s.opt.short {
		return s.opt.rate / shortened
	}
	return s.opt.rate
}

// pass lets time pass.
func pass(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}
