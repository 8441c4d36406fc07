package actors

import (
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/parlor-sse/parlor/actors/wire"
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
	order   order
	stash   []stashed // messages that came before the room was opened, or after it failed
	epoch   uint64    // that new messages are committed under
	lineage persistence.Lineage
	past    []uint64             // epochs of which a client may have found the room empty
	last    persistence.Position // newest committed message, or the place before the first
	window  []persistence.Record // newest committed messages, oldest first; the history is their end
	bytes   int                  // of the window's data
	pending []pendingPublish     // handed to the ledger, in order
	copies  int                  // disks that hold the newest message
	of      int                  // disks that should
	keys    *keyring
	ended   error // why the order ended; nil while it has not
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
	case closed:
		r.closed(m)
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

// wake begins the room's life with what its ledger knows of it.
func (r *room) wake(m opened) {
	if r.state != roomLoading {
		return
	}
	if m.damaged {
		// What is gone is told to those who ask for it, as trimmed.
		r.node.log.Error("room lost part of its history to damage", "room", r.key.Name, "kept", len(m.log.History))
	}
	r.epoch, r.lineage, r.past, r.last = m.epoch, m.log.Lineage, m.past, m.log.Last
	r.copies, r.of = m.copies, m.of
	if r.last.Seq == 0 {
		r.last.Epoch = m.start
	}
	r.remember(m.log.History)
	r.keys = newKeyring(m.log.Keys)
	r.state = roomAwake
	r.publishState()
	r.catchUpFronts()
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
		r.attach(m)
	case detach:
		r.detach(m)
	case roster:
		r.roster(m)
	case describe:
		r.reply(sender, r.describe())
	case recall:
		r.reply(sender, r.history())
	case adopt:
		r.reply(sender, adopted{}) // awake, it is owned
	default:
		r.node.log.Error("room got a message it does not know", "type", typeName(m))
	}
}

func (r *room) reply(to *actor.PID, m any) { r.node.respond(to, m) }

// maybeSleep ends the activation when nothing happened for a while. Streams stay
// open: their fronts hold them, and who listens is remembered. A room that sends
// updates has something to do and stays.
func (r *room) maybeSleep(ctx actor.Context) {
	if r.state != roomAwake {
		return
	}
	quiet := time.Since(time.Unix(0, r.act.active.Load()))
	if r.timer != nil || len(r.pending) > 0 || quiet < r.node.cfg.Idle || !r.order.settled() || !r.sleep() {
		r.idle.Reset(max(r.node.cfg.Idle-quiet, r.node.cfg.Idle/10))
		return
	}
	r.state = roomGone
	r.order.release()
	r.node.metrics.passivations.Inc()
	ctx.Stop(ctx.Self())
}

// sleep takes the room out of the router, unless messages wait for it.
func (r *room) sleep() bool {
	r.audience.seen = r.last.Seq
	return r.node.router.sleep(r.act, r.audience)
}

// fail begins the end of a room that cannot go on. What it handed to the commit
// pipeline is still waited for: only then may another activation read the store.
func (r *room) fail() {
	r.state = roomFailed
	r.stopTimers()
}

// leave ends a failed room: the messages that wait go to the next activation,
// and fronts are told to attach to it, wherever that is.
func (r *room) leave(ctx actor.Context) {
	r.state = roomGone
	// A room of which only the home set changed is begun anew here at once, and
	// its fronts need not know.
	stays := r.ended != nil && r.keys != nil && r.node.place.owns(r.key) && !errors.Is(r.ended, ErrUnavailable)
	if stays {
		r.audience.seen = r.last.Seq
		r.node.router.remove(r.act, r.audience)
	} else {
		r.node.router.remove(r.act, nil)
	}
	for _, s := range r.stash {
		r.redirect(s)
	}
	r.stash = nil
	r.order.release()
	if stays {
		r.node.root.Send(r.node.rooms, toRoom{key: r.key, message: adopt{}})
	} else {
		for front, link := range r.fronts {
			r.node.toFront(front, link, wire.Lost{Room: r.key})
		}
	}
	// What is in the mailbox is handled before the poison is.
	ctx.Poison(ctx.Self())
}

// redirect passes a message on to the room's next activation. A room that could
// not even be opened refuses it instead: trying again at once would only spin.
// So does one whose order ended: it may be another node's by now.
func (r *room) redirect(s stashed) {
	r.act.pending.Add(-1)
	switch {
	case r.ended != nil:
		r.refuse(s, r.ended)
	case r.keys == nil:
		r.refuse(s, ErrUnavailable)
	default:
		r.node.root.RequestWithCustomSender(r.node.rooms, toRoom{key: r.key, message: s.message}, s.sender)
	}
}

func (r *room) refuse(s stashed, err error) {
	if m, ok := s.message.(attach); ok {
		r.node.toFront(m.front, m.link, wire.Lost{Room: r.key})
		return
	}
	if refusable(s.message) {
		r.reply(s.sender, published{err: err})
	}
}

// closed ends a room that is no longer written here.
func (r *room) closed(m closed) {
	r.ended = m.err
	for _, p := range r.pending {
		r.answer(p, published{err: ErrUnknownOutcome})
	}
	r.pending = nil
	if r.state != roomGone {
		r.fail()
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
	r.act.epoch.Store(r.epoch)
	at := r.last
	r.act.at.Store(&at)
	r.act.kept.Store(int64(len(r.history())))
	r.act.listeners.Store(int64(r.listeners()))
}

func (r *room) describe() RoomInfo { return r.act.info(r.node.cfg.Node) }

func typeName(m any) string { return fmt.Sprintf("%T", m) }
