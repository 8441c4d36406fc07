package actors

import (
	"time"

	"github.com/parlor-sse/parlor/actors/fanout"
	"github.com/parlor-sse/parlor/actors/wire"
	"github.com/parlor-sse/parlor/persistence"
)

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
