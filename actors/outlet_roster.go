package actors

import (
	"slices"
	"time"
)

// rosterEvery is the least time between two rosters of an outlet: ten thousand
// streams that come at once are a few messages.
const rosterEvery = 50 * time.Millisecond

// join notes a stream that is about to be sent its first bytes.
func (o *outlet) join(s *session) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.joins = append(o.joins, &s.subscriber)
	o.rosterChangedLocked()
}

// leave notes the end of a stream. The owner is told even of one whose join may
// not have reached it: a leave too many changes nothing.
func (o *outlet) leave(s *session) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.joins = slices.DeleteFunc(o.joins, func(j *listener) bool { return j == &s.subscriber })
	o.leaves = append(o.leaves, s.subscriber.ID)
	o.rosterChangedLocked()
}

// rosterChangedLocked tells the owner who came and went: at once after a pause,
// else with all that comes and goes within rosterEvery.
func (o *outlet) rosterChangedLocked() {
	if o.live && !o.cooling {
		o.tellRosterLocked()
	}
}

func (o *outlet) tellRosterLocked() {
	if len(o.joins) == 0 && len(o.leaves) == 0 && !o.all && !o.watch.pending() {
		return
	}
	watching := o.watch.feeds > 0
	o.tell(roster{
		front: o.front.node.cfg.Node, joins: o.joins, leaves: o.leaves, all: o.all, watch: watching, list: o.watch.ask,
	})
	o.joins, o.leaves, o.all = nil, nil, false
	o.watch.told, o.watch.ask = watching, false
	o.cooling = true
	time.AfterFunc(rosterEvery, func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.cooling = false
		if !o.gone && o.live {
			o.tellRosterLocked()
		}
	})
}
