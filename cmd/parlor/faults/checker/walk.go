package checker

import (
	"github.com/parlor-sse/parlor/cmd/parlor/faults/history"
	"github.com/parlor-sse/parlor/persistence"
)

// replayed is how many messages a stream begins with that brings no id.
const replayed = 10

// walkMessage wants a message to be the next one.
func (j *judge) walkMessage(s *stream, r *reader, f *history.Frame, id persistence.Position) {
	was := *r
	*r = reader{known: true, at: id}
	switch {
	case !was.known:
		if !was.reset {
			j.checkReplay(s, f, id)
		}
	case id.Seq == was.at.Seq+1:
		if id.Epoch < was.at.Epoch {
			j.report(I3, f.Room, f.Time, "stream %d was shown %v after %v", f.Conn, id, was.at)
		}
	case id.Seq <= was.at.Seq:
		j.report(I2, f.Room, f.Time, "stream %d was shown %v, though it was at %v", f.Conn, id, was.at)
		r.at = was.at
	case was.resumed:
		j.report(I7, f.Room, f.Time, "stream %d came with %v and was shown %v", f.Conn, was.at, id)
	default:
		j.report(I6, f.Room, f.Time, "stream %d was shown %v after %v", f.Conn, id, was.at)
	}
}

// checkReplay looks at the first message of a stream that brought no id: it
// begins the room's newest ten. How long the room was at that moment is known
// between bounds.
func (j *judge) checkReplay(s *stream, f *history.Frame, first persistence.Position) {
	n := uint64(replayed)
	if keeps := j.h.Run.History; keeps > 0 {
		n = min(n, uint64(keeps))
	}
	log := j.rooms[f.Room]
	least, most := log.acked.at(s.open.Call), log.called.at(f.Time)
	if first.Seq+n < least+1 || first.Seq > max(most, n)-n+1 {
		j.report(I7, f.Room, f.Time, "stream %d brought no id and begins with %v, when the newest was between %d and %d",
			f.Conn, first, least, most)
	}
}

// walkBookmark wants a bookmark to be where the stream is: one ahead of it would
// make the client skip what it was never shown.
func (j *judge) walkBookmark(s *stream, f *history.Frame) {
	positions, ok := bookmark(f.ID, len(s.open.Rooms))
	if !ok {
		j.report(I3, "", f.Time, "stream %d was given the bookmark %q", f.Conn, f.ID)
		return
	}
	for i, room := range s.open.Rooms {
		r, at := s.rooms[room], positions[i]
		switch {
		case !r.known:
		case at.Seq == 0 && r.at.Seq == 0: // an empty room; its epoch may have risen
		case at == r.at:
		case at.Seq == r.at.Seq && r.at.Seq > 0 && j.sameLost(room, at, r.at):
		default:
			j.report(I6, room, f.Time, "stream %d was given the bookmark %v at %v", f.Conn, at, r.at)
		}
		*r = reader{known: true, at: at, resumed: r.resumed}
	}
}

// sameLost reports whether one of two ids of one place is that of a gap's end
// so long ago that its epoch was forgotten.
func (j *judge) sameLost(room string, a, b persistence.Position) bool {
	e := j.rooms[room].entries[a.Seq]
	return e == nil || e.id == a || e.id == b
}

// walkGap wants a gap to begin where the stream is, to name what it leaves out,
// and to leave out only what the room keeps no more.
func (j *judge) walkGap(r *reader, f *history.Frame) {
	j.result.Tally.Gaps++
	j.result.Tally.Missed += int(f.Lost)
	from, ok := history.Position(f.From)
	to, ok2 := history.Position(f.To)
	switch {
	case !ok || !ok2 || to.Seq < from.Seq || f.Lost != to.Seq-from.Seq+1:
		j.report(I8, f.Room, f.Time, "stream %d was told of a gap from %q to %q of %d messages", f.Conn, f.From, f.To, f.Lost)
		return
	case r.known && from.Seq != r.at.Seq+1:
		j.report(I8, f.Room, f.Time, "stream %d was told of a gap from %v to %v at %v", f.Conn, from, to, r.at)
	case f.Reason != "trimmed":
		j.report(I8, f.Room, f.Time, "stream %d was told of a gap for the reason %q", f.Conn, f.Reason)
	case j.rooms[f.Room].called.at(f.Time) < to.Seq+uint64(j.h.Run.History):
		j.report(I8, f.Room, f.Time, "stream %d was told that %v is gone, when the newest was at most %d and %d are kept",
			f.Conn, to, j.rooms[f.Room].called.at(f.Time), j.h.Run.History)
	}
	*r = reader{known: true, at: to}
}
