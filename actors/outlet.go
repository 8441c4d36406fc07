package actors

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/parlor-sse/parlor/actors/wire"
	"github.com/parlor-sse/parlor/persistence"
)

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

// trimLocked forgets what is older than the history.
func (o *outlet) trimLocked() {
	if n := len(o.history) - o.front.node.cfg.History; n > 0 {
		clear(o.history[:n])
		o.history = o.history[n:]
	}
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
