package actors

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/parlor-sse/parlor/actors/fanout"
	"github.com/parlor-sse/parlor/actors/wire"
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

	relisting atomic.Bool // a list of who is on the room will be sent

	mu sync.Mutex
	// Guarded by mu.
	refs    int           // streams and subscriptions under way
	owner   string        // node that it is attached to, or asks; "" while there is none
	asked   bool          // owner was asked to attach and has not answered
	live    bool          // attached: window is up to date
	since   time.Time     // when it last ceased to be live
	ready   chan struct{} // closed while live
	answer  chan struct{} // closed with the owner's next answer; nil while nobody waits for it
	known   bool          // was attached before: feeds may have been told of window
	window  window        // window.history is not used
	history []*entry      // newest messages, oldest first
	feeds   []*feed
	joins   []*listener         // to be told to the owner
	leaves  []uint64            // to be told to the owner
	all     bool                // joins are all streams there are
	members map[uint64]*session // streams that are on the room and sent nothing of it, by id; nil for none
	watch   watch
	cooling bool // a roster was sent less than rosterEvery ago
	gone    bool // removed from outlets
}

func newOutlet(front *outlets, key persistence.RoomKey) *outlet {
	return &outlet{front: front, key: key, ready: make(chan struct{}), since: time.Now()}
}

// attachLocked asks the room's owner, whoever that is by now, to be sent its
// frames. While there is none the next ring brings one.
func (o *outlet) attachLocked() {
	o.detachedLocked()
	o.owner = o.front.node.place.owner(o.key)
	o.asked = o.owner != ""
	if o.asked {
		o.front.node.toOwner(o.owner, o.key, attach{
			front: o.front.node.cfg.Node, have: o.window.last, known: o.known,
		})
	}
}

// tell sends the room's owner a message that only means something while it is
// attached.
func (o *outlet) tell(m any) {
	if o.owner != "" {
		o.front.node.toOwner(o.owner, o.key, m)
	}
}

// attached takes what the owner says of the room's state.
func (o *outlet) attached(from string, m wire.Attached) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.gone || o.owner != from {
		return
	}
	if o.answer != nil {
		close(o.answer)
		o.answer = nil
	}
	if o.live { // all that the answer tells came before it
		return
	}
	had := o.window.last
	o.window = window{lineage: m.Lineage, past: m.Past, last: m.Last}
	o.history = make([]*entry, len(m.History))
	for i, rec := range m.History {
		o.history[i] = &entry{outlet: o, record: rec}
	}
	if o.known {
		o.catchUp(had)
	}
	o.trimLocked()                               // what was sent to bridge a break is not the room's history
	o.joins, o.leaves, o.all = nil, nil, o.known // the first time there is nothing to replace
	o.known, o.live, o.asked = true, true, false
	o.watch.attached()
	close(o.ready)
	for _, f := range o.feeds {
		f.each(func(s *session) { o.joins = append(o.joins, &s.subscriber) })
	}
	for _, s := range o.members {
		o.joins = append(o.joins, &s.subscriber)
	}
	o.tellRosterLocked()
}

// trimLocked forgets what is older than the history.
func (o *outlet) trimLocked() {
	if n := len(o.history) - o.front.node.cfg.History; n > 0 {
		clear(o.history[:n])
		o.history = o.history[n:]
	}
}

// askLocked asks the owner how far the room is, while frames go on as they come,
// and returns what is closed when the answer is there.
func (o *outlet) askLocked() <-chan struct{} {
	if o.answer == nil {
		o.answer = make(chan struct{})
		o.tell(attach{front: o.front.node.cfg.Node, have: o.window.last, known: true})
	}
	return o.answer
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
			f.append(appendReset(nil, o.key.Name, w.last, v.reason), nil)
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
func (o *outlet) deliver(from string, records []persistence.Record) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.gone || !o.live || o.owner != from {
		return
	}
	for _, rec := range records {
		switch {
		case rec.Seq <= o.window.last.Seq:
			continue
		case rec.Seq != o.window.last.Seq+1:
			o.front.node.metrics.refills.WithLabelValues(refillHole).Inc()
			o.attachLocked()
			return
		}
		e := &entry{outlet: o, record: rec}
		if o.window.lineage.Current() != rec.Epoch {
			o.window.lineage = o.window.lineage.Begin(rec.Epoch, rec.Seq)
		}
		o.window.last = rec.Position
		o.history = append(o.history, e)
		o.trimLocked()
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

// update passes on what a room sends beside its order. Readers of the plain
// framing would take what has a name for a message, and get only what has none.
func (o *outlet) update(from string, m wire.Update) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.gone || !o.live || o.owner != from {
		return
	}
	var rendered [Tagged + 1][]byte
	for _, f := range o.feeds {
		if f.framing == Plain && m.Event != "" {
			continue
		}
		if rendered[f.framing] == nil {
			rendered[f.framing] = renderAside(f.framing, o.key.Name, m.Event, m.Data)
		}
		f.append(rendered[f.framing], nil)
	}
}

// target sends a message to the streams of one client, or of one user.
func (o *outlet) target(from string, m wire.Targeted) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.owner != from {
		return
	}
	to := target{client: m.Client, user: m.User}
	for _, f := range o.feeds {
		f.each(func(s *session) {
			if to.is(&s.subscriber) {
				s.stream.Send(renderAside(f.framing, o.key.Name, m.Event, m.Data))
			}
		})
	}
}

// lost notes that the owner let go of the room; after a moment whoever owns it
// then is asked.
func (o *outlet) lost(from string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.gone || o.owner != from {
		return
	}
	o.detachedLocked()
	o.asked = false
	time.AfterFunc(reattachAfter, func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		if !o.gone && !o.live && !o.asked {
			o.attachLocked()
		}
	})
}

// reattachAfter is how long an outlet waits before it asks for a room again
// that was not to be had.
const reattachAfter = 100 * time.Millisecond

// linkLost asks anew if the link to the outlet's owner broke: what was said on
// it may not have arrived.
func (o *outlet) linkLost(owner string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.gone && o.owner == owner {
		o.attachLocked()
	}
}

// ringChanged asks the room's new owner if it has one.
func (o *outlet) ringChanged() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.gone || o.owner == o.front.node.place.owner(o.key) {
		return
	}
	o.tell(detach{front: o.front.node.cfg.Node})
	o.attachLocked()
}

// forsaken closes the streams if nothing was heard of the room for too long:
// what they show may be old by now, and another front may know better.
func (o *outlet) forsaken(patience time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.gone || o.live || !o.known || time.Since(o.since) < patience {
		return
	}
	o.since = time.Now()
	for _, f := range o.feeds {
		f.each(func(s *session) { s.stream.Close(appendUnavailable(nil, o.key.Name), fanout.ReasonLost) })
	}
}

// attachedTo returns the node that the outlet is attached to, or asks.
func (o *outlet) attachedTo() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.owner
}

func (o *outlet) detachedLocked() {
	if o.live {
		o.live, o.ready, o.since = false, make(chan struct{}), time.Now()
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

// findFeed returns the feed that a request asks for and makes it if need be. The
// caller holds the locks of all its rooms.
func (o *outlet) findFeed(rooms []*outlet, keys []persistence.RoomKey, req *SubscribeRequest) *feed {
	for _, f := range o.feeds {
		if f.serves(keys, req) {
			return f
		}
	}
	f := newFeed(rooms, req, o.front.limits)
	for _, room := range rooms {
		room.feeds = append(room.feeds, f)
		if f.presence {
			room.watchLocked()
		}
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
			if f.presence {
				room.unwatchLocked()
			}
		}
		room.mu.Unlock()
	}
}
