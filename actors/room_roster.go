package actors

import (
	"time"

	"github.com/parlor-sse/parlor/persistence"
)

// missingPatience is how long the streams of a front that let go of the room
// count as open: it may have lost its way to a new owner, or its node its life. If
// the ring has left its node out they end sooner, at the next look.
const (
	missingPatience = 5 * time.Second
	missingLook     = 500 * time.Millisecond
)

// patience returns for how much longer a front is waited for that let go of the
// room, or never came; 0 once it is given up.
func (r *room) patience(front string, since time.Time) time.Duration {
	if r.node.place.left(front) {
		return 0
	}
	return max(0, missingPatience-time.Since(since))
}

// roster is what a room's behaviour was told of who listens, or is about to be.
// It is kept with what the room stores, so that each stream is told of once,
// whoever owns the room.
type announced struct {
	fronts  map[string]map[uint64]*listener
	missing map[string]time.Time // fronts that are not attached, since when
	timer   *time.Timer
}

// recallRoster begins with those of whom earlier activations were told.
func (r *room) recallRoster(s *persistence.Storage) {
	r.announced = &announced{
		fronts: make(map[string]map[uint64]*listener), missing: make(map[string]time.Time),
	}
	eachTold(s, func(front string, l *listener) { r.announced.at(front)[l.ID] = l })
	for front := range r.announced.fronts {
		r.lookFor(front)
	}
}

func (a *announced) at(front string) map[uint64]*listener {
	m := a.fronts[front]
	if m == nil {
		m = make(map[uint64]*listener)
		a.fronts[front] = m
	}
	return m
}

// announce tells the behaviour how those at a front differ from those of whom
// it was told.
func (r *room) announce(front string) {
	if r.announced == nil {
		return
	}
	told, here := r.announced.at(front), r.subscribers[front]
	for id, l := range told {
		if here[id] == nil {
			delete(told, id)
			r.begin(r.disconnectTask(front, l))
		}
	}
	for id, l := range here {
		if told[id] == nil {
			told[id] = l
			r.begin(r.connectTask(front, l))
		}
	}
	if len(told) == 0 {
		delete(r.announced.fronts, front)
	}
}

// lookFor waits for a front that is not attached.
func (r *room) lookFor(front string) {
	a := r.announced
	if a == nil || len(a.fronts[front]) == 0 {
		return
	}
	if _, attached := r.fronts[front]; attached {
		return
	}
	a.missing[front] = time.Now()
	if a.timer == nil {
		a.timer = time.AfterFunc(missingLook, func() { r.node.root.Send(r.self, missingDue{}) })
	}
}

// missingDue asks a room to give up fronts that did not come back.
type missingDue struct{}

// giveUp takes the streams of fronts that did not come back for ended.
func (r *room) giveUp() {
	a := r.announced
	if a == nil || r.state != roomAwake {
		return
	}
	a.timer = nil
	waits := false
	for front, since := range a.missing {
		_, attached := r.fronts[front]
		switch {
		case attached: // and has told, or is about to tell, who is there
			delete(a.missing, front)
		case r.patience(front, since) == 0:
			delete(a.missing, front)
			r.announce(front)
		default:
			waits = true
		}
	}
	if waits {
		a.timer = time.AfterFunc(missingLook, func() { r.node.root.Send(r.self, missingDue{}) })
	}
}

// found takes note that a front is attached.
func (a *announced) found(front string) {
	if a != nil {
		delete(a.missing, front)
	}
}

// waits reports whether a front is missing whose streams may have ended.
func (a *announced) waits() bool { return a != nil && len(a.missing) > 0 }

func (a *announced) stop() {
	if a != nil && a.timer != nil {
		a.timer.Stop()
	}
}

// told takes what came of telling the behaviour of a stream.
func (r *room) told(e ended) {
	r.complain(e)
	if e.err == nil {
		r.conclude(e, nil)
	}
}
