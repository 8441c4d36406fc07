package actors

import (
	"math/rand/v2"
	"time"

	"github.com/parlor-sse/parlor/persistence"
)

// Messages that a room gets of its sinks.
type (
	// delivered tells what came of a delivery.
	delivered struct {
		lane *lane
		err  error
	}
	// deliveryDue has the room deliver again what a sink has not taken.
	deliveryDue struct{ lane *lane }
	// lighten has the room give up what waits for a sink, as too much waits on the
	// node and this is one of the rooms that hold most.
	lighten struct{ lane *lane }
)

// How a delivery that failed is repeated.
const (
	firstRedelivery = 200 * time.Millisecond // doubled with each further one
	lastRedelivery  = 10 * time.Second
)

// posted takes note of a plan whose turn is on its way to the ledger.
func (r *room) posted(p *plan) {
	wake := r.out.note.wake
	r.out.accept(p)
	for _, l := range r.out.lanes {
		grown := l.weight - int(l.counted.bytes)
		r.weigh(l)
		r.bound(l, grown)
	}
	if r.out.note.wake != wake {
		r.setBell()
	}
}

// bound has no more wait than may, in a lane that has just been weighed and on the
// node. What is too much on the node the rooms pay for that hold most: this one at
// once, if it is one of them, and else another one, which is told. Until that has
// got to it an eighth more may wait; beyond that the room pays for what its lane
// has grown by, lest a room that is slow to hear unsettle the bound.
func (r *room) bound(l *lane, grown int) {
	if l.state == nil || !r.counts() {
		return
	}
	r.shed(l, laneBytes)
	for excess := l.state.excess(); excess > 0; excess = l.state.excess() {
		greedy := l.state.hoard.greediest(l)
		if greedy == nil {
			r.shed(l, l.weight-excess)
			return
		}
		if greedy != l.holding {
			if !greedy.told.Swap(true) {
				r.node.root.Send(greedy.room, lighten{greedy.lane})
			}
			r.shed(l, l.weight-min(grown, excess-int(l.state.bound/8)))
			return
		}
		r.shed(l, l.weight-min(excess, l.idle()/2)) // of the rest others may hold more by now
	}
}

// shed gives up the oldest messages until the lane is within a bound.
func (r *room) shed(l *lane, bound int) {
	n := l.shed(bound)
	if n == 0 {
		return
	}
	r.weigh(l)
	l.state.dropped.Add(int64(n))
	if n = l.state.overflow.add(n, time.Now()); n > 0 {
		r.node.log.Warn("records dropped, as more wait for their sink than may", "sink", l.state.name, "records", n)
	}
}

// lighten does what another room has asked for, if it is still called for.
func (r *room) lighten(m lighten) {
	m.lane.holding.told.Store(false)
	r.weigh(m.lane)
	r.bound(m.lane, 0)
}

// counts reports whether what waits in the room's lanes is the room's to deliver.
func (r *room) counts() bool { return r.state == roomStarting || r.state == roomAwake }

// weigh counts what waits in the lane among all that waits on the node, and
// nothing once the room is at its end.
func (r *room) weigh(l *lane) {
	if l.state == nil {
		return
	}
	var now backlog
	idle := 0
	if r.counts() {
		now, idle = l.backlog(), l.idle()
	}
	l.state.hoard.put(l, r.self, idle)
	l.state.waiting.Add(now.records - l.counted.records)
	l.state.bytes.Add(now.bytes - l.counted.bytes)
	l.state.failing.Add(now.failing - l.counted.failing)
	l.counted = now
}

// closeOutbox has nothing more delivered.
func (r *room) closeOutbox() {
	if r.out == nil {
		return
	}
	for _, l := range r.out.lanes {
		r.weigh(l)
		if l.timer != nil {
			l.timer.Stop()
		}
	}
}

// deliver hands the sinks what is committed, and waits for nothing.
func (r *room) deliver() {
	if r.state != roomAwake {
		return
	}
	for _, l := range r.out.lanes {
		if l.cover > 0 {
			l.ready = r.last.Seq
		} else {
			l.ready = (r.turn+1)<<turnShift - 1
		}
		r.deliverNext(l)
	}
}

func (r *room) deliverNext(l *lane) {
	batch := l.next()
	if batch == nil {
		return
	}
	root, self := r.node.root, r.self
	l.state.sink.Deliver(r.key, batch, func(err error) { root.Send(self, delivered{lane: l, err: err}) })
}

// delivered takes what came of a delivery: the next one follows, or the same
// again after a while.
func (r *room) delivered(m delivered) {
	l := m.lane
	if r.state == roomGone || l.sent == 0 {
		return
	}
	done, givenUp := l.conclude(m.err)
	l.state.delivered.Add(float64(done))
	l.state.dropped.Add(int64(givenUp))
	r.weigh(l)
	if givenUp > 0 {
		r.node.log.Warn("records given up, as their sink has not taken them", "room", r.key.Name, "sink", l.state.name, "records", givenUp)
	}
	if m.err == nil || givenUp > 0 {
		r.deliver()
		return
	}
	if l.busy == 0 {
		l.state.failed.Inc()
	}
	l.waits = true
	pause := redeliveryPause(l)
	root, self := r.node.root, r.self
	l.timer = time.AfterFunc(pause, func() { root.Send(self, deliveryDue{l}) })
}

// redeliveryPause returns how long a lane waits after a delivery that failed, or
// that the sink had no place for. What is given up in the end follows the times of
// alarms. The rest is spread, as many rooms may have failed at one moment.
func redeliveryPause(l *lane) time.Duration {
	if l.tries > 0 && l.busy == 0 {
		return firstAlarmRetry << (l.failures - 1)
	}
	pause := min(firstRedelivery<<min(max(l.busy, l.failures)-1, 10), lastRedelivery)
	return pause/2 + rand.N(pause/2)
}

// redeliver tries again.
func (r *room) redeliver(m deliveryDue) {
	m.lane.waits = false
	r.deliver()
}

// tend looks after the outbox when it is time: a room that has handed on
// everything is not to be woken for it any more.
func (r *room) tend() {
	if r.out.note.wake == 0 || r.out.note.wake > r.now() {
		return
	}
	if err := r.append(persistence.Turn{}, pendingTurn{}); err != nil {
		r.bellAfter(time.Second)
	}
}

// tidyOutbox reports whether the room may sleep as far as sinks are concerned: all
// is delivered, and nothing is left of it on disk. If that is all there is to do,
// it is done now.
func (r *room) tidyOutbox() bool {
	if r.out.left() {
		return false
	}
	if !r.out.tidy() {
		_ = r.append(persistence.Turn{}, pendingTurn{settles: true}) // tried again before long
		return false
	}
	return true
}

// unpackOutbox takes the outbox out of what the room has committed, and returns
// what its behaviour has stored.
func (r *room) unpackOutbox(log *persistence.Copy) (storage *persistence.Storage) {
	lanes := r.node.sinks.lanes(r.node.kinds[r.key.Kind], r.node.cfg.History)
	if r.out, storage = openOutbox(log, lanes); len(lanes) == 0 && r.out.items > 0 {
		r.node.log.Warn("what a room has stored for sinks is dropped, as this node has none", "room", r.key.Name, "items", r.out.items)
	}
	r.stored = stored{
		items: int(r.head.Items) - r.out.items, bytes: int(r.head.Bytes) - r.out.bytes, alarm: r.out.note.alarm,
	}
	return storage
}
