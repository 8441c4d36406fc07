package actors

import (
	"slices"
	"time"

	"github.com/parlor-sse/parlor/actors/wire"
)

// Fronts that watch a room are told of all that comes and goes on it, because
// streams there want to know. A room that nobody watches does nothing for it.

// maxPresenceText bounds the texts of one presence event, in bytes.
const maxPresenceText = 64 << 10

// absent is a front that let go of the room, and the streams that it had. They
// count as there for a while: most often the front is back within moments.
type absent struct {
	at    map[uint64]*listener
	since time.Time
}

// news is who came and went.
type news struct{ came, went []wire.Person }

// newsOf returns how a front's streams differ from those before.
func newsOf(front string, before, after map[uint64]*listener) (n news) {
	for id, l := range after {
		if before[id] == nil {
			n.came = append(n.came, wire.Person{Subscriber: *l, Node: front})
		}
	}
	for id, l := range before {
		if after[id] == nil {
			n.went = append(n.went, wire.Person{Subscriber: *l, Node: front})
		}
	}
	return n
}

// newsIn returns what a front's roster tells that was not known.
func (a *audience) newsIn(m *roster) (n news) {
	before := a.subscribers[m.front]
	if gone, ok := a.away[m.front]; ok {
		before = gone.at
	}
	if m.all {
		after := make(map[uint64]*listener, len(m.joins))
		for _, l := range m.joins {
			after[l.ID] = l
		}
		return newsOf(m.front, before, after)
	}
	for _, l := range m.joins {
		if before[l.ID] == nil {
			n.came = append(n.came, wire.Person{Subscriber: *l, Node: m.front})
		}
	}
	for _, id := range m.leaves {
		if l := before[id]; l != nil {
			n.went = append(n.went, wire.Person{Subscriber: *l, Node: m.front})
		}
	}
	return n
}

// heed takes note of whether a front watches.
func (a *audience) heed(m *roster) {
	switch {
	case m.watch && a.watching == nil:
		a.watching = map[string]struct{}{m.front: {}}
	case m.watch:
		a.watching[m.front] = struct{}{}
	default:
		a.forgetWatch(m.front)
	}
}

// forgetWatch takes note that a front does not watch any more.
func (a *audience) forgetWatch(front string) {
	if delete(a.watching, front); len(a.watching) == 0 {
		a.watching, a.away = nil, nil
	}
}

// miss keeps the streams of a front that lets go of the room, if anybody watches.
func (a *audience) miss(front string) {
	a.forgetWatch(front)
	if at := a.subscribers[front]; len(a.watching) > 0 && len(at) > 0 {
		if a.away == nil {
			a.away = make(map[string]absent)
		}
		a.away[front] = absent{at: at, since: time.Now()}
	}
}

// seenThere returns everybody of whom those who watch were told, and how many they
// are.
func (a *audience) seenThere() (fronts map[string]map[uint64]*listener, n int) {
	fronts, n = a.subscribers, a.listeners()
	if len(a.away) > 0 {
		fronts = make(map[string]map[uint64]*listener, len(a.subscribers)+len(a.away))
		for front, at := range a.subscribers {
			fronts[front] = at
		}
		for front, gone := range a.away {
			fronts[front] = gone.at
			n += len(gone.at)
		}
	}
	return fronts, n
}

// tell tells those who watch what is new; asks, if not empty, is a front that
// wants to know of everybody.
func (r *room) tell(n news, asks string) {
	if len(r.watching) == 0 {
		return
	}
	slices.SortFunc(n.came, comparePeople)
	slices.SortFunc(n.went, comparePeople)
	fresh := tooMuch(n.came) || tooMuch(n.went)
	_, count := r.seenThere()
	var list *wire.Presence
	for front := range r.watching {
		if fresh || front == asks {
			if list == nil {
				list = r.everybody()
			}
			r.tellFront(front, *list)
			continue
		}
		if len(n.went) > 0 {
			r.tellFront(front, wire.Presence{
				Room: r.key, Change: wire.Left, People: n.went, Count: count - len(n.came),
			})
		}
		if len(n.came) > 0 {
			r.tellFront(front, wire.Presence{Room: r.key, Change: wire.Joined, People: n.came, Count: count})
		}
	}
}

func (r *room) tellFront(front string, m wire.Presence) {
	if link, attached := r.fronts[front]; attached {
		r.node.toFront(front, link, m)
	}
}

// everybody lists who is on the room, as far as there is room for them.
func (r *room) everybody() *wire.Presence {
	fronts, count := r.seenThere()
	people, all := somePeople(fronts, wire.MaxPresence, maxPresenceText)
	if !all {
		r.node.metrics.truncated.Inc()
	}
	return &wire.Presence{Room: r.key, Change: wire.Listed, People: people, Count: count, More: !all}
}

// tooMuch reports whether so many people are better told of by a list.
func tooMuch(people []wire.Person) bool {
	text := 0
	for i := range people {
		text += len(people[i].Node) + len(people[i].Client) + len(people[i].User)
	}
	return len(people) > wire.MaxPresence || text > maxPresenceText
}

// absentDue asks a room to give up those who are away.
type absentDue struct{}

// awaitAbsent makes sure that fronts that let go of the room are given up in
// time.
func (r *room) awaitAbsent() {
	if len(r.away) > 0 && r.absentTimer == nil {
		r.absentTimer = time.AfterFunc(missingLook, func() { r.node.root.Send(r.self, absentDue{}) })
	}
}

// giveUpAbsent tells that the streams of fronts that did not come back are gone.
func (r *room) giveUpAbsent() {
	r.absentTimer = nil
	if r.state != roomAwake {
		return
	}
	for front, gone := range r.away {
		if r.patience(front, gone.since) == 0 {
			delete(r.away, front)
			r.tell(newsOf(front, gone.at, r.subscribers[front]), "")
		}
	}
	r.awaitAbsent()
}
