package actors

import (
	"slices"
	"strings"

	"github.com/parlor-sse/parlor/persistence"
)

// outbox is what a room has yet to hand to sinks, and how that outlasts the
// room's owner. A message is in the room's history when it is committed; if it is
// still not delivered when it leaves the history, the turn that pushes it out
// stores it under a key of its own. So a sink that keeps up costs nothing on disk
// but a note, at times, of how far it is. While anything is left the room has a
// second alarm, by which its next owner looks after it though nobody else may
// ask for the room.
//
// The items lie beside what the room's behaviour stores; no behaviour sees them.
type outbox struct {
	lanes []*lane // of messages, and of what is told of the room; none on a node without sinks
	note  note    // as the turns handed to the ledger leave it
	noted int     // bytes of the item for it; 0 without one

	items, bytes int // that are stored for it, after those turns
}

// note is what is stored of an outbox besides messages.
type note struct {
	past  uint64            // newest message that is delivered, or was given up
	wake  int64             // when the room looks after what is left, in unix milliseconds; 0 for never
	alarm persistence.Alarm // that the behaviour has set
}

// The two lanes that a room may have.
const (
	laneMessages = "messages"
	laneHooks    = "hooks"
)

// When a room with something left is woken, in milliseconds.
const (
	outboxWake  = 5_000  // after the first message
	outboxAgain = 30_000 // after each look
)

// first returns the earlier of the room's two alarms, the one that is stored.
func (n *note) first() persistence.Alarm {
	if n.wake != 0 && (n.alarm.At == 0 || n.wake < n.alarm.At) {
		return persistence.Alarm{At: n.wake}
	}
	return n.alarm
}

// openOutbox takes the outbox out of what a room has committed, and returns the
// storage without it.
func openOutbox(log *persistence.Copy, lanes []*lane) (*outbox, *persistence.Storage) {
	o := &outbox{lanes: lanes, note: note{past: log.Last.Seq, alarm: log.Alarm}}
	storage := log.Storage
	var keys []string
	log.Storage.Ascend(outboxItem, func(it persistence.Item) bool {
		if it.Key >= rosterItem {
			return false
		}
		if len(o.lanes) == 0 {
			o.lanes = []*lane{{item: messageItem, cover: 1}} // takes nothing, and lets go of what is there
		}
		keys = append(keys, it.Key)
		o.items++
		o.bytes += len(it.Key) + len(it.Value)
		o.read(it)
		return true
	})
	if len(keys) > 0 {
		storage = storage.Clone()
		storage.Apply(&persistence.Change{Deletes: keys})
	}
	for _, l := range o.lanes {
		l.past = o.note.past
		if l.cover > 0 {
			l.addHistory(log.History)
			l.ready = log.Last.Seq
		} else {
			l.ready = log.Turn<<turnShift | 1<<turnShift - 1
		}
	}
	return o, storage
}

// read takes one item of the outbox. What cannot be read was damaged, or is of a
// lane that the node has no more: it goes with the next change.
func (o *outbox) read(it persistence.Item) {
	if it.Key == outboxItem {
		o.noted = len(it.Key) + len(it.Value)
		if n, ok := decodeNote(it.Value); ok {
			o.note = n
		}
		return
	}
	for _, l := range o.lanes {
		if rec, ok := decodeParcel(it.Value); ok && l.state != nil && it.Key == itemKey(l.item, rec.Seq) {
			l.add([]persistence.Record{rec}, 1)
			return
		}
	}
	o.lanes[0].expired = append(o.lanes[0].expired, expired{it.Key, len(it.Key) + len(it.Value)})
}

// addHistory takes the messages that have no item since the history keeps them.
func (l *lane) addHistory(history []persistence.Record) {
	after := l.past
	if n := len(l.queue); n > 0 {
		after = max(after, l.queue[n-1].Seq)
	}
	for i := range history {
		if history[i].Seq > after && l.state != nil {
			l.add(history[i:i+1:i+1], 0)
		}
	}
}

// left reports whether anything is not delivered.
func (o *outbox) left() bool {
	return slices.ContainsFunc(o.lanes, func(l *lane) bool { return !l.empty() })
}

// tidy reports whether nothing is left of what was delivered, either.
func (o *outbox) tidy() bool {
	return o.items == 0 && o.note.wake == 0 && !o.left()
}

// handed is a turn on its way to the ledger, as far as the outbox is concerned.
type handed struct {
	change *persistence.Change    // of what the behaviour stores; nil for none
	alarm  persistence.Alarm      // that the behaviour has set by then
	more   [][]persistence.Record // messages for the lanes; nil for none
	now    int64                  // in unix milliseconds
	settle bool                   // the room is about to sleep, and has nothing left
}

