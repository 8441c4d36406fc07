package checker

import (
	"cmp"
	"slices"
	"strings"

	"github.com/parlor-sse/parlor/cmd/parlor/faults/history"
	"github.com/parlor-sse/parlor/persistence"
)

const statusOK = 200

// stream is one connection of a subscriber.
type stream struct {
	open   history.Open
	frames []int // indexes into the history's frames, in the order of their coming
	end    int64 // when it was closed; never if it was not
	by     history.Closer
	rooms  map[string]*reader
}

// node returns the stream's node; "" for a stream that never was opened.
func (s *stream) node() string {
	if s == nil {
		return ""
	}
	return s.open.Node
}

// reader is how far a stream has come in one room.
type reader struct {
	known   bool                 // at holds a position
	at      persistence.Position // of the newest message, bookmark or gap
	resumed bool                 // nothing came yet since the client sent its position
	reset   bool                 // the stream was told that its position says nothing here
}

// gatherStreams puts what belongs to each stream together.
func (j *judge) gatherStreams() {
	for _, o := range j.h.Opens {
		j.streams[o.Conn] = &stream{open: o, end: never, rooms: make(map[string]*reader)}
		for _, room := range o.Rooms {
			j.room(room)
		}
	}
	for i := range j.h.Frames {
		f := &j.h.Frames[i]
		s := j.streams[f.Conn]
		if s == nil {
			j.report(Expected, f.Room, f.Time, "stream %d was never opened", f.Conn)
			continue
		}
		s.frames = append(s.frames, i)
	}
	for _, c := range j.h.Closes {
		if s := j.streams[c.Conn]; s != nil {
			s.end, s.by = c.Time, c.By
		}
	}
}

// sortedStreams returns the streams by number, which is the order of opening for
// each subscriber.
func (j *judge) sortedStreams() []*stream {
	all := make([]*stream, 0, len(j.streams))
	for _, s := range j.streams {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b *stream) int { return cmp.Compare(a.open.Conn, b.open.Conn) })
	return all
}

// walkStreams follows each stream along the logs.
func (j *judge) walkStreams() {
	for _, s := range j.sortedStreams() {
		j.result.Tally.Streams++
		if s.open.Status != statusOK {
			j.report(I12, "", s.open.Time, "%s answered a stream with status %d, after which browsers never come back",
				s.open.Node, s.open.Status)
			continue
		}
		j.beginStream(s)
		for _, i := range s.frames {
			j.walk(s, &j.h.Frames[i])
		}
	}
}

// beginStream sets the readers to the position that the client sent.
func (j *judge) beginStream(s *stream) {
	for _, room := range s.open.Rooms {
		s.rooms[room] = new(reader)
	}
	if !s.open.Resumed {
		return
	}
	positions, ok := bookmark(s.open.Sent, len(s.open.Rooms))
	if !ok {
		// The client sends what a server gave it, so some server gave nonsense.
		j.report(I3, "", s.open.Time, "stream %d had to come back with the id %q", s.open.Conn, s.open.Sent)
		return
	}
	for i, room := range s.open.Rooms {
		*s.rooms[room] = reader{known: true, at: positions[i], resumed: true}
	}
}

// bookmark reads the id of a stream on so many rooms: a position or, for several
// rooms, eight digits, a colon, and positions in the order of the rooms.
func bookmark(id string, rooms int) ([]persistence.Position, bool) {
	parts := []string{id}
	if rooms > 1 {
		_, list, found := strings.Cut(id, ":")
		if !found {
			return nil, false
		}
		parts = strings.Split(list, ",")
	}
	if len(parts) != rooms {
		return nil, false
	}
	positions := make([]persistence.Position, rooms)
	for i, part := range parts {
		var ok bool
		if positions[i], ok = history.Position(part); !ok {
			return nil, false
		}
	}
	return positions, true
}

// walk takes one frame of a stream.
func (j *judge) walk(s *stream, f *history.Frame) {
	if f.Kind == history.Bookmark {
		j.walkBookmark(s, f)
		return
	}
	if f.Kind == history.Unavailable {
		return
	}
	r := s.rooms[f.Room]
	if r == nil {
		j.report(I5, f.Room, f.Time, "stream %d never asked for this room", f.Conn)
		return
	}
	switch f.Kind {
	case history.Message:
		if id, ok := history.Position(f.ID); ok {
			j.result.Tally.Delivered++
			j.walkMessage(s, r, f, id)
		}
	case history.Gap:
		j.walkGap(r, f)
	case history.Reset:
		j.result.Tally.Resets++
		j.report(I7, f.Room, f.Time, "stream %d was reset (%s) though it came with %q, which was an id of this room",
			f.Conn, f.Reason, s.open.Sent)
		*r = reader{reset: true}
	}
}
