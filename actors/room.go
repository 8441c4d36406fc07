package actors

import (
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/parlor-sse/parlor/persistence"
)

// room is the actor of one room: the only place where the room's messages are
// numbered. Nothing in it blocks. A publish is given its seq and handed to the
// commit pipeline; when that reports back, and only then, the message joins the
// history, goes to the fronts and is answered, in the order of the seqs.
type room struct {
	// Static after construction.
	node *node
	act  *activation
	key  persistence.RoomKey
	id   string // object id

	// All below belongs to the actor's goroutine.
	self    *actor.PID
	state   roomState
	stash   []stashed // messages that came before the room was loaded, or after it failed
	lineage persistence.Lineage
	last    persistence.Position // newest committed message
	history []persistence.Record // newest committed messages, oldest first
	pending []pendingPublish     // handed to the commit pipeline, in order
	keys    *keyring
	*audience
	timer *time.Timer // of updates; nil while nobody listens
	idle  *time.Timer
}

type roomState uint8

const (
	roomLoading roomState = iota
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
	loaded struct {
		state *persistence.State
		err   error
	}
	committed struct {
		n   int
		err error
	}
	updateDue struct{}
	idleDue   struct{}
)

func newRoom(n *node, act *activation) *room {
	a := act.audience
	if a == nil {
		a = newAudience()
	}
	return &room{node: n, act: act, key: act.key, id: ObjectID(act.key), audience: a}
}

// Committed implements persistence.Owner.
func (r *room) Committed(n int, err error) {
	r.node.root.Send(r.self, committed{n: n, err: err})
}

// Receive implements actor.Actor.
func (r *room) Receive(ctx actor.Context) {
	defer r.leaveIfDone(ctx) // also after a panic: no further message may come
	defer r.recovered()
	switch m := ctx.Message().(type) {
	case *actor.Started:
		r.self = ctx.Self()
		go r.load()
	case loaded:
		r.wake(m)
	case committed:
		r.commit(m)
	case updateDue:
		r.sendUpdate()
	case idleDue:
		r.maybeSleep(ctx)
	case *actor.Stopping:
		r.stopTimers()
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
	case roomGone:
		r.redirect(s)
	default:
		r.stash = append(r.stash, s)
	}
}

// load reads the room's state off the actor's goroutine.
func (r *room) load() {
	state, err := r.node.store.Load(r.key)
	r.node.root.Send(r.self, loaded{state: state, err: err})
}

// wake begins the room's life with what the store knows of it.
func (r *room) wake(m loaded) {
	if m.err != nil {
		r.node.log.Error("room not loaded", "room", r.key.Name, "err", m.err)
		r.fail()
		return
	}
	if m.state.Damaged {
		// What is gone is told to those who ask for it, as trimmed.
		r.node.log.Error("room lost part of its history to damage", "room", r.key.Name, "kept", len(m.state.History))
	}
	r.lineage, r.last, r.history = m.state.Lineage, m.state.Last, m.state.History
	r.keys = newKeyring(m.state.Keys)
	if epoch := r.node.life.Epoch; r.lineage.Current() < epoch {
		r.lineage = r.lineage.Begin(epoch, r.last.Seq+1)
	}
	r.state = roomAwake
	r.publishState()
	if r.listeners() > 0 {
		r.startUpdates()
	}
	r.idle = time.AfterFunc(r.node.cfg.Idle, func() { r.node.root.Send(r.self, idleDue{}) })
	r.node.metrics.activations.Inc()
	stash := r.stash
	r.stash = nil
	for i, s := range stash {
		r.stash = stash[i+1:] // what a panic leaves to the next activation
		r.handle(s.message, s.sender)
	}
	r.stash = nil
}