// plan is what a turn does to the outbox besides all else that it does.
type plan struct {
	change *persistence.Change // of the whole turn; nil for none
	note   note
	noted  int
	added  [][]persistence.Record // by lane
	stored []int                  // by lane, of those without an item: the oldest, which get one
	taken  []int                  // by lane, of the expired items: those that are deleted

	items, bytes int // that are stored afterwards
}

// plan works out what becomes of the outbox with a turn. It changes nothing;
// accept does, once the turn is on its way.
func (o *outbox) plan(h handed) plan {
	p := plan{change: h.change, note: o.note, noted: o.noted, items: o.items, bytes: o.bytes}
	p.note.alarm = h.alarm
	if len(o.lanes) == 0 {
		return p
	}
	if h.more == nil {
		h.more = make([][]persistence.Record, len(o.lanes))
	}
	p.added = h.more
	left := o.left() || slices.ContainsFunc(h.more, func(m []persistence.Record) bool { return len(m) > 0 })
	due := p.note.wake != 0 && p.note.wake <= h.now
	switch {
	case left && p.note.wake == 0:
		p.note.wake = h.now + outboxWake
	case left && due:
		p.note.wake = h.now + outboxAgain
	case !left && (due || h.settle):
		p.note.wake = 0
	}
	p.compose(o)
	return p
}

// compose works out what the turn stores.
func (p *plan) compose(o *outbox) {
	var c persistence.Change
	for i, l := range o.lanes {
		rest := l.uncovered(p.added[i])
		p.stored, p.taken = append(p.stored, len(rest)), append(p.taken, len(l.expired))
		for j := range rest {
			c.Puts = append(c.Puts, l.itemOf(&rest[j]))
		}
		for _, e := range l.expired {
			c.Deletes = append(c.Deletes, e.key)
			p.items, p.bytes = p.items-1, p.bytes-e.bytes
		}
	}
	given := p.change
	if given == nil {
		given = new(persistence.Change)
	}
	moved, alarmed := p.note.wake != o.note.wake, given.Alarm != nil
	if len(c.Puts)+len(c.Deletes) == 0 && !moved && !given.Clear && !(alarmed && p.noted > 0) {
		p.items, p.bytes = o.items, o.bytes
		return
	}
	if given.Clear {
		c.Deletes, p.noted, p.items, p.bytes = nil, 0, 0, 0
		c.Puts = append(c.Puts, o.storedItems()...)
	}
	for _, it := range c.Puts {
		p.items, p.bytes = p.items+1, p.bytes+len(it.Key)+len(it.Value)
	}
	p.rewriteNote(o, &c)
	if moved || alarmed {
		first := p.note.first()
		c.Alarm = &first
	}
	c.Clear = given.Clear
	c.Puts, c.Deletes = append(c.Puts, given.Puts...), append(c.Deletes, given.Deletes...)
	slices.SortFunc(c.Puts, func(a, b persistence.Item) int { return strings.Compare(a.Key, b.Key) })
	slices.Sort(c.Deletes)
	p.change = &c
}

// rewriteNote stores the note as it is by then, or deletes it: a room of which
// nothing is left has nothing to note.
func (p *plan) rewriteNote(o *outbox, c *persistence.Change) {
	if p.noted > 0 {
		p.items, p.bytes = p.items-1, p.bytes-p.noted
	}
	switch {
	case p.note.wake != 0:
		for _, l := range o.lanes {
			if l.cover > 0 {
				p.note.past = l.past
			}
		}
		it := persistence.Item{Key: outboxItem, Value: appendNote(nil, &p.note)}
		c.Puts = append(c.Puts, it)
		p.noted = len(it.Key) + len(it.Value)
		p.items, p.bytes = p.items+1, p.bytes+p.noted
	case p.noted > 0:
		c.Deletes = append(c.Deletes, outboxItem)
		p.noted = 0
	}
}

// storedItems returns the items of all messages that have one.
func (o *outbox) storedItems() (items []persistence.Item) {
	for _, l := range o.lanes {
		for i := range l.queue[:l.stored] {
			items = append(items, l.itemOf(&l.queue[i]))
		}
	}
	return items
}

// accept takes note of a plan whose turn is on its way.
func (o *outbox) accept(p *plan) {
	o.note, o.noted, o.items, o.bytes = p.note, p.noted, p.items, p.bytes
	for i, l := range o.lanes {
		l.add(p.added[i], p.stored[i])
		l.expired = slices.Delete(l.expired, 0, p.taken[i])
	}
}
