package cluster

import (
	"context"
	"maps"
	"sync"
	"time"
)

// crashes keeps which processes are suspected and which are proven to have
// ended. It may be used from any goroutine.
type crashes struct {
	wake     chan struct{} // holds a token while somebody is newly suspected
	holdWake chan struct{} // holds a token after gossip has changed

	mu       sync.Mutex
	suspects map[string]bool   // Guarded by mu; names, not looked at yet
	ended    map[string]uint64 // Guarded by mu; name: incarnation proven to have ended
}

func newCrashes() *crashes {
	return &crashes{
		wake: make(chan struct{}, 1), holdWake: make(chan struct{}, 1),
		suspects: map[string]bool{}, ended: map[string]uint64{},
	}
}

// maxSuspects bounds those that wait to be looked at.
const maxSuspects = 256

func (s *crashes) suspect(node string) {
	s.mu.Lock()
	if len(s.suspects) < maxSuspects {
		s.suspects[node] = true
	}
	s.mu.Unlock()
	wake(s.wake)
}

// take returns those suspected since the last call.
func (s *crashes) take() map[string]bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := s.suspects
	s.suspects = map[string]bool{}
	return taken
}

// prove keeps that the process has ended and reports whether that is news.
func (s *crashes) prove(node string, incarnation uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended[node] == incarnation {
		return false
	}
	s.ended[node] = incarnation
	return true
}

// proven reports whether the process has ended for sure.
func (s *crashes) proven(node string, incarnation uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return incarnation != 0 && s.ended[node] == incarnation
}

// proofs returns all processes that have ended; the map is the caller's.
func (s *crashes) proofs() map[string]uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.ended)
}

// forget drops the proofs that obsolete says yes to.
func (s *crashes) forget(obsolete func(node string, incarnation uint64) bool) {
	s.mu.Lock()
	ended := maps.Clone(s.ended)
	s.mu.Unlock()
	maps.DeleteFunc(ended, func(n string, i uint64) bool { return !obsolete(n, i) })
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.ended, func(n string, i uint64) bool { return ended[n] == i && i != 0 })
}

// Suspect says that a link to the node broke. If the node turns out to have
// crashed, the leader is told. It never blocks.
func (c *Cluster) Suspect(node string) {
	if node == c.cfg.Node {
		return
	}
	c.metrics.suspicions.Inc()
	c.crashes.suspect(node)
}

// prove looks after those that are suspected.
func (c *Cluster) prove() {
	for {
		select {
		case <-c.crashes.wake:
		case <-c.ctx.Done():
			return
		}
		var looks sync.WaitGroup
		for node := range c.crashes.take() {
			looks.Go(func() { c.proveOne(node) })
		}
		looks.Wait() // a look takes a tenth of a second at most
	}
}

func (c *Cluster) proveOne(node string) {
	p, ok := c.tracker.peer(node)
	if !ok || !c.prober.Confirm(c.ctx, controlAt(p)) || !c.crashes.prove(node, p.Meta.Started) {
		return
	}
	c.metrics.crashes.Inc()
	c.log.Info("cluster node has crashed", "node", node)
	wake(c.outbox.wake)
	wake(c.wakeLead)
}

// holdAgain is the pause before a broken connection is made anew.
const holdAgain = 300 * time.Millisecond

// hold keeps an idle connection to every other node. When a process ends its
// connections break at once, long before gossip misses it.
func (c *Cluster) hold() {
	type process struct {
		node        string
		incarnation uint64
	}
	held := map[process]context.CancelFunc{}
	var holders sync.WaitGroup
	defer holders.Wait()
	for {
		here := map[process]bool{}
		for _, p := range c.tracker.peers() {
			who := process{p.Name, p.Meta.Started}
			here[who] = true
			if p.Name == c.cfg.Node || held[who] != nil {
				continue
			}
			ctx, cancel := context.WithCancel(c.ctx)
			held[who] = cancel
			holders.Go(func() { c.holdOne(ctx, p.Name, controlAt(p)) })
		}
		for who, cancel := range held {
			if !here[who] {
				cancel()
				delete(held, who)
			}
		}
		select {
		case <-c.crashes.holdWake:
		case <-c.ctx.Done():
			for _, cancel := range held {
				cancel()
			}
			return
		}
	}
}

// holdOne keeps one connection until ctx ends.
func (c *Cluster) holdOne(ctx context.Context, node, address string) {
	for ctx.Err() == nil {
		held := false
		err := c.port.Hold(ctx, node, address, func() { held = true })
		if ctx.Err() != nil {
			return
		}
		if held {
			c.Suspect(node)
		}
		c.log.Debug("cluster connection broke", "node", node, "error", err)
		t := time.NewTimer(holdAgain)
		select {
		case <-t.C:
		case <-ctx.Done():
		}
		t.Stop()
	}
}
