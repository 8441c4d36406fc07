package gossip

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/memberlist"
)

// Gossip is this node's part in the gossip. Its methods may be called from any
// goroutine. Leave and Close wait, the others never do.
type Gossip struct {
	// Static after construction.
	cfg       Config
	address   string // the one advertised
	list      *memberlist.Memberlist
	transport *transport
	keys      *keyring
	census    *census
	rivals    *rivals
	metrics   *metrics
	lines     *lineLogger
	spread    chan struct{}   // holds a token while metadata waits to be spread
	ctx       context.Context // ends when the node leaves or closes
	cancel    context.CancelFunc
	loops     sync.WaitGroup

	closed atomic.Bool

	mu   sync.Mutex
	self Meta

	// tellMu is held while memberlist is told something of this node: it wants
	// that one at a time, no update after the leave and no leave after the end.
	tellMu sync.Mutex
	left   bool
}

// Open begins to gossip and to ask the seeds, for which it does not wait. It
// looks up the names in Bind and Advertise, for a few seconds at most.
func Open(cfg Config) (*Gossip, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("open gossip: %w", err)
	}
	g := &Gossip{
		cfg:    cfg.withDefaults(),
		keys:   newKeyring(cfg.Keys),
		census: newCensus(),
		rivals: newRivals(),
		spread: make(chan struct{}, 1),
		self:   cfg.Meta,
	}
	m, err := newMetrics(cfg.Registerer, g.census.count)
	if err != nil {
		return nil, fmt.Errorf("open gossip: %w", err)
	}
	g.metrics = m
	g.lines = &lineLogger{log: cfg.Logger, limit: newLimiter(time.Now), metrics: m}
	g.ctx, g.cancel = context.WithCancel(context.Background())
	if err := g.start(); err != nil {
		g.cancel()
		m.set.Unregister()
		return nil, fmt.Errorf("open gossip at %s: %w", cfg.Bind, err)
	}
	g.loops.Go(g.rejoin)
	g.loops.Go(g.spreadMeta)
	g.loops.Go(g.settle)
	return g, nil
}

// Peers returns the nodes that are alive, this one included, by name. A peer
// that is suspected is still alive. The slice is the caller's.
func (g *Gossip) Peers() []Peer { return g.census.peers() }

// Gone returns the nodes that died or left and did not come back, the latest
// first, at most 256. The slice is the caller's.
func (g *Gossip) Gone() []Departed { return g.census.departed() }

// Changed returns a channel that holds a token after Peers or Gone changed. One
// token may stand for several changes, and there is one channel for all.
func (g *Gossip) Changed() <-chan struct{} { return g.census.changed }

// Address returns the host:port at which others reach this node's gossip.
func (g *Gossip) Address() string { return g.address }

// Conflict returns a channel that gets at most one error, a *ConflictError:
// this process has to stop, because another one has its name.
func (g *Gossip) Conflict() <-chan error { return g.rivals.report }

// SetMeta changes what this node says of itself: in Peers at once, elsewhere
// soon. It refuses what cannot be spread with ErrMeta, and everything after
// Close.
func (g *Gossip) SetMeta(m Meta) error {
	if err := m.check(); err != nil {
		return fmt.Errorf("set metadata: %w", err)
	}
	if g.closed.Load() {
		return ErrClosed
	}
	g.setMeta(m)
	select {
	case g.spread <- struct{}{}:
	default:
	}
	return nil
}

func (g *Gossip) setMeta(m Meta) {
	g.mu.Lock()
	defer g.mu.Unlock()
	m.farewell = g.self.farewell // which is never taken back
	g.self = m
	g.census.setMeta(g.cfg.Name, m)
}

func (g *Gossip) meta() Meta {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.self
}

// spreadMeta tells the others of new metadata.
func (g *Gossip) spreadMeta() {
	for {
		select {
		case <-g.ctx.Done():
			return
		case <-g.spread:
			g.tellMu.Lock()
			if !g.left {
				// The timeout bounds only how long this waits for the news to be
				// out. They go out all the same.
				_ = g.list.UpdateNode(time.Millisecond)
			}
			g.tellMu.Unlock()
		}
	}
}

// Leave tells the others that this node goes by its own will, and waits up to
// timeout until it was said. This node hears the gossip until Close, but joins
// no more. A node whose name is another one's leaves silently, because the
// others would take it for that one.
func (g *Gossip) Leave(timeout time.Duration) error {
	g.tellMu.Lock()
	defer g.tellMu.Unlock()
	switch {
	case g.closed.Load():
		return ErrClosed
	case g.left:
		return nil
	}
	g.left = true
	g.cancel()
	if g.rivals.lost() {
		return nil
	}
	g.mu.Lock()
	g.self.farewell = true
	g.mu.Unlock()
	half := max(timeout/2, time.Millisecond) // memberlist would wait for ever for 0
	if err := g.list.UpdateNode(half); err != nil {
		g.cfg.Logger.Debug("the farewell was not confirmed", "err", err)
	}
	if err := g.list.Leave(half); err != nil {
		return fmt.Errorf("leave gossip: %w", err)
	}
	return nil
}

// Close ends the gossip without a word to the others, unless Leave came before.
// It waits for a Leave under way and for what it started; memberlist's own
// goroutines see the end and finish within about a second. It returns ErrClosed
// when called again.
func (g *Gossip) Close() error {
	if g.closed.Swap(true) {
		return ErrClosed
	}
	g.cancel()
	g.tellMu.Lock()
	g.lines.muted.Store(true)
	err := g.list.Shutdown()
	g.tellMu.Unlock()
	g.loops.Wait()
	g.metrics.set.Unregister()
	if err != nil {
		return fmt.Errorf("close gossip: %w", err)
	}
	return nil
}
