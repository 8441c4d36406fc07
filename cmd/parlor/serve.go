package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"golang.org/x/sync/errgroup"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/actors/fanout"
	"github.com/parlor-sse/parlor/cluster"
	"github.com/parlor-sse/parlor/httpfront"
	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/pebblestore"
)

// stopGrace bounds how long requests in progress may take once streams are
// closed.
const stopGrace = 10 * time.Second

// serve runs a node until ctx ends, and then drains it.
func serve(ctx context.Context, cfg serveConfig, stdout, stderr io.Writer) error {
	// Writers sweep thousands of sockets without telling the scheduler; a spare
	// processor keeps new connections from waiting for them.
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(runtime.NumCPU() + 1)
	}
	n := &serving{
		cfg: cfg, log: newLogger(cfg, stderr), registry: prometheus.NewRegistry(),
		incarnation: uint64(time.Now().UnixNano()),
	}
	// Before anything is opened: later the number could stand for a file of ours.
	var err error
	if n.ready, err = openReady(cfg.readyFD); err != nil {
		return err
	}
	n.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))

	// Each step needs what the ones before it opened. They are closed in the
	// opposite order, also when a later one fails.
	steps := []func(context.Context) error{n.listen, n.openStore, n.openCluster, n.openRooms, n.openHTTP}
	defer n.close()
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return n.run(ctx, stdout)
}

// serving is a node in the making, at work, and on its way out.
type serving struct {
	cfg         serveConfig
	log         *slog.Logger
	registry    *prometheus.Registry
	ready       *os.File // told the addresses; nil for nobody
	public      net.Listener
	admin       net.Listener // nil if switched off
	incarnation uint64       // of this process
	store       persistence.Store
	committer   *persistence.Committer
	cluster     *cluster.Cluster // nil on a node of its own
	rooms       *actors.System
	server      *httpfront.Server
	adminSrv    *httpfront.Admin
	closers     []func()
}

func newLogger(cfg serveConfig, w io.Writer) *slog.Logger {
	opts := &slog.HandlerOptions{Level: cfg.logLevel}
	var handler slog.Handler = slog.NewTextHandler(w, opts)
	if cfg.logFormat == "json" {
		handler = slog.NewJSONHandler(w, opts)
	}
	log := slog.New(handler)
	if cfg.cluster != "" { // logs of several nodes are read together
		log = log.With("node", cfg.node)
	}
	return log
}

func (n *serving) onClose(f func()) { n.closers = append(n.closers, f) }

func (n *serving) close() {
	for i := len(n.closers) - 1; i >= 0; i-- {
		n.closers[i]()
	}
}

// listen takes the addresses first: they are what most often is not free.
func (n *serving) listen(ctx context.Context) error {
	ln, err := httpfront.Listen(ctx, "tcp", n.cfg.listen)
	if err != nil {
		return fmt.Errorf("public address: %w", err)
	}
	n.onClose(func() { _ = ln.Close() })
	n.public = ln
	if n.cfg.certificate != nil {
		n.public = tls.NewListener(ln, &tls.Config{
			Certificates: []tls.Certificate{*n.cfg.certificate},
			MinVersion:   tls.VersionTLS12,
			NextProtos:   []string{"http/1.1"},
		})
	}
	if n.cfg.admin == "" {
		return nil
	}
	if n.admin, err = (&net.ListenConfig{}).Listen(ctx, "tcp", n.cfg.admin); err != nil {
		return fmt.Errorf("admin address: %w", err)
	}
	n.onClose(func() { _ = n.admin.Close() })
	return nil
}

// openStore opens the data directory and the commit pipeline over it.
func (n *serving) openStore(context.Context) error {
	store, err := pebblestore.Open(n.cfg.data, pebblestore.Config{
		History: n.cfg.history, Sync: n.cfg.durability == fsync || n.cfg.durability == quorumFsync,
		Logger: n.log, Registerer: n.registry, Fatal: n.die,
	})
	if err != nil {
		return dataError(err)
	}
	n.onClose(func() {
		if err := store.Close(); err != nil {
			n.log.Error("store not closed cleanly", "err", err)
		}
	})
	committer, err := persistence.OpenCommitter(store, persistence.CommitterConfig{
		Failed: n.die, Registerer: n.registry,
	})
	if err != nil {
		return err
	}
	n.onClose(func() { _ = committer.Close() })
	n.store, n.committer = store, committer
	return nil
}

