package fanout

import (
	"slices"
	"sync/atomic"
)

// group is the streams of one home that follow one log. Streams that have been
// sent everything share its cursor; the others are parked, each with progress of
// its own.
type group struct {
	// Static after construction.
	log  *Log
	more func(*group) // tells the home that the log has more

	dirty   atomic.Bool   // the home has been told and has not begun to look
	least   atomic.Uint64 // the smallest ordinal that a stream still needs
	reached atomic.Uint64 // the cursor, for others to read

	// Owned by the home.
	cursor  uint64 // the first ordinal that streams without progress of their own lack
	streams []*Stream
	parked  []*Stream
	flushed int64 // when the last flush began, in nanoseconds of the home's clock
}

// groups are a home's, by the log they follow.
type groups map[*Log]*group

// of returns the log's group. A new one begins at cursor; it is not among the
// log's readers yet.
func (gs groups) of(log *Log, cursor uint64, more func(*group)) *group {
	g := gs[log]
	if g == nil {
		g = &group{log: log, more: more, cursor: cursor}
		g.least.Store(cursor)
		g.reached.Store(cursor)
		gs[log] = g
	}
	return g
}

// release forgets a group that has no streams left.
func (gs groups) release(g *group) {
	if g.empty() && gs[g.log] == g {
		delete(gs, g.log)
		g.log.leave(g)
	}
}

func (g *group) wake() {
	if g.dirty.CompareAndSwap(false, true) {
		g.more(g)
	}
}

func (g *group) low() uint64 { return g.least.Load() }

func (g *group) at() uint64 { return g.reached.Load() }

func (g *group) empty() bool { return len(g.streams) == 0 && len(g.parked) == 0 }

// add enters a stream that has been sent everything before the cursor.
func (g *group) add(st *Stream) {
	st.own = nil
	st.index = int32(len(g.streams))
	g.streams = append(g.streams, st)
}

// take removes a stream from those at the cursor. The last one takes its index,
// so that a sweep from the last to the first may call it for the one it is at.
func (g *group) take(st *Stream) {
	last := len(g.streams) - 1
	moved := g.streams[last]
	g.streams[st.index] = moved
	moved.index = st.index
	g.streams[last] = nil
	g.streams = g.streams[:last]
	st.index = -1
	if cap(g.streams) > 256 && len(g.streams) < cap(g.streams)/4 {
		g.streams = slices.Clone(g.streams)
	}
}

// park enters a stream that has progress of its own.
func (g *group) park(st *Stream, p *progress) {
	st.own, st.index = p, -1
	g.parked = append(g.parked, st)
	g.least.Store(min(g.least.Load(), p.next))
}

// unpark removes a stream from the parked ones.
func (g *group) unpark(st *Stream) {
	if i := slices.Index(g.parked, st); i >= 0 {
		last := len(g.parked) - 1
		g.parked[i] = g.parked[last]
		g.parked[last] = nil
		g.parked = g.parked[:last]
	}
	if len(g.parked) == 0 {
		g.parked = nil
	}
}

// settle publishes what the group still needs, after positions moved, and lets
// the log drop the rest.
func (g *group) settle() {
	g.reached.Store(g.cursor)
	least := g.cursor
	for _, st := range g.parked {
		least = min(least, st.own.next)
	}
	if g.least.Swap(least) != least {
		g.log.trim()
	}
}
