package actors

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/parlor-sse/parlor/cluster"
)

// follower keeps a node in step with what the cluster agrees on, and passes
// time to its links.
type follower struct {
	node    *node
	members Membership
	stop    chan struct{}
	work    sync.WaitGroup

	applied atomic.Uint64 // version of the newest ring that all parts of the node go by
	changed chan struct{} // gets a token after there are other rings

	mu      sync.Mutex
	current context.Context    // guarded by mu; ends when the rings that it belongs to are replaced
	end     context.CancelFunc // guarded by mu
}

func newFollower(n *node, members Membership) *follower {
	f := &follower{node: n, members: members, stop: make(chan struct{}), changed: make(chan struct{}, 1)}
	f.current, f.end = context.WithCancel(context.Background())
	return f
}

func (f *follower) open() {
	f.work.Go(f.follow)
	f.work.Go(f.beat)
}

func (f *follower) close() {
	close(f.stop)
	f.work.Wait()
	f.end()
}

// view returns what is agreed, as this node goes by it, and a context that ends
// when there are other rings or the node stops.
func (f *follower) view() (context.Context, *cluster.View) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.current, f.node.place.view.Load()
}

// apply has all parts of the node go by a view. Many differ from the one before
// in nothing but who leads, or who has handed over: only other rings concern the
// rooms, and would make the hand-over begin again.
func (f *follower) apply(v *cluster.View) {
	n := f.node
	if old := n.place.view.Load(); old != nil && slices.Equal(old.Rings, v.Rings) {
		n.place.view.Store(v)
		return
	}
	f.mu.Lock()
	f.end()
	f.current, f.end = context.WithCancel(context.Background())
	n.place.view.Store(v)
	f.mu.Unlock()
	// Copies first: from here on nothing is accepted that the ring no longer
	// provides for. Then whoever listens looks for the new owners.
	n.replicas.Reconfigure()
	f.applied.Store(v.Ring().Version())
	n.router.settle()
	n.outlets.each((*outlet).ringChanged)
	select {
	case f.changed <- struct{}{}:
	default:
	}
}

// follow takes over each new view.
func (f *follower) follow() {
	for {
		view, changed := f.members.Watch()
		if view != nil && view != f.node.place.view.Load() {
			f.apply(view)
		}
		select {
		case <-f.stop:
			return
		case <-changed:
		}
	}
}

// unavailableAfter is how long streams wait for word of their room before they
// are closed.
const unavailableAfter = 10 * time.Second

// beat sends signs of life, and closes streams whose rooms cannot be reached.
func (f *follower) beat() {
	ticker := time.NewTicker(beatEvery)
	defer ticker.Stop()
	for n := 0; ; n++ {
		f.node.peers.greet()
		f.node.links.tick()
		if n%int(time.Second/beatEvery) == 0 { // a look at every outlet
			f.node.links.prune()
			f.node.outlets.each(func(o *outlet) { o.forsaken(unavailableAfter) })
		}
		select {
		case <-f.stop:
			return
		case <-ticker.C:
		}
	}
}
