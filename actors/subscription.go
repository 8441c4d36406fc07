package actors

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/parlor-sse/parlor/actors/fanout"
	"github.com/parlor-sse/parlor/persistence"
)

// Subscription is a stream that waits for its connection. Exactly one of Attach
// and Cancel is called, once; both may be called from any goroutine.
type Subscription struct {
	session *session
	opening []byte
	from    uint64
	ttl     time.Duration
	expires time.Time
}

// Subscribe prepares a stream: what it is sent first, and where in the feed it
// begins. It waits, until ctx ends, for rooms that have to be woken; then the
// error is ErrUnavailable. When the stream has ended, or was cancelled,
// req.Closed is called, once.
func (s *System) Subscribe(ctx context.Context, req SubscribeRequest) (*Subscription, error) {
	if s.draining.Load() {
		return nil, ErrDraining
	}
	if err := s.check(&req); err != nil {
		return nil, err
	}
	if len(req.Rooms) > 1 {
		req.Framing = Tagged
	}
	if req.Framing == Plain { // its readers would take what they are told for messages
		req.Presence = false
	}
	if s.node.clustered() && !s.node.peers.members.Quorate() {
		// Most likely in vain: who asks had better try another node soon.
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, lonePatience)
		defer cancel()
	}
	held := make([]*outlet, len(req.Rooms))
	for i, key := range req.Rooms {
		held[i] = s.outlets.acquire(key)
	}
	sub, err := s.outlets.subscribe(ctx, held, &req)
	if err != nil {
		for _, o := range held {
			s.outlets.release(o)
		}
		return nil, err
	}
	sub.session.subscriber.ID = s.streamIDs.Add(1)
	if req.Only {
		sub.session.only = s.outlets.acquire(userRoom(req.User))
	}
	return sub, nil
}

// check reports what is wrong with a request.
func (s *System) check(req *SubscribeRequest) error {
	if len(req.Rooms) == 0 || len(req.Rooms) > MaxRoomsPerStream {
		return fmt.Errorf("%w: a stream is on 1 to %d rooms", ErrBadRoom, MaxRoomsPerStream)
	}
	for _, key := range req.Rooms {
		if !s.HasKind(key.Kind) {
			return ErrNoKind
		}
		if _, err := ParseRoom(key.Name); err != nil {
			return err
		}
	}
	if len(req.User) > MaxUserLen || req.Only && req.User == "" {
		return ErrBadUser
	}
	return nil
}

// MaxRoomsPerStream bounds the rooms of one stream.
const MaxRoomsPerStream = 100

// subscribe waits until all rooms are live and takes them all at one moment.
func (os *outlets) subscribe(ctx context.Context, rooms []*outlet, req *SubscribeRequest) (*Subscription, error) {
	sorted := slices.Clone(rooms)
	slices.SortFunc(sorted, func(a, b *outlet) int {
		return cmp.Or(cmp.Compare(a.key.Kind, b.key.Kind), cmp.Compare(a.key.Name, b.key.Name))
	})
	if err := os.lock(ctx, sorted); err != nil {
		return nil, err
	}
	if answers := os.ahead(rooms, req); len(answers) > 0 {
		unlock(sorted)
		for _, answer := range answers {
			select {
			case <-answer:
			case <-ctx.Done():
				return nil, fmt.Errorf("%w: %w", ErrUnavailable, context.Cause(ctx))
			}
		}
		if err := os.lock(ctx, sorted); err != nil {
			return nil, err
		}
	}
	defer unlock(sorted)
	f := rooms[0].findFeed(rooms, req.Rooms, req)
	f.refs++
	return &Subscription{
		session: &session{
			feed: f, closed: req.Closed,
			subscriber: listener{Client: req.Client, User: req.User, Since: time.Now().UnixMilli()},
		},
		opening: f.appendPresence(f.opening(req)), from: f.log.Next(), ttl: req.TTL, expires: req.Expires,
	}, nil
}

