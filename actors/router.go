package actors

import (
	"cmp"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/cespare/xxhash/v2"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/parlor-sse/parlor/actors/wire"
	"github.com/parlor-sse/parlor/persistence"
)

// router is the process "rooms" of a node: it hands messages to the rooms that
// the node owns and wakes those that sleep. A message is in a mailbox when
// SendUserMessage returns, or was refused; none is lost when a room goes to
// sleep, because a room leaves the router only while its mailbox is empty.
type router struct {
	// Static after construction.
	node  *node
	root  *actor.RootContext
	spawn func(*activation) *actor.PID
	limit int64 // messages in a mailbox
	log   *slog.Logger

	closed atomic.Bool // set before the last rooms are stopped
	shards [64]routerShard
}

type routerShard struct {
	mu      sync.RWMutex
	rooms   map[persistence.RoomKey]*activation // guarded by mu
	dormant map[persistence.RoomKey]*audience   // guarded by mu; what sleeping rooms with open streams leave behind
}

// activation is a room while it is awake.
type activation struct {
	key      persistence.RoomKey
	id       string // object id
	pid      *actor.PID
	audience *audience    // what it left when it went to sleep; the room's once it runs
	pending  atomic.Int64 // messages in the mailbox

	// Written by the room, read by anybody.
	at        atomic.Pointer[persistence.Position] // newest message; nil before the room is awake
	epoch     atomic.Uint64
	listeners atomic.Int64
	active    atomic.Int64 // unix nanoseconds of the last message
	kept      atomic.Int64 // messages in the history
	items     atomic.Int64 // stored items
	bytes     atomic.Int64 // of their keys and values
	alarm     atomic.Int64 // unix milliseconds; 0 for none
}

// audience is who listens to a room, by the name of the front's node.
type audience struct {
	fronts map[string]uint64 // the link by which each is reached; 0 on this node
	mu     sync.Mutex        // guards subscribers; the room alone changes them, and reads without it

	subscribers map[string]map[uint64]*listener
	seen        uint64 // seq of the newest message that the fronts were sent
	watched     bool   // the room's behaviour is told of who comes and goes

	watching map[string]struct{} // fronts that are told of it as well; nil for none
	away     map[string]absent   // fronts that let go of the room a moment ago; nil while none watches
}

func newAudience() *audience {
	return &audience{
		fronts:      make(map[string]uint64),
		subscribers: make(map[string]map[uint64]*listener),
	}
}

func newRouter(n *node) *router {
	r := &router{node: n, root: n.root, limit: int64(n.cfg.Mailbox), log: n.log}
	for i := range r.shards {
		r.shards[i].rooms = make(map[persistence.RoomKey]*activation)
		r.shards[i].dormant = make(map[persistence.RoomKey]*audience)
	}
	return r
}

func (r *router) shard(key persistence.RoomKey) *routerShard {
	return &r.shards[xxhash.Sum64String(key.Name)%uint64(len(r.shards))]
}

// SendUserMessage implements actor.Process. It runs on the sender's goroutine
// and does not block.
func (r *router) SendUserMessage(_ *actor.PID, message any) {
	_, m, sender := actor.UnwrapEnvelope(message)
	switch m := m.(type) {
	case toRoom:
		r.route(m, sender)
	case *wrapperspb.BytesValue:
		if env, ok := r.node.requested(m.GetValue(), sender); ok {
			r.route(env, sender)
		}
	default:
		r.log.Error("message to rooms is not for a room", "type", typeName(m))
	}
}

// route hands a message to its room, awake or to be woken, if the room is this
// node's.
func (r *router) route(env toRoom, sender *actor.PID) {
	sh := r.shard(env.key)
	sh.mu.RLock()
	if act := sh.rooms[env.key]; act != nil {
		r.hand(act, env.message, sender)
		sh.mu.RUnlock()
		return
	}
	sh.mu.RUnlock()

	sh.mu.Lock()
	defer sh.mu.Unlock()
	act := sh.rooms[env.key]
	if m, ok := env.message.(detach); ok && act == nil && sh.forget(env.key, m) {
		return
	}
	if act == nil {
		if err := r.mayWake(env.key); err != nil {
			r.refuse(env.key, env.message, sender, err)
			return
		}
		act = &activation{key: env.key, id: env.key.ObjectID(), audience: sh.dormant[env.key]}
		act.pid = r.spawn(act)
		sh.rooms[env.key] = act
		delete(sh.dormant, env.key)
	}
	r.hand(act, env.message, sender)
}

// mayWake returns why the room cannot be woken here, if it cannot.
func (r *router) mayWake(key persistence.RoomKey) error {
	switch {
	case r.closed.Load():
		return ErrUnavailable
	case !r.node.kinds.has(key.Kind):
		return ErrNoKind
	case !r.node.place.owns(key):
		return errMoved
	}
	return nil
}

// forget removes a front from what a sleeping room left behind, and reports
// whether that is all there is to do: a behaviour, or fronts that watch, may have
// to be told of streams that ended.
func (sh *routerShard) forget(key persistence.RoomKey, m detach) bool {
	a := sh.dormant[key]
	if a == nil {
		return true
	}
	if (a.watched || len(a.watching) > 0) && len(a.subscribers[m.front]) > 0 {
		return false
	}
	a.forget(m)
	if len(a.fronts) == 0 {
		delete(sh.dormant, key)
	}
	return true
}

