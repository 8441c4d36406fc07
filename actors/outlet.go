package actors

import (
	"slices"
	"sync"
	"time"

	"github.com/parlor-sse/parlor/persistence"
)

// rosterEvery is the least time between two rosters of an outlet: ten thousand
// streams that come at once are a few messages.
const rosterEvery = 50 * time.Millisecond

// outlet is what a front holds of a room that somebody here listens to. It is
// attached to the room's owner, gets each message once, and puts it into the
// feeds that streams follow. It knows the newest messages itself, so that a
// stream can begin without a word to the owner.
//
// Locks are taken in the order outlets.mu, outlet.mu (several in the order of
// their keys), then feed.mu or the log's.
type outlet struct {
	// Static after construction.
	front *outlets
	key   persistence.RoomKey

	mu sync.Mutex
	// Guarded by mu.
	refs    int           // streams and subscriptions under way
	live    bool          // attached: window is up to date
	ready   chan struct{} // closed while live
	known   bool          // was attached before: feeds may have been told of window
	window  window        // window.history is not used
	history []*entry      // newest messages, oldest first
	feeds   []*feed
	joins   []*Subscriber // to be told to the owner
	leaves  []uint64      // to be told to the owner
	cooling bool          // a roster was sent less than rosterEvery ago
	gone    bool          // removed from outlets
}

func newOutlet(front *outlets, key persistence.RoomKey) *outlet {
	return &outlet{front: front, key: key, ready: make(chan struct{})}
}

// request sends the room a message.
func (o *outlet) request(m any) {
	o.front.node.root.Send(o.front.node.rooms, toRoom{key: o.key, message: m})
}

// attached takes what the owner says of the room's state.
func (o *outlet) attached(m attached) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.gone || o.live {
		return
	}
	had := newest(o.window.lineage, o.window.last)
	o.window = window{lineage: m.lineage, past: m.past, last: m.last}
	missed := make([]*entry, len(m.history))
	for i, rec := range m.history {
		missed[i] = &entry{outlet: o, record: rec}
	}
	o.history = missed
	if o.known {
		o.catchUp(had)
	}
	o.known, o.live = true, true
	close(o.ready)
	o.joins, o.leaves = nil, nil
	for _, f := range o.feeds {
		f.each(func(s *session) { o.joins = append(o.joins, &s.subscriber) })
	}
	o.tellRosterLocked()
}

// catchUp brings the feeds, which end at had, to the room's present state.
func (o *outlet) catchUp(had persistence.Position) {
	w := o.judgeWindow()
	v := w.judge(had)
	entries := o.history
	for _, f := range o.feeds {
		switch v.outcome {
		case resumeGap:
			f.append(appendGap(nil, f.framing, o.key.Name, v.from, v.to, gapTrimmed), nil)
		case resumeReset:
			f.append(appendReset(nil, o.key.Name, newest(w.lineage, w.last), v.reason), nil)
		}
	}
	if v.outcome == resumeFrom {
		entries = o.after(v.after)
	}
	for _, e := range entries {
		o.feed(e)
	}
}

// judgeWindow returns the window with the positions of the history filled in.
func (o *outlet) judgeWindow() *window {
	w := o.window
	for _, e := range o.history {
		w.history = append(w.history, e.record.Position)
	}
	return &w
}

// after returns the kept messages after seq.
func (o *outlet) after(seq uint64) []*entry {
	for i, e := range o.history {
		if e.record.Seq > seq {
			return o.history[i:]
		}
	}
	return nil
}

// deliver takes messages just committed. A hole, which only a lost message can
// leave, makes the outlet attach anew, and what is missing comes with that.
func (o *outlet) deliver(records []persistence.Record) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.gone || !o.live {
		return
	}
	for _, rec := range records {
		switch {
		case rec.Seq <= o.window.last.Seq:
			continue
		case rec.Seq != o.window.last.Seq+1:
			o.detachedLocked()
			o.request(attach{front: o.front.node.front})
			return
		}
		e := &entry{outlet: o, record: rec}
		if o.window.lineage.Current() != rec.Epoch {
			o.window.lineage = o.window.lineage.Begin(rec.Epoch, rec.Seq)
		}
		o.window.last = rec.Position
		o.history = append(o.history, e)
		if n := len(o.history) - o.front.node.cfg.History; n > 0 {
			clear(o.history[:n])
			o.history = o.history[n:]
		}
		o.feed(e)
	}
}

// feed puts a message into all feeds.
func (o *outlet) feed(e *entry) {
	for _, f := range o.feeds {
		f.append(e.frame(f.framing), e)
	}
}

// backlog returns how many frames streams here that keep up have yet to be sent.
func (o *outlet) backlog() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	most := 0
	for _, f := range o.feeds {
		most = max(most, f.log.Backlog())
	}
	return most
}

// update passes on what the room's timer sent. Readers of the plain framing
// would take it for a message.
func (o *outlet) update(data []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.gone {
		return
	}
	var rendered [Tagged + 1][]byte
	for _, f := range o.feeds {
		if f.framing == Plain {
			continue
		}
		if rendered[f.framing] == nil {
			rendered[f.framing] = renderAside(f.framing, o.key.Name, "update", data)
		}
		f.append(rendered[f.framing], nil)
	}
}

// target sends a message to the streams of one client.
func (o *outlet) target(m targeted) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, f := range o.feeds {
		f.each(func(s *session) {
			if s.subscriber.Client == m.client {
				s.stream.Send(renderAside(f.framing, o.key.Name, m.event, m.data))
			}
		})
	}
}

// lost notes that the owner let go of the room; after a moment it is asked
// again.
func (o *outlet) lost() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.gone {
		return
	}
	o.detachedLocked()
	time.AfterFunc(reattachAfter, func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		if !o.gone && !o.live {
			o.request(attach{front: o.front.node.front})
		}
	})
}

// reattachAfter is how long an outlet waits before it asks a failed room again.
const reattachAfter = 100 * time.Millisecond

func (o *outlet) detachedLocked() {
	if o.live {
		o.live, o.ready = false, make(chan struct{})
	}
}

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
	o.joins = slices.DeleteFunc(o.joins, func(j *Subscriber) bool { return j == &s.subscriber })
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
	if len(o.joins) == 0 && len(o.leaves) == 0 {
		return
	}
	o.request(roster{front: o.front.node.front, joins: o.joins, leaves: o.leaves})
	o.joins, o.leaves = nil, nil
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

// findFeed returns the feed that a request asks for and makes it if need be. The
// caller holds the locks of all its rooms.
func (o *outlet) findFeed(rooms []*outlet, keys []persistence.RoomKey, req *SubscribeRequest) *feed {
	for _, f := range o.feeds {
		if f.serves(keys, req.Framing, req.HeartbeatEvent) {
			return f
		}
	}
	f := newFeed(rooms, req.Framing, req.HeartbeatEvent, o.front.limits)
	for _, room := range rooms {
		room.feeds = append(room.feeds, f)
	}
	o.front.beats.add(f)
	return f
}

// releaseFeed gives up a hold on a feed of which this is the first room.
func (o *outlet) releaseFeed(f *feed) {
	o.mu.Lock()
	f.refs--
	last := f.refs == 0
	if last {
		f.dead.Store(true)
	}
	o.mu.Unlock()
	if !last {
		return
	}
	for _, room := range f.rooms {
		room.mu.Lock()
		if i := slices.Index(room.feeds, f); i >= 0 {
			room.feeds = slices.Delete(room.feeds, i, i+1)
		}
		room.mu.Unlock()
	}
}
