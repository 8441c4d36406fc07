package remoting

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/asynkron/protoactor-go/eventstream"
	"github.com/asynkron/protoactor-go/remote"
	"google.golang.org/grpc"
)

// Remote connects an actor system with those of other nodes. Its methods may be
// called from any goroutine, but Close not from a function given to
// OnTerminated.
type Remote struct {
	// Static after Open.
	cfg     Config
	log     *slog.Logger
	system  *actor.ActorSystem
	address string
	targets map[string]struct{}
	metrics *metrics
	server  *grpc.Server
	events  *eventstream.Subscription
	ctx     context.Context // ends with Close
	cancel  context.CancelFunc

	peers *peers

	gate    sync.RWMutex   // read-locked where running is added to
	closed  bool           // guarded by gate
	running sync.WaitGroup // the server, streams to other nodes, and calls of terminated

	mu         sync.Mutex
	terminated []func(address string) // guarded by mu; never changed in place
}

// Open listens, and connects the system with other nodes. From then on the
// system's address is the node's: actors whose PIDs travel must be spawned
// afterwards. A system can be opened once.
func Open(system *actor.ActorSystem, cfg Config) (*Remote, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("open remote: %w", err)
	}
	r := &Remote{cfg: cfg.withDefaults(), system: system, peers: newPeers(), targets: make(map[string]struct{}, len(cfg.Targets))}
	r.log = r.cfg.Logger.With("component", "remote")
	for _, t := range cfg.Targets {
		r.targets[t] = struct{}{}
	}
	listener, err := net.Listen("tcp", cfg.Bind)
	if err != nil {
		return nil, fmt.Errorf("open remote: %w: %w", ErrListen, err)
	}
	if r.metrics, err = newMetrics(cfg.Registerer, r.peers.waiting); err != nil {
		_ = listener.Close()
		return nil, fmt.Errorf("open remote: %w", err)
	}
	r.address = advertised(&r.cfg, listener.Addr())
	r.ctx, r.cancel = context.WithCancel(context.Background())
	system.ProcessRegistry.Address = r.address
	system.ProcessRegistry.RegisterAddressResolver(r.resolve)
	r.events = system.EventStream.Subscribe(r.event)
	r.serve(listener)
	r.log.Info("listening for other nodes", "bind", listener.Addr().String(), "address", r.address)
	return r, nil
}

// advertised returns the address by which others reach a listener.
func advertised(cfg *Config, listening net.Addr) string {
	bound := listening.(*net.TCPAddr)
	host, _, _ := splitAddress(cfg.Bind) // Validate looked at both
	if cfg.Advertise != "" {
		h, port, _ := splitAddress(cfg.Advertise)
		if port != 0 {
			return cfg.Advertise
		}
		host = h
	}
	return net.JoinHostPort(host, strconv.Itoa(bound.Port))
}

func (r *Remote) serve(listener net.Listener) {
	r.server = grpc.NewServer(r.serverOptions()...)
	remote.RegisterRemotingServer(r.server, &server{r: r})
	r.running.Go(func() {
		if err := r.server.Serve(listener); err != nil {
			r.log.Error("listening for other nodes ended", "err", err)
		}
	})
}

// Address returns the host:port by which other nodes reach this one.
func (r *Remote) Address() string { return r.address }

// OnTerminated adds a function that is called whenever a stream to or from the
// node at an address broke: once for each of the two, only if it was in use, and
// not because of Terminate or Close. It is called from a goroutine of its own,
// which Close waits for.
func (r *Remote) OnTerminated(call func(address string)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.terminated = append(r.terminated[:len(r.terminated):len(r.terminated)], call)
}

func (r *Remote) callTerminated(address string) {
	r.mu.Lock()
	calls := r.terminated
	r.mu.Unlock()
	for _, call := range calls {
		r.run(func() { call(address) })
	}
}

// run runs f in a goroutine that Close waits for, or returns false after Close.
func (r *Remote) run(f func()) bool {
	r.gate.RLock()
	defer r.gate.RUnlock()
	if r.closed {
		return false
	}
	r.running.Go(f)
	return true
}

// Terminate forgets the node at an address: its stream ends, what waits for it
// is dropped, and what is sent from now on goes by a new stream. It does not
// wait for the network.
func (r *Remote) Terminate(address string) {
	if p := r.peers.find(address); p != nil {
		p.forget()
	}
}

// event follows what the actor system tells. Messages that came for processes
// that are gone are among its dead letters.
func (r *Remote) event(e any) {
	if _, ok := e.(*actor.DeadLetterEvent); ok {
		r.metrics.deadLetters.Inc()
	}
}

// Close ends all streams and stops listening. Messages that wait are dropped, as
// are those sent from now on. It waits for everything that runs here.
func (r *Remote) Close() {
	r.gate.Lock()
	was := r.closed
	r.closed = true
	r.gate.Unlock()
	if was {
		return
	}
	began := time.Now()
	r.cancel()
	r.server.Stop()
	r.running.Wait()
	r.system.EventStream.Unsubscribe(r.events)
	r.metrics.set.Unregister()
	r.log.Info("closed", "took", time.Since(began))
}