// settle drops what sleeping rooms left behind that are another node's by now:
// their fronts ask there.
func (r *router) settle() {
	for i := range r.shards {
		sh := &r.shards[i]
		sh.mu.Lock()
		for key := range sh.dormant {
			if !r.node.place.owns(key) {
				delete(sh.dormant, key)
			}
		}
		sh.mu.Unlock()
	}
}

// hand puts a message into a room's mailbox, or refuses it when that is full.
// The shard's lock is held, so that the room cannot leave meanwhile.
func (r *router) hand(act *activation, m any, sender *actor.PID) {
	if act.pending.Add(1) > r.limit && refusable(m) {
		act.pending.Add(-1)
		r.refuse(act.key, m, sender, ErrOverloaded)
		return
	}
	r.root.RequestWithCustomSender(act.pid, m, sender)
}

// refuse answers a message that no room will see, if it wants an answer.
func (r *router) refuse(key persistence.RoomKey, m any, sender *actor.PID, err error) {
	switch m := m.(type) {
	case attach:
		// A front of this node looks at the ring itself, and holds a lock here.
		if m.front != r.node.cfg.Node {
			r.node.toFront(m.front, m.link, wire.Lost{Room: key})
		}
	default:
		if refusable(m) {
			r.node.respond(sender, published{err: err})
		}
	}
}

// close stops all rooms and wakes none any more.
func (r *router) close() {
	r.closed.Store(true)
	var stopping []actor.Future
	for i := range r.shards {
		sh := &r.shards[i]
		sh.mu.Lock()
		for _, act := range sh.rooms {
			stopping = append(stopping, r.root.StopFuture(act.pid))
		}
		sh.mu.Unlock()
	}
	for _, f := range stopping {
		_ = f.Wait()
	}
}

// refusable reports whether a full mailbox refuses the message. What fronts say
// of themselves is never refused: it is bounded by their number and pace, and a
// leave that is lost would count for ever.
func refusable(m any) bool {
	switch m.(type) {
	case publish, fetch, create, describe, recall, muster, cut, adopt:
		return true
	}
	return false
}

// SendSystemMessage implements actor.Process; the router has no use for any.
func (r *router) SendSystemMessage(*actor.PID, any) {}

// Stop implements actor.Process; nobody stops the router.
func (r *router) Stop(*actor.PID) {}

// sleep removes a room, unless messages wait for it. Who listens is remembered.
func (r *router) sleep(act *activation, a *audience) bool {
	sh := r.shard(act.key)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if act.pending.Load() != 0 {
		return false
	}
	delete(sh.rooms, act.key)
	if len(a.fronts) > 0 {
		sh.dormant[act.key] = a
	}
	return true
}

// remove takes a room that failed out of the router: messages from now on wake
// it anew. Who listens is remembered, unless a is nil.
func (r *router) remove(act *activation, a *audience) {
	sh := r.shard(act.key)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.rooms[act.key] != act {
		return
	}
	delete(sh.rooms, act.key)
	if a != nil && len(a.fronts) > 0 {
		sh.dormant[act.key] = a
	}
}

// awake returns the rooms that are awake, by name and kind, after the given one,
// and what to go on after. Those of private kinds are nobody's business.
func (r *router) awake(after string, limit int) (page []*activation, next string) {
	var all []*activation
	before := placeInList(after)
	for i := range r.shards {
		sh := &r.shards[i]
		sh.mu.RLock()
		for key, act := range sh.rooms {
			if compareKeys(key, before) > 0 && !r.node.kinds[key.Kind].Private {
				all = append(all, act)
			}
		}
		sh.mu.RUnlock()
	}
	slices.SortFunc(all, func(a, b *activation) int { return compareKeys(a.key, b.key) })
	if len(all) > limit {
		return all[:limit], listPlace(all[limit-1].key)
	}
	return all, ""
}

// compareKeys orders rooms by name, and those of one name by kind.
func compareKeys(a, b persistence.RoomKey) int {
	return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Kind, b.Kind))
}

// listPlace returns the place of a room in the list of rooms: its name, and its
// kind unless that is the default one.
func listPlace(key persistence.RoomKey) string {
	if key.Kind == DefaultKind {
		return key.Name
	}
	return key.Name + listKind + key.Kind
}

// listKind stands between a name and a kind, being a letter of neither.
const listKind = ","

// placeInList reads what listPlace made. The empty place is before all rooms.
func placeInList(s string) persistence.RoomKey {
	name, kind, found := strings.Cut(s, listKind)
	if !found && name != "" {
		kind = DefaultKind
	}
	return persistence.RoomKey{Name: name, Kind: kind}
}

// isAwake reports whether the room is awake.
func (r *router) isAwake(key persistence.RoomKey) bool {
	sh := r.shard(key)
	sh.mu.RLock()
	defer sh.mu.RUnlock()
	return sh.rooms[key] != nil
}

// count returns how many rooms are awake.
func (r *router) count() int {
	n := 0
	for i := range r.shards {
		sh := &r.shards[i]
		sh.mu.RLock()
		n += len(sh.rooms)
		sh.mu.RUnlock()
	}
	return n
}

// stored returns the bytes that rooms have stored which are awake.
func (r *router) stored() int64 {
	var n int64
	for i := range r.shards {
		sh := &r.shards[i]
		sh.mu.RLock()
		for _, act := range sh.rooms {
			n += act.bytes.Load()
		}
		sh.mu.RUnlock()
	}
	return n
}
