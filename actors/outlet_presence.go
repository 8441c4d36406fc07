package actors

import (
	"time"

	"github.com/parlor-sse/parlor/actors/fanout"
	"github.com/parlor-sse/parlor/actors/wire"
)

// watch is what an outlet knows of who is on its room, at all fronts, while it
// has feeds that tell of it. It belongs to the outlet and is guarded by its mu.
type watch struct {
	feeds  int  // that tell who comes and goes
	told   bool // the owner knows that there are some
	ask    bool // the owner is to say who is there with the next roster
	listed int  // people in the owner's last list

	people map[personID]wire.Person // nil until the owner has said; at most wire.MaxPresence
	count  int                      // streams on the room
	data   []byte                   // the list, marshalled; nil when it has changed
}

type personID struct {
	node string
	id   uint64
}

func idOf(p *wire.Person) personID { return personID{p.Node, p.ID} }

// pending reports whether the owner is to be told something.
func (w *watch) pending() bool { return w.ask || w.told != (w.feeds > 0) }

// watchLocked begins to tell a feed who is on the room.
func (o *outlet) watchLocked() {
	if o.watch.feeds++; o.watch.feeds == 1 {
		o.watch.ask = true
		o.rosterChangedLocked()
	}
}

// unwatchLocked ends what watchLocked began.
func (o *outlet) unwatchLocked() {
	if o.watch.feeds--; o.watch.feeds == 0 {
		o.watch = watch{told: o.watch.told}
		o.rosterChangedLocked()
	}
}

// attached forgets what an earlier owner said: this one is asked.
func (w *watch) attached() {
	*w = watch{feeds: w.feeds, ask: w.feeds > 0}
}

// presence takes the owner's word of who is on the room, and passes it on. What
// comes before the list that was asked for is in the list.
func (o *outlet) presence(from string, m wire.Presence) {
	o.mu.Lock()
	defer o.mu.Unlock()
	w := &o.watch
	if o.gone || !o.live || o.owner != from || w.feeds == 0 || w.people == nil && m.Change != wire.Listed {
		return
	}
	w.count, w.data = m.Count, nil
	switch m.Change {
	case wire.Listed:
		w.people, w.listed = make(map[personID]wire.Person, len(m.People)), len(m.People)
		w.add(m.People)
		o.feedPresence(w.list(o.key.Name))
	case wire.Joined:
		w.add(m.People)
		o.feedPresence(changeData("join", o.key.Name, m.People, m.Count))
	case wire.Left:
		for i := range m.People {
			delete(w.people, idOf(&m.People[i]))
		}
		o.feedPresence(changeData("leave", o.key.Name, m.People, m.Count))
		if len(w.people) < min(w.count, w.listed/2) { // most of whom it had room for are gone
			w.ask = true
			o.rosterChangedLocked()
		}
	}
}

// add notes people, as far as there is room for them.
func (w *watch) add(people []wire.Person) {
	for i := range people {
		if len(w.people) < wire.MaxPresence {
			w.people[idOf(&people[i])] = people[i]
		}
	}
}

// feedPresence puts an event into the feeds that tell who comes and goes.
func (o *outlet) feedPresence(data []byte) {
	var rendered [Tagged + 1][]byte
	for _, f := range o.feeds {
		if !f.presence {
			continue
		}
		if rendered[f.framing] == nil {
			rendered[f.framing] = renderAside(f.framing, o.key.Name, presenceEvent, data)
		}
		f.appendFrame(fanout.Frame{Bytes: rendered[f.framing], Note: o, Aside: true})
	}
}

// relistAfter is how soon after a slow stream has missed who came and went all
// are told anew who is there.
const relistAfter = time.Second

// relist sees to it that a stream that missed some of it is told who is on the
// room. It is called under the lock of a log, so it leaves that to a moment when
// the outlet may be locked.
func (o *outlet) relist() {
	if !o.relisting.CompareAndSwap(false, true) {
		return
	}
	time.AfterFunc(relistAfter, func() {
		o.relisting.Store(false)
		o.mu.Lock()
		defer o.mu.Unlock()
		if !o.gone && o.watch.people != nil {
			o.feedPresence(o.watch.list(o.key.Name))
		}
	})
}

// appendPresence appends who is on the feed's rooms, as far as that is known
// already: of the others the feed will tell. The locks of all rooms are held.
func (f *feed) appendPresence(dst []byte) []byte {
	if !f.presence {
		return dst
	}
	for _, o := range f.rooms {
		if o.watch.people != nil {
			dst = append(dst, renderAside(f.framing, o.key.Name, presenceEvent, o.watch.list(o.key.Name))...)
		}
	}
	return dst
}
