package fanout

import (
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// maxFlush bounds what one flush sends a stream, in bytes: about what its
	// socket's buffer takes, so that a peer that keeps up is never parked.
	maxFlush = 16 << 10
	// yieldEvery is after how many system calls a sweep lets other goroutines
	// run: new connections must not wait for it.
	yieldEvery = 64
	// crowdShare is which part of a group's streams makes a crowd: one in so many.
	crowdShare = 8
)

// flushOrDelay flushes a group at once unless it was flushed less than a tick
// ago: events that come in quick succession then share a system call.
func (s *shard) flushOrDelay(g *group, now time.Time) {
	if g.flushed > 0 && s.tickLeft(g, now) > 0 {
		s.delayed = append(s.delayed, g)
		return
	}
	s.flush(g)
}

// flushDelayed flushes the groups whose tick is over and returns how long the
// first of the others has to wait.
func (s *shard) flushDelayed(now time.Time) time.Duration {
	due := s.delayed
	s.delayed = s.spareDelayed[:0] // a flush may delay a group anew
	for _, g := range due {
		if s.tickLeft(g, now) > 0 {
			s.delayed = append(s.delayed, g)
		} else {
			s.flush(g)
		}
	}
	clear(due)
	s.spareDelayed = due
	next := time.Hour
	for _, g := range s.delayed {
		next = min(next, max(0, s.tickLeft(g, now)))
	}
	return next
}

// tickLeft returns how long after now the group may be flushed again.
func (s *shard) tickLeft(g *group, now time.Time) time.Duration {
	return s.cfg.FlushEvery - (now.Sub(s.epoch) - time.Duration(g.flushed))
}

// flush sends every stream of the group what the log has beyond the cursor.
func (s *shard) flush(g *group) {
	g.flushed = int64(time.Since(s.epoch))
	if s.crowded(g) {
		s.delayed = append(s.delayed, g)
		return
	}
	g.dirty.Store(false)
	if g.empty() {
		return
	}
	if !g.log.read(&s.batch, g.cursor, toEnd, maxFlush) {
		if s.batch.lost {
			s.overrun(g)
		}
		return
	}
	s.sweep(g)
	g.cursor = s.batch.next
	s.judgeAll(g)
	s.settleOrRelease(g)
	// A flush is bounded; the rest comes after others had their turn.
	if !g.empty() && g.log.beyond(g.cursor) {
		g.flushed = 0
		g.wake()
	}
}

// crowded reports whether so many streams have just begun to wait for their
// peers that it is the machine that is busy: then the others wait a moment, and
// more goes out at a time, rather than that one after the other is left behind.
// Streams that have waited for longer do not count, and delay nobody.
func (s *shard) crowded(g *group) bool {
	total := len(g.parked) + len(g.streams)
	if len(g.parked)*crowdShare <= total || g.log.Backlog() > hardFactor/2*g.log.limits.Messages {
		return false
	}
	fresh, now := 0, time.Now()
	for _, st := range g.parked {
		if now.Sub(st.own.since) < stuckAfter {
			fresh++
		}
	}
	return fresh*crowdShare > total
}

// sweep sends s.batch to all streams at the cursor, last to first.
func (s *shard) sweep(g *group) {
	b := &s.batch
	n, sent := len(g.streams), 0
	for i := n - 1; i >= 0; i-- {
		st := g.streams[i]
		w, errno := send(st.fd, b.bytes)
		if w == len(b.bytes) {
			sent++
		} else if errno != 0 && errno != unix.EAGAIN {
			s.drop(st, ReasonClient)
		} else {
			whole, rest := b.split(w)
			g.take(st)
			s.park(g, st, &progress{next: g.cursor + uint64(whole), rest: rest})
		}
		if i%yieldEvery == 0 {
			runtime.Gosched()
		}
	}
	s.stats.sends.Add(uint64(n))
	s.stats.frames.Add(uint64(sent * len(b.frames)))
	s.stats.bytes.Add(uint64(sent * len(b.bytes)))
}

// overrun closes all streams at a cursor that the log has moved past.
func (s *shard) overrun(g *group) {
	for i := len(g.streams) - 1; i >= 0; i-- {
		s.drop(g.streams[i], ReasonOverrun)
	}
	g.cursor = g.log.end()
	s.judgeAll(g)
	s.settleOrRelease(g)
}

// park gives a stream progress of its own and watches for room to write.
func (s *shard) park(g *group, st *Stream, p *progress) {
	p.since = time.Now()
	p.moved = p.since
	g.park(st, p)
	s.parked++
	s.stats.parked.Add(1)
	s.poller.watchWritable(st.fd, st.slot, st.gen)
}

// resume sends a parked stream what it lacks, as far as its peer takes it.
func (s *shard) resume(st *Stream) {
	g := st.group
	for {
		if !s.sendPending(st) {
			return
		}
		if st.own.next >= g.cursor {
			s.unpark(st)
			g.add(st)
			return
		}
		if !g.log.read(&s.catchup, st.own.next, g.cursor, maxFlush) {
			s.drop(st, ReasonOverrun)
			return
		}
		w, errno := send(st.fd, s.catchup.bytes)
		if errno != 0 && errno != unix.EAGAIN {
			s.drop(st, ReasonClient)
			return
		}
		whole, rest := s.catchup.split(w)
		st.own.next += uint64(whole)
		st.own.rest = rest
		if w > 0 {
			st.own.moved = time.Now()
		}
		s.stats.sends.Add(1)
		s.stats.frames.Add(uint64(whole))
		s.stats.bytes.Add(uint64(w))
		if w < len(s.catchup.bytes) {
			return
		}
	}
}

// sendPending sends what is left of a torn event and then what is for the
// stream alone. It reports whether all of it went out.
func (s *shard) sendPending(st *Stream) bool {
	for _, pending := range []*[]byte{&st.own.rest, &st.own.side} {
		for len(*pending) > 0 {
			w, errno := send(st.fd, *pending)
			if errno == unix.EAGAIN {
				return false
			}
			if errno != 0 {
				s.drop(st, ReasonClient)
				return false
			}
			*pending = (*pending)[w:]
			st.own.moved = time.Now()
			s.stats.bytes.Add(uint64(w))
		}
		*pending = nil
	}
	return true
}

func (s *shard) unpark(st *Stream) {
	st.group.unpark(st)
	st.own = nil
	s.parked--
	s.stats.parked.Add(-1)
}

// judgeAll applies the policies to streams of the group that fell too far
// behind or take nothing.
func (s *shard) judgeAll(g *group) {
	now := time.Now()
	for i := len(g.parked) - 1; i >= 0; i-- {
		if i < len(g.parked) {
			s.judge(g.parked[i], now)
		}
	}
}

func (s *shard) judge(st *Stream, now time.Time) {
	if now.Sub(st.own.moved) >= s.cfg.stallAfter(st.policy) {
		s.drop(st, ReasonStalled)
		return
	}
	if len(st.own.side) > st.log.limits.Bytes {
		s.drop(st, ReasonSlow)
		return
	}
	if now.Sub(st.own.since) < stuckAfter || !st.log.tooFar(st.own.next, st.group.cursor) {
		return
	}
	keep := 1
	switch st.policy {
	case Close:
		s.drop(st, ReasonSlow)
		return
	case Gap:
		keep = s.cfg.Keep
	}
	next, side, ok := st.log.skip(st.own.next, st.group.cursor, keep, st.own.side)
	if !ok {
		s.drop(st, ReasonOverrun)
		return
	}
	st.own.next, st.own.side = next, side
	s.stats.skips[st.policy].Add(1)
}