// openRooms starts rooms and streams over the store.
func (n *serving) openRooms(context.Context) error {
	c, cfg := n.cfg, actors.DefaultConfig()
	cfg.Store, cfg.Committer = n.store, n.committer
	cfg.Node, cfg.Durability = c.node, c.durability
	if n.cluster == nil {
		cfg.Ring = cluster.Alone(c.node)
	} else {
		cfg.Cluster, cfg.Remote, cfg.Incarnation = n.cluster, n.remote(), n.incarnation
	}
	cfg.History, cfg.Update, cfg.Heartbeat, cfg.Idle = c.history, c.update, c.heartbeat, c.idle
	cfg.QueueMessages, cfg.QueueBytes = c.queueMessages, c.queueBytes
	cfg.Logger, cfg.Registerer = n.log, n.registry
	for _, p := range []fanout.Policy{fanout.Close, fanout.Gap, fanout.Latest} {
		if p.String() == c.slow {
			cfg.Slow = p
		}
	}
	rooms, err := actors.Open(cfg)
	if err != nil {
		return err
	}
	n.onClose(rooms.Close)
	n.rooms = rooms
	return nil
}

// openHTTP makes the servers; run starts them.
func (n *serving) openHTTP(context.Context) error {
	cfg := httpfront.Default()
	cfg.Version, cfg.Node = version(), n.cfg.node
	cfg.Origins, cfg.Hosts = n.cfg.corsOrigins, n.cfg.hosts
	cfg.MaxStreamsPerIP, cfg.MaxConnections = n.cfg.streamsPerIP, n.cfg.maxConnections
	cfg.Logger, cfg.Registry = n.log, n.registry
	server, err := httpfront.New(cfg, front{n.rooms})
	if err != nil {
		return err
	}
	n.server = server
	server.SetReady(n.cluster == nil) // in a cluster, once there is a ring
	if n.admin != nil {
		n.adminSrv = httpfront.NewAdmin(server, n.registry)
	}
	return nil
}

// front shows the rooms to the HTTP edge, which names its own interfaces.
type front struct{ *actors.System }

// Subscribe implements httpfront.Rooms.
func (f front) Subscribe(ctx context.Context, r actors.SubscribeRequest) (httpfront.Stream, error) {
	sub, err := f.System.Subscribe(ctx, r)
	if err != nil {
		return nil, err
	}
	return sub, nil
}

// run serves until ctx ends and then stops, each step for a reason.
func (n *serving) run(ctx context.Context, stdout io.Writer) error {
	var servers errgroup.Group
	servers.Go(func() error { return n.server.Serve(n.public) })
	if n.adminSrv != nil {
		servers.Go(func() error { return n.adminSrv.Serve(n.admin) })
	}
	go giveBack(ctx)
	n.announce(stdout)
	failed := make(chan error, 1)
	go func() { failed <- servers.Wait() }()
	select {
	case err := <-failed:
		return errors.Join(errors.New("a server ended by itself"), err)
	case err := <-n.inCluster(ctx):
		return err
	case <-ctx.Done():
	}
	n.stop()
	return <-failed
}

// stop takes the node out of service. The signal's context has ended, so the
// steps have bounds of their own.
func (n *serving) stop() {
	n.log.Info("draining", "streams", n.rooms.Stats().Streams, "over", n.cfg.drain)
	// First no balancer sends anybody here any more.
	n.server.SetReady(false)
	// Then other nodes take the rooms over, while streams and publishers here go
	// on by way of them.
	n.handOver()
	// Then streams end, spread out, while publishing goes on: a client that is
	// told to come back elsewhere has lost nothing.
	n.rooms.Drain(context.Background(), drainTime(n.rooms.Stats().Streams, n.cfg.drain))
	// Requests in progress are finished while rooms can still answer them.
	ctx, cancel := context.WithTimeout(context.Background(), stopGrace)
	defer cancel()
	if err := n.server.Shutdown(ctx); err != nil {
		n.log.Warn("requests cut off", "err", err)
	}
	n.rooms.Close()
	// The admin address is the last to go: it tells how the rest went.
	if n.adminSrv != nil {
		_ = n.adminSrv.Shutdown(ctx)
	}
	n.log.Info("stopped")
}

// drainPace is how many streams a second are closed when there are few: it is
// the herd that the drain's time is for, not a handful.
const drainPace = 1000

// drainTime returns over what time to close so many streams.
func drainTime(streams int, most time.Duration) time.Duration {
	return min(most, time.Duration(streams)*time.Second/drainPace)
}

// announce says where the node is reached.
func (n *serving) announce(stdout io.Writer) {
	scheme, admin := "http", ""
	if n.cfg.certificate != nil {
		scheme = "https"
	}
	if n.admin != nil {
		admin = n.admin.Addr().String()
	}
	n.log.Info("serving", "url", scheme+"://"+n.public.Addr().String(), "admin", admin,
		"data", n.cfg.data, "node", n.cfg.node, "durability", n.cfg.durability)
	if n.ready != nil {
		fmt.Fprintf(n.ready, "listen=%s admin=%s\n", n.public.Addr(), admin)
		_ = n.ready.Close()
	}
}

// die ends the process when the disk can no longer be trusted: what was not
// acknowledged is of unknown fate, and a failed fsync must not be tried again.
func (n *serving) die(err error) {
	n.log.Error("the disk failed; stopping at once", "err", err)
	os.Exit(exitFailure)
}