// handle does what one message asks.
func (r *room) handle(m any, sender *actor.PID) {
	r.act.pending.Add(-1)
	r.act.active.Store(time.Now().UnixNano())
	switch m := m.(type) {
	case publish:
		r.publish(m.publication, sender)
	case attach:
		r.attach(m.front)
	case detach:
		r.detach(m.front)
	case roster:
		r.roster(m)
	case describe:
		r.reply(sender, r.describe())
	case recall:
		r.reply(sender, r.history[:len(r.history):len(r.history)])
	default:
		r.node.log.Error("room got a message it does not know", "type", typeName(m))
	}
}

func (r *room) reply(to *actor.PID, m any) {
	if to != nil {
		r.node.root.Send(to, m)
	}
}

// maybeSleep ends the activation when nothing happened for a while. Streams stay
// open: their fronts hold them, and who listens is remembered. A room that sends
// updates has something to do and stays.
func (r *room) maybeSleep(ctx actor.Context) {
	if r.state != roomAwake {
		return
	}
	quiet := time.Since(time.Unix(0, r.act.active.Load()))
	if r.timer != nil || len(r.pending) > 0 || quiet < r.node.cfg.Idle || !r.node.router.sleep(r.act, r.audience) {
		r.idle.Reset(max(r.node.cfg.Idle-quiet, r.node.cfg.Idle/10))
		return
	}
	r.state = roomGone
	r.node.metrics.passivations.Inc()
	ctx.Stop(ctx.Self())
}

// fail begins the end of a room that cannot go on. What it handed to the commit
// pipeline is still waited for: only then may another activation read the store.
func (r *room) fail() {
	r.state = roomFailed
	r.stopTimers()
}

// leave ends a failed room: the messages that wait go to the next activation,
// and fronts are told to attach to it.
func (r *room) leave(ctx actor.Context) {
	r.state = roomGone
	r.node.router.remove(r.act)
	for _, s := range r.stash {
		r.redirect(s)
	}
	r.stash = nil
	for _, front := range r.fronts {
		r.node.root.Send(front, lost{key: r.key})
	}
	// What is in the mailbox is handled before the poison is.
	ctx.Poison(ctx.Self())
}

// redirect passes a message on to the room's next activation. A room that could
// not even be loaded refuses it instead: trying again at once would only spin.
func (r *room) redirect(s stashed) {
	r.act.pending.Add(-1)
	if r.keys == nil {
		r.refuse(s)
		return
	}
	r.node.root.RequestWithCustomSender(r.node.rooms, toRoom{key: r.key, message: s.message}, s.sender)
}

func (r *room) refuse(s stashed) {
	switch m := s.message.(type) {
	case publish, describe, recall:
		r.reply(s.sender, published{err: ErrUnavailable})
	case attach:
		r.node.root.Send(m.front, lost{key: r.key})
	}
}

func (r *room) stopTimers() {
	if r.timer != nil {
		r.timer.Stop()
		r.timer = nil
	}
	if r.idle != nil {
		r.idle.Stop()
	}
}

// publishState shows the outside what it may read without asking.
func (r *room) publishState() {
	r.act.epoch.Store(r.lineage.Current())
	r.act.seq.Store(r.last.Seq)
	r.act.kept.Store(int64(len(r.history)))
	r.act.listeners.Store(int64(r.listeners()))
}

func (r *room) describe() RoomInfo { return r.act.info(r.node.cfg.Node, r.bookmark()) }

// bookmark returns the position that a client at the end of the room is at.
func (r *room) bookmark() persistence.Position { return newest(r.lineage, r.last) }

// newest returns the place of the newest message; before the first one, the
// epoch is the one that will have it.
func newest(l persistence.Lineage, last persistence.Position) persistence.Position {
	if last.Seq == 0 {
		return persistence.Position{Epoch: l.Current()}
	}
	return last
}

func typeName(m any) string { return fmt.Sprintf("%T", m) }

// node is what rooms and outlets of one System share. It is constant once the
// system is open.
type node struct {
	cfg       Config
	log       *slog.Logger
	root      *actor.RootContext
	router    *router
	rooms     *actor.PID // the process "rooms" here
	front     *actor.PID // the process "outlets" here
	store     persistence.Store
	life      persistence.Life
	committer *persistence.Committer
	metrics   *metrics
}
