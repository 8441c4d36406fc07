package actors

import (
	"errors"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/parlor-sse/parlor/actors/wire"
)

// wake begins the room's life with what its ledger knows of it.
func (r *room) wake(m opened) {
	if r.state != roomLoading {
		return
	}
	if m.damaged {
		// What is gone is told to those who ask for it, as trimmed.
		r.node.log.Error("room lost part of its history to damage", "room", r.key.Name, "kept", len(m.log.History))
	}
	r.epoch, r.lineage, r.past, r.last = m.epoch, m.lineage, m.past, m.log.Last
	r.head, r.turn = m.log.Head, m.log.Turn
	r.copies, r.of = m.copies, m.of
	if r.last.Seq == 0 {
		r.last.Epoch = m.start
	}
	r.remember(m.log.History)
	r.keys = newKeyring(m.log.Keys)
	storage := r.unpackOutbox(&m.log)
	var err error
	if r.run, err = newRunner(r, storage); err != nil {
		r.refuseAll(err)
		return
	}
	r.store(&r.stored)
	r.state = roomStarting
	for _, l := range r.out.lanes {
		r.weigh(l)
	}
	if r.run.hooks.start == nil {
		r.open()
		return
	}
	r.begin(r.startTask())
}

// started opens the room if its behaviour is prepared. If it is not, all who ask
// are refused for a while, so that a room that cannot start is not started over
// and over.
func (r *room) started(e ended) {
	if e.err == nil {
		if r.conclude(e, nil); r.state == roomStarting {
			r.open()
		}
		return
	}
	r.refuseAll(e.err)
}

// refuseAll refuses whoever asks for a while, and then leaves.
func (r *room) refuseAll(err error) {
	r.node.log.Error("room did not start", "room", r.key.Name, "kind", r.key.Kind, "err", err)
	r.ended, r.state = ErrNotStarted, roomRefusing
	r.abandon()
	for _, s := range r.stash {
		r.redirect(s)
	}
	r.stash = nil
	r.idle = time.AfterFunc(startAgain, func() { r.node.root.Send(r.self, leaveDue{}) })
}

// startAgain is how long a room refuses what it is asked after its behaviour
// could not prepare itself.
const startAgain = time.Second

// open begins to serve.
func (r *room) open() {
	r.state = roomAwake
	r.publishState()
	r.catchUpFronts()
	r.awaitAbsent()
	if r.watched = r.run.hooks.announces() || r.run.hooked; r.watched {
		r.recallRoster(r.run.storage)
		for front := range r.fronts {
			r.announce(front)
		}
	}
	if r.listeners() > 0 {
		r.startUpdates()
	}
	r.ring()
	r.deliver()
	r.idle = time.AfterFunc(r.node.cfg.Idle, func() { r.node.root.Send(r.self, idleDue{}) })
	r.node.metrics.activations.Inc()
	stash := r.stash
	r.stash = nil
	defer func() { r.stash = append(r.stash, stash...) }() // what a failure leaves to the next activation
	for len(stash) > 0 && r.state == roomAwake {
		s := stash[0]
		stash = stash[1:]
		r.handle(s.message, s.sender)
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
	busy := r.timer != nil || len(r.pending) > 0 || len(r.tasks) > 0 || len(r.calls) > 0 || len(r.held) > 0 ||
		r.announced.waits() || len(r.away) > 0
	if busy || quiet < r.node.cfg.Idle || !r.tidyOutbox() || !r.order.settled() || !r.sleep() {
		r.idle.Reset(max(r.node.cfg.Idle-quiet, r.node.cfg.Idle/10))
		return
	}
	r.state = roomGone
	r.abandon()
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
	r.abandon()
}

// leave ends a failed room: the messages that wait go to the next activation,
// and fronts are told to attach to it, wherever that is.
func (r *room) leave(ctx actor.Context) {
	r.state = roomGone
	// A room of which only the home set changed is begun anew here at once, and
	// its fronts need not know.
	stays := errors.Is(r.ended, errMoved) && r.keys != nil && r.node.place.owns(r.key)
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
	switch m := s.message.(type) {
	case attach:
		r.node.toFront(m.front, m.link, wire.Lost{Room: r.key})
		return
	case roster: // the front attaches anew, and tells all
		r.node.toFront(m.front, m.link, wire.Lost{Room: r.key})
		return
	case detach: // the link's number keeps a late one from harm
		if r.node.place.owns(r.key) {
			r.node.root.Send(r.node.rooms, toRoom{key: r.key, message: m})
		}
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
		if p.number == 0 { // it has changed nothing: whoever owns the room can be asked
			r.disappoint(&p, m.err)
			continue
		}
		r.disappoint(&p, ErrUnknownOutcome)
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
	if r.bell != nil {
		r.bell.Stop()
	}
	if r.holdTimer != nil {
		r.holdTimer.Stop()
	}
	if r.absentTimer != nil {
		r.absentTimer.Stop()
	}
	r.announced.stop()
	r.closeOutbox()
}
