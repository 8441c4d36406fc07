package actors

import (
	"fmt"
	"runtime/debug"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/parlor-sse/parlor/persistence"
)

// room is the actor of one room: the only place where the room's turns are
// numbered, and their messages. Nothing in it blocks: the room's behaviour is
// called on a goroutine of its own. What a call has done is numbered and handed to
// the commit pipeline; when that reports back, and only then, its messages join
// the history and go to the fronts, and whoever asked is answered, in the order
// of the turns. A message that no behaviour has a say in is a turn by itself.
type room struct {
	// Static after construction.
	node *node
	act  *activation
	key  persistence.RoomKey

	// All below belongs to the actor's goroutine.
	self    *actor.PID
	state   roomState
	order   order
	stash   []stashed // messages that came before the room was opened, or after it failed
	epoch   uint64    // that new messages are committed under
	lineage persistence.Lineage
	past    []uint64             // epochs of which a client may have found the room empty
	last    persistence.Position // newest committed message, or the place before the first
	window  []persistence.Record // newest committed messages, oldest first; the history is their end
	bytes   int                  // of the window's data
	keys    *keyring
	ended   error // why the order ended; nil while it has not
	*audience
	timer *time.Timer // of updates; nil while nobody listens
	idle  *time.Timer

	absentTimer *time.Timer // of fronts that are away; nil while nobody watches or none is

	// Turns, from their calls to their commits.
	run     *runner                             // makes the calls; nil before the room is awake
	tasks   map[*task]struct{}                  // that have not ended
	asking  map[[16]byte]*request               // those of them with a key, by its hash
	head    persistence.Head                    // after all turns handed to the ledger
	stored  stored                              // after those turns, for the behaviour
	out     *outbox                             // after those turns; nil before the room is awake
	turn    uint64                              // newest committed; at most head.Turn
	pending []pendingTurn                       // in order
	checks  uint64                              // confirmations asked for
	checked uint64                              // and given; at most checks
	copies  int                                 // disks that hold the newest turn
	of      int                                 // disks that should
	calls   map[persistence.RoomKey][]*roomCall // to other rooms, under way or waiting for the one before

	held      map[*request]time.Time // whose answers are held back, since when
	holdTimer *time.Timer            // runs while there are some; may be left from before

	updating  bool // an update is under way
	ringing   bool // the alarm's call is under way
	alarm     persistence.Alarm
	bell      *time.Timer // rings when the alarm is due; nil without one
	announced *announced  // who the behaviour was told of; nil if it does not want to know
}

type roomState uint8

const (
	roomLoading  roomState = iota
	roomStarting           // the behaviour prepares itself
	roomRefusing           // it could not
	roomAwake
	roomFailed // after a panic: what was handed to the pipeline is waited for, nothing else is done
	roomGone
)

type stashed struct {
	message any
	sender  *actor.PID
}

// Messages that a room sends itself.
type (
	updateDue struct{}
	idleDue   struct{}
	leaveDue  struct{}
	bellDue   struct{}
	holdDue   struct{}
)

func newRoom(n *node, act *activation) *room {
	a := act.audience
	if a == nil {
		a = newAudience()
	}
	return &room{
		node: n, act: act, key: act.key, audience: a,
		tasks: make(map[*task]struct{}), asking: make(map[[16]byte]*request),
	}
}

// Committed implements persistence.Owner, for a node on its own.
func (r *room) Committed(n int, err error) {
	r.node.root.Send(r.self, committed{n: n, copies: 1, of: 1, err: err})
}

// Receive implements actor.Actor.
func (r *room) Receive(ctx actor.Context) {
	defer r.leaveIfDone(ctx) // also after a panic: no further message may come
	defer r.recovered()
	switch m := ctx.Message().(type) {
	case *actor.Started:
		r.self = ctx.Self()
		r.order = r.node.ledger.open(r)
	case opened:
		r.wake(m)
	case committed:
		r.commit(m)
	case confirmed:
		r.confirm(m)
	case ended:
		r.over(m)
	case called:
		r.called(m)
	case closed:
		r.closed(m)
	case updateDue:
		r.sendUpdate()
	case idleDue:
		r.maybeSleep(ctx)
	case missingDue:
		r.giveUp()
	case absentDue:
		r.giveUpAbsent()
	case bellDue:
		r.ring()
	case holdDue:
		r.expireHeld()
	case delivered:
		r.delivered(m)
	case deliveryDue:
		r.redeliver(m)
	case lighten:
		r.lighten(m)
	case leaveDue:
		r.fail()
	case *actor.Stopping:
		r.stopTimers()
		r.abandon()
		for _, s := range r.stash { // the node is closing
			r.refuse(s, ErrUnavailable)
		}
		r.stash = nil
	case *actor.Stopped, *actor.Restarting:
	default:
		r.take(stashed{message: m, sender: ctx.Sender()})
	}
}

// leaveIfDone ends a failed room once nothing of its is in the commit pipeline.
func (r *room) leaveIfDone(ctx actor.Context) {
	if r.state == roomFailed && len(r.pending) == 0 {
		r.leave(ctx)
	}
}

// recovered ends a room that panicked, and nothing else.
func (r *room) recovered() {
	if p := recover(); p != nil {
		r.node.log.Error("room failed", "room", r.key.Name, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		r.node.metrics.failures.Inc()
		r.fail()
	}
}

// take handles a message now, later, or leaves it to another activation.
func (r *room) take(s stashed) {
	switch r.state {
	case roomAwake:
		r.handle(s.message, s.sender)
	case roomGone, roomRefusing:
		r.redirect(s)
	default:
		r.stash = append(r.stash, s)
	}
}

// handle does what one message asks.
func (r *room) handle(m any, sender *actor.PID) {
	r.act.pending.Add(-1)
	r.act.active.Store(time.Now().UnixNano())
	switch m := m.(type) {
	case publish:
		r.publish(m.publication, sender)
	case fetch:
		r.fetch(m.call, sender)
	case create:
		r.create(sender)
	case ring:
		r.ring()
	case attach:
		r.attach(m)
	case detach:
		r.detach(m)
	case roster:
		r.roster(m)
	case describe:
		r.reply(sender, r.describe())
	case recall:
		r.reply(sender, r.history())
	case muster:
		r.reply(sender, r.muster())
	case cut:
		r.reply(sender, r.cut(m.client))
	case adopt:
		r.reply(sender, adopted{}) // awake, it is owned
	default:
		r.node.log.Error("room got a message it does not know", "type", typeName(m))
	}
}

func (r *room) reply(to *actor.PID, m any) { r.node.respond(to, m) }

// publishState shows the outside what it may read without asking.
func (r *room) publishState() {
	r.act.epoch.Store(r.epoch)
	at := r.last
	r.act.at.Store(&at)
	r.act.kept.Store(int64(len(r.history())))
	r.act.listeners.Store(int64(r.listeners()))
}

func (r *room) describe() RoomInfo { return r.act.info(r.node.cfg.Node) }

func typeName(m any) string { return fmt.Sprintf("%T", m) }
