package serve

import (
	"context"
	"io"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/actors/kafka"
	"github.com/parlor-sse/parlor/actors/webhook"
	"github.com/parlor-sse/parlor/cluster"
	"github.com/parlor-sse/parlor/httpfront"
	"github.com/parlor-sse/parlor/persistence"
)

// Node is a running node as its program sees it. All methods may be called from
// any goroutine; once Run has returned, the rooms are closed.
type Node struct {
	// Static after newNode.
	program     Program
	cfg         config
	log         *slog.Logger
	registry    *prometheus.Registry
	incarnation uint64 // of this process

	// Opened one after the other, static once the program sees the node.
	ready       *os.File // told the addresses; nil for nobody
	public      net.Listener
	admin       net.Listener // nil if switched off
	store       persistence.Store
	committer   *persistence.Committer
	cluster     *cluster.Cluster // nil on a node of its own
	roomsConfig actors.Config
	edgeConfig  httpfront.Config
	producer    *kafka.Producer // nil without a topic
	hooks       *webhook.Sink   // nil without a webhook
	rooms       *actors.System
	consumer    *kafka.Consumer // nil without a topic to consume
	server      *httpfront.Server
	adminSrv    *httpfront.Admin // nil if switched off
	closers     []func()

	tasks sync.WaitGroup // what run has started besides the servers and the program
}

// newNode returns a node that has opened nothing and runs nothing.
func newNode(p Program, cfg config, stderr io.Writer) *Node {
	n := &Node{
		program: p, cfg: cfg, log: newLogger(cfg, stderr), registry: prometheus.NewRegistry(),
		incarnation: uint64(time.Now().UnixNano()),
	}
	n.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return n
}

func newLogger(cfg config, w io.Writer) *slog.Logger {
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

// Rooms returns the rooms of the whole cluster, as this node reaches them.
func (n *Node) Rooms() *actors.System { return n.rooms }

// Logger returns the node's logger, with the program's name as the component.
func (n *Node) Logger() *slog.Logger { return n.log.With("component", n.program.name()) }

// Name returns the node's name, by which the ring knows it.
func (n *Node) Name() string { return n.cfg.node }

// Addr returns the public address, with the port that the system picked if none
// was asked for.
func (n *Node) Addr() net.Addr { return n.public.Addr() }

// Registry takes metrics of the program's own, which GET /metrics shows on the
// admin address.
func (n *Node) Registry() prometheus.Registerer { return n.registry }

// serve runs the node until ctx ends, and then drains it.
func (n *Node) serve(ctx context.Context) error {
	// Each step needs what the ones before it opened. They are closed in the
	// opposite order, also when a later one fails.
	steps := []func(context.Context) error{
		n.takeReady, n.listen, n.openStore, n.openCluster, n.openSinks, n.configure, n.openRooms, n.openHTTP, n.openConsumer,
	}
	defer n.close()
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return n.run(ctx)
}

func (n *Node) onClose(f func()) { n.closers = append(n.closers, f) }

func (n *Node) close() {
	for i := len(n.closers) - 1; i >= 0; i-- {
		n.closers[i]()
	}
}
