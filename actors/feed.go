package actors

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/parlor-sse/parlor/actors/fanout"
	"github.com/parlor-sse/parlor/actors/sse"
	"github.com/parlor-sse/parlor/persistence"
)

// feed is a log and what goes into it: the frames of one room in one framing,
// or the tagged frames of several rooms. Streams that ask for the same share it.
// Rendered frames are shared between feeds; a feed only holds references.
type feed struct {
	// Static after construction.
	rooms          []*outlet // in the order of the request
	keys           []persistence.RoomKey
	framing        Framing
	heartbeatEvent bool
	presence       bool   // it tells who comes and goes
	digest         string // of several rooms
	log            *fanout.Log

	touched atomic.Int64 // unix nanoseconds of the last append
	refs    int          // guarded by the first room's mu; streams and subscriptions
	dead    atomic.Bool  // no stream is left, and none may be added; set once, under the first room's mu

	mu       sync.Mutex
	sessions []*session // guarded by mu; each knows its index

	// Guarded by the log's own lock, in the methods of fanout.Source.
	positions []persistence.Position // of the newest frame of each room
	trailer   []byte                 // rendered positions; nil when they changed
}

func newFeed(rooms []*outlet, req *SubscribeRequest, limits fanout.Limits) *feed {
	f := &feed{rooms: rooms, framing: req.Framing, heartbeatEvent: req.HeartbeatEvent, presence: req.Presence}
	for _, o := range rooms {
		f.keys = append(f.keys, o.key)
		f.positions = append(f.positions, o.window.last)
	}
	if len(rooms) > 1 {
		f.digest = digestOf(f.keys)
	}
	if f.framing == Tagged {
		f.log = fanout.NewLog(limits, f)
	} else {
		f.log = fanout.NewLog(limits, gapSource{f})
	}
	f.touched.Store(time.Now().UnixNano())
	return f
}

// serves reports whether the feed is what a request asks for. The caller holds
// the first room's lock, so that the feed cannot die meanwhile.
func (f *feed) serves(keys []persistence.RoomKey, req *SubscribeRequest) bool {
	return !f.dead.Load() && f.framing == req.Framing && f.heartbeatEvent == req.HeartbeatEvent &&
		f.presence == req.Presence && slices.Equal(f.keys, keys)
}

// enter adds an open stream.
func (f *feed) enter(s *session) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s.index = len(f.sessions)
	f.sessions = append(f.sessions, s)
}

// leave removes a stream that has ended.
func (f *feed) leave(s *session) {
	f.mu.Lock()
	defer f.mu.Unlock()
	last := len(f.sessions) - 1
	f.sessions[s.index] = f.sessions[last]
	f.sessions[s.index].index = s.index
	f.sessions[last] = nil
	f.sessions = f.sessions[:last]
}

// each calls visit for every open stream. visit must not block.
func (f *feed) each(visit func(*session)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.sessions {
		visit(s)
	}
}

// append adds a rendered frame. note is nil for what has no place in the order.
func (f *feed) append(frame []byte, note any) { f.appendFrame(fanout.Frame{Bytes: frame, Note: note}) }

func (f *feed) appendFrame(frame fanout.Frame) {
	f.log.Append(frame)
	f.touched.Store(time.Now().UnixNano())
}

// heartbeat adds a sign of life.
func (f *feed) heartbeat() {
	if !f.heartbeatEvent {
		f.append(sse.AppendComment(nil, "heartbeat"), nil)
		return
	}
	ev := sse.Event{Name: "heartbeat"}
	data := append([]byte(nil), `{"timestamp":"`...)
	data = appendTime(data, time.Now().UnixMilli())
	ev.Data = append(data, `"}`...)
	if f.framing == Tagged {
		f.append(sse.AppendEvent(nil, ev), nil)
		return
	}
	o := f.rooms[0]
	o.mu.Lock()
	defer o.mu.Unlock()
	// Under the room's lock the newest id is that of the log's newest frame.
	ev.ID = o.window.last.String()
	f.append(sse.AppendEvent(nil, ev), nil)
}

// Appended implements fanout.Source for tagged feeds: it keeps the positions
// that the trailer tells.
func (f *feed) Appended(fr fanout.Frame) {
	e, ok := fr.Note.(*entry)
	if !ok {
		return
	}
	for i, o := range f.rooms {
		if o == e.outlet {
			f.positions[i] = e.record.Position
			f.trailer = nil
		}
	}
}

// AppendTrailer implements fanout.Source for tagged feeds: tagged frames carry
// no ids of their own, so every flush ends with a bookmark.
func (f *feed) AppendTrailer(dst []byte) []byte {
	if f.trailer == nil {
		f.trailer = appendBookmark(nil, f.bookmarkOf(f.positions))
	}
	return append(dst, f.trailer...)
}

// bookmarkOf returns the last event id of a stream at these positions.
func (f *feed) bookmarkOf(positions []persistence.Position) string {
	if len(positions) == 1 {
		return positions[0].String()
	}
	return string(appendCompound(nil, f.digest, positions))
}

// AppendGap implements fanout.Source.
func (f *feed) AppendGap(dst []byte, skipped []fanout.Frame) []byte {
	type span struct{ from, to persistence.Position }
	spans := make(map[*outlet]*span, len(f.rooms))
	for _, fr := range skipped {
		e, ok := fr.Note.(*entry)
		if !ok {
			fr.Note.(*outlet).relist()
			continue
		}
		if s := spans[e.outlet]; s != nil {
			s.to = e.record.Position
		} else {
			spans[e.outlet] = &span{e.record.Position, e.record.Position}
		}
	}
	for _, o := range f.rooms {
		if s := spans[o]; s != nil {
			dst = appendGap(dst, f.framing, o.key.Name, s.from, s.to, gapSlow)
		}
	}
	return dst
}

// Why messages are missing, as event gap tells.
const (
	gapTrimmed = "trimmed" // they left the history while the client was away
	gapSlow    = "slow"    // the client did not take them in time
)

// gapSource is the source of feeds whose frames carry their ids.
type gapSource struct{ f *feed }

func (s gapSource) Appended(fanout.Frame)           {}
func (s gapSource) AppendTrailer(dst []byte) []byte { return dst }
func (s gapSource) AppendGap(dst []byte, skipped []fanout.Frame) []byte {
	return s.f.AppendGap(dst, skipped)
}