// lock locks the outlets, in the order given, when all are live.
func (os *outlets) lock(ctx context.Context, sorted []*outlet) error {
	for !lockLive(sorted) {
		for _, o := range sorted {
			if err := o.wait(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// ahead asks the owners of rooms of which the client has seen more than this
// front: another front may have been told earlier, or the id is of no room here.
// The locks of all rooms are held. On a node of its own nothing is ever ahead.
func (os *outlets) ahead(rooms []*outlet, req *SubscribeRequest) (answers []<-chan struct{}) {
	if !req.Resume || !os.node.clustered() {
		return nil
	}
	positions, _ := parseBookmark(req.LastEventID, req.Rooms)
	for i, p := range positions {
		if o := rooms[i]; p.Seq > o.window.last.Seq {
			answers = append(answers, o.askLocked())
		}
	}
	return answers
}

// lockLive locks the outlets, in the order given, if all are live.
func lockLive(sorted []*outlet) bool {
	for i, o := range sorted {
		o.mu.Lock()
		if !o.live {
			unlock(sorted[:i+1])
			return false
		}
	}
	return true
}

func unlock(os []*outlet) {
	for _, o := range os {
		o.mu.Unlock()
	}
}

// wait returns when the outlet is live or ctx ends.
func (o *outlet) wait(ctx context.Context) error {
	o.mu.Lock()
	ready := o.ready
	o.mu.Unlock()
	select {
	case <-ready:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%w: %q: %w", ErrUnavailable, o.key.Name, context.Cause(ctx))
	}
}

// opening renders what a stream is sent before the feed's frames. The locks of
// all rooms are held.
func (f *feed) opening(req *SubscribeRequest) []byte {
	out := slices.Clone(req.Greeting)
	if req.Greeting == nil {
		out = appendGreeting(nil, f.framing)
	}
	if req.Live {
		return out
	}
	var ids []persistence.Position
	var reason string
	if req.Resume {
		if ids, reason = parseBookmark(req.LastEventID, f.keys); reason != "" {
			f.rooms[0].front.node.metrics.resets.WithLabelValues(reason).Inc()
		}
	}
	replayed := false
	for i, o := range f.rooms {
		entries := o.history
		switch {
		case !req.Resume:
			if n := len(entries); req.Replay >= 0 && req.Replay < n {
				entries = entries[n-req.Replay:]
			}
		case reason != "":
			out = appendReset(out, o.key.Name, o.window.last, reason)
		default:
			out, entries = o.resume(out, f.framing, ids[i])
		}
		for _, e := range entries {
			out = append(out, e.frame(f.framing)...)
			replayed = true
		}
	}
	if !replayed || f.framing == Tagged {
		out = appendBookmark(out, f.bookmark())
	}
	return out
}

// bookmark returns the id of a stream that has been sent everything. The locks
// of all rooms are held.
func (f *feed) bookmark() string {
	positions := make([]persistence.Position, len(f.rooms))
	for i, o := range f.rooms {
		positions[i] = o.window.last
	}
	return f.bookmarkOf(positions)
}

// resume appends what a client with this id has to be told, and returns the
// messages that it is to be sent.
func (o *outlet) resume(out []byte, framing Framing, id persistence.Position) ([]byte, []*entry) {
	w := o.judgeWindow()
	v := w.judge(id)
	switch v.outcome {
	case resumeGap:
		o.front.node.metrics.gaps.Inc()
		return appendGap(out, framing, o.key.Name, v.from, v.to, gapTrimmed), o.history
	case resumeReset:
		o.front.node.metrics.resets.WithLabelValues(v.reason).Inc()
		return appendReset(out, o.key.Name, w.last, v.reason), o.history
	}
	return out, o.after(v.after)
}

// Attach gives the stream its connection, which is the stream's from now on. It
// sends head, then what the stream begins with. It does not block.
func (s *Subscription) Attach(conn net.Conn, head []byte) {
	ss := s.session
	first := make([]byte, 0, len(head)+len(s.opening))
	first = append(append(first, head...), s.opening...)
	ss.front().engine.Add(fanout.Spec{
		Conn: conn, First: first, Log: ss.feed.log, From: s.from,
		Policy: ss.front().node.cfg.Slow, TTL: s.ttl, Expires: s.expires, Owner: ss,
		Started: ss.started,
	})
}

// Cancel ends a subscription that got no connection.
func (s *Subscription) Cancel() {
	s.session.feed.log.Release(s.from)
	s.session.release()
}
