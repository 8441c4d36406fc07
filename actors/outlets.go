package actors

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/parlor-sse/parlor/actors/fanout"
	"github.com/parlor-sse/parlor/actors/wire"
	"github.com/parlor-sse/parlor/persistence"
)

// outlets is the process "outlets" of a node: it hands what rooms send to this
// front to the outlets that wait for it.
type outlets struct {
	// Static after construction.
	node   *node
	engine *fanout.Engine
	limits fanout.Limits
	beats  *heartbeats

	mu     sync.RWMutex
	byRoom map[persistence.RoomKey]*outlet // guarded by mu
}

func newOutlets(n *node, engine *fanout.Engine) *outlets {
	return &outlets{
		node: n, engine: engine,
		limits: fanout.Limits{Messages: n.cfg.QueueMessages, Bytes: n.cfg.QueueBytes},
		beats:  newHeartbeats(n.cfg.Heartbeat),
		byRoom: make(map[persistence.RoomKey]*outlet),
	}
}

// SendUserMessage implements actor.Process: rooms of this node send here.
func (os *outlets) SendUserMessage(_ *actor.PID, message any) {
	m, ok := actor.UnwrapEnvelopeMessage(message).(wire.Body)
	if !ok {
		os.node.log.Error("message to outlets is not known", "type", typeName(message))
		return
	}
	os.take(os.node.cfg.Node, m)
}

// take hands what an owner sent to the outlet that waits for it. It runs on the
// goroutine that brings it and does not wait for any stream.
func (os *outlets) take(from string, m wire.Body) {
	switch m := m.(type) {
	case wire.Frames:
		if o := os.find(m.Room); o != nil {
			o.deliver(from, m.Records)
		}
	case wire.Update:
		if o := os.find(m.Room); o != nil {
			o.update(from, m)
		}
	case wire.Attached:
		if o := os.find(m.Room); o != nil {
			o.attached(from, m)
		}
	case wire.Targeted:
		if o := os.find(m.Room); o != nil {
			o.target(from, m)
		}
	case wire.Kick:
		if o := os.find(m.Room); o != nil {
			o.kick(from, m)
		}
	case wire.Presence:
		if o := os.find(m.Room); o != nil {
			o.presence(from, m)
		}
	case wire.Lost:
		if o := os.find(m.Room); o != nil {
			o.lost(from)
		}
	}
}

// SendSystemMessage implements actor.Process; outlets have no use for any.
func (os *outlets) SendSystemMessage(*actor.PID, any) {}

// Stop implements actor.Process; nobody stops the outlets.
func (os *outlets) Stop(*actor.PID) {}

func (os *outlets) find(key persistence.RoomKey) *outlet {
	os.mu.RLock()
	defer os.mu.RUnlock()
	return os.byRoom[key]
}

// acquire returns the room's outlet, attached or about to be, and holds it.
func (os *outlets) acquire(key persistence.RoomKey) *outlet {
	os.mu.RLock()
	if o := os.byRoom[key]; o != nil {
		o.hold()
		os.mu.RUnlock()
		return o
	}
	os.mu.RUnlock()

	os.mu.Lock()
	o := os.byRoom[key]
	fresh := o == nil
	if fresh {
		o = newOutlet(os, key)
		os.byRoom[key] = o
	}
	o.hold()
	os.mu.Unlock()
	if fresh {
		o.mu.Lock()
		o.attachLocked()
		o.mu.Unlock()
	}
	return o
}

func (o *outlet) hold() {
	o.mu.Lock()
	o.refs++
	o.mu.Unlock()
}

// release gives up a hold. An outlet that nobody holds lingers for a while,
// because whoever reloads a page is back at once.
func (os *outlets) release(o *outlet) {
	o.mu.Lock()
	o.refs--
	idle := o.refs == 0
	o.mu.Unlock()
	if idle {
		time.AfterFunc(os.node.cfg.Linger, func() { os.remove(o) })
	}
}

// remove forgets an outlet that nobody holds and detaches it from its room.
func (os *outlets) remove(o *outlet) {
	os.mu.Lock()
	o.mu.Lock()
	removed := o.refs == 0 && !o.gone
	if removed {
		o.gone = true
		delete(os.byRoom, o.key)
		// Sent under the lock, so that it comes before an attach of a new outlet, and
		// after the last word of who has left.
		if o.live {
			o.tellRosterLocked()
		}
		o.tell(detach{front: os.node.cfg.Node})
	}
	o.mu.Unlock()
	os.mu.Unlock()
}

// each calls f for every outlet and holds no lock meanwhile.
func (os *outlets) each(f func(*outlet)) {
	os.mu.RLock()
	all := slices.Collect(maps.Values(os.byRoom))
	os.mu.RUnlock()
	for _, o := range all {
		f(o)
	}
}

// Publishers are paced when fan-out here is behind: each answer waits, up to
// paceMost, until it has caught up.
const (
	paceLook = 2 * time.Millisecond
	paceMost = time.Second
)

// pace waits while more than a quarter of a stream's queue of a room's frames is
// still to be sent to streams that keep up. Whoever publishes as fast as answers come then
// publishes as fast as this node delivers.
func (os *outlets) pace(ctx context.Context, key persistence.RoomKey) {
	o, limit := os.find(key), os.limits.Messages/4
	if o == nil || o.backlog() <= limit {
		return
	}
	os.node.metrics.paced.Inc()
	look := time.NewTicker(paceLook)
	defer look.Stop()
	for waited := time.Duration(0); waited < paceMost && o.backlog() > limit; waited += paceLook {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		}
	}
}

// count returns the number of outlets.
func (os *outlets) count() int {
	os.mu.RLock()
	defer os.mu.RUnlock()
	return len(os.byRoom)
}
