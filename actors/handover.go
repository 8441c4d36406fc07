package actors

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/parlor-sse/parlor/actors/wire"
	"github.com/parlor-sse/parlor/cluster"
	"github.com/parlor-sse/parlor/persistence"
)

// handover moves rooms to where a new ring wants them. Every holder of an older
// ring that still counts offers the rooms that it stores to their new owners,
// who make each of them safe in its new home set; then the holder says that it
// is done. A learner pulls copies of what it is to hold. When no older ring
// counts any more, copies that are not wanted here are dropped.
type handover struct {
	// Static after construction.
	node    *node
	ring    *follower
	members Membership
	stop    chan struct{}
	work    sync.WaitGroup
	serving chan struct{} // a token for each request of another node being served

	offers  offers
	safe    safeRooms
	arrived chan arrival // copies that this node asked for

	pending atomic.Int64  // rooms offered and not yet adopted
	moved   atomic.Uint64 // rooms that others adopted, or that were pulled here
	done    atomic.Uint64 // newest ring version for which nothing is left to do
}

func newHandover(n *node, ring *follower, members Membership) *handover {
	return &handover{
		node: n, ring: ring, members: members, stop: make(chan struct{}),
		serving: make(chan struct{}, 8), arrived: make(chan arrival, 1),
		offers: offers{waiting: make(map[persistence.RoomKey]func()), progress: make(chan struct{}, 1)},
	}
}

func (h *handover) open() { h.work.Go(h.run) }

// close ends the hand-over as it stands: whoever is there then begins it again.
// The follower and the transport are closed before, so that nothing new comes.
func (h *handover) close() {
	close(h.stop)
	h.work.Wait()
}

// run does what each new list of rings asks for, and leaves it when there is
// another.
func (h *handover) run() {
	for {
		select {
		case <-h.stop:
			return
		case <-h.ring.changed:
		}
		ctx, v := h.ring.view()
		h.follow(ctx, v)
	}
}

// follow does what one view asks for, until ctx ends.
func (h *handover) follow(ctx context.Context, v *cluster.View) {
	ring := v.Ring()
	self := ring.Member(h.node.cfg.Node)
	if len(v.Rings) > 1 {
		if !h.offer(ctx, func(key persistence.RoomKey) bool { return moved(v, key) }, nil) {
			return
		}
		h.members.Done(ring.Version())
	}
	if self != nil && self.State == cluster.StateLearner && self.Has(cluster.RoleRoom) {
		if !h.catchUp(ctx, v) {
			return
		}
		h.members.CaughtUp(ring.Version())
	}
	h.done.Store(ring.Version())
	// A node that is about to hold rooms, or to come back, keeps what it has: most
	// of it will be wanted.
	if len(v.Rings) == 1 && self != nil && self.Holds() {
		stray := func(key persistence.RoomKey) bool { return !homes(ring, key, v.Replicas, h.node.cfg.Node) }
		h.offer(ctx, stray, func(key persistence.RoomKey) { h.node.replicas.Forget(key, func(error) {}) })
	}
}

// serve runs f on a goroutine of its own unless too much is served already; who
// asked asks again.
func (h *handover) serve(f func()) {
	select {
	case h.serving <- struct{}{}:
		h.work.Go(func() {
			defer func() { <-h.serving }()
			f()
		})
	default:
		h.node.metrics.handoverBusy.Inc()
	}
}

// info tells how far the node is.
func (h *handover) info() HandoverInfo {
	v := h.node.place.version()
	return HandoverInfo{Done: v != 0 && h.done.Load() == v, Pending: int(h.pending.Load()), Moved: h.moved.Load()}
}

// arrival is a page of copies and who sent it.
type arrival struct {
	from string
	page wire.Pulled
}
