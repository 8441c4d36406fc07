package fanout

import "golang.org/x/sys/unix"

// do carries out one command.
func (s *shard) do(c *command) {
	switch c.kind {
	case cmdJoin:
		s.join(c)
	case cmdSend:
		if !c.stream.postpone(c) {
			c.stream.take(c.bytes)
			s.sendAlone(c.stream, c.bytes)
		}
	case cmdClose:
		if !c.stream.postpone(c) {
			s.farewell(c.stream, c.bytes, c.reason)
		}
	case cmdReady:
		s.ready(c.slot, c.gen, c.events)
	case cmdList:
		c.list <- s.list()
	}
}

// join enters a stream whose connection its adder has written to so far.
func (s *shard) join(c *command) {
	st := c.stream
	g := s.groups.of(st.log, c.from, s.inbox.postDirty)
	early := st.joined(g)
	s.enter(st)
	if err := s.poller.add(st.fd, st.slot, st.gen); err != nil {
		st.log.Release(c.from)
		s.drop(st, ReasonError)
		s.groups.release(g)
		return
	}
	s.deadlines.add(c, s.cfg.Warn, s.stats.streams.Load())
	// The stream may have been shown frames that the group has yet to send.
	for c.from > g.cursor && g.log.read(&s.batch, g.cursor, c.from, maxFlush) {
		s.sweep(g)
		g.cursor = s.batch.next
	}
	if c.from > g.cursor {
		g.cursor = c.from
	}
	if c.from == g.cursor && len(c.bytes) == 0 {
		g.add(st)
		g.log.enter(g, c.from)
	} else {
		s.park(g, st, &progress{next: c.from, rest: c.bytes})
		g.log.enter(g, c.from)
		s.resume(st)
	}
	for i := range early {
		s.do(&early[i])
	}
	s.settleOrRelease(g)
	if g.log.beyond(g.cursor) {
		g.wake()
	}
}

// enter gives a stream its slot. Slots of all shards are distinct: slot modulo
// the number of shards is the shard.
func (s *shard) enter(st *Stream) {
	if n := len(s.free); n > 0 {
		st.slot = s.free[n-1]
		s.free = s.free[:n-1]
	} else {
		s.table = append(s.table, nil)
		st.slot = int32((len(s.table)-1)*s.count + s.index)
	}
	s.gen++
	st.gen = s.gen
	s.table[int(st.slot)/s.count] = st
	s.stats.streams.Add(1)
}

func (s *shard) sendAlone(st *Stream, event []byte) {
	if st.gone {
		return
	}
	if st.own != nil {
		st.own.side = append(st.own.side, event...)
		if len(st.own.side) > st.log.limits.Bytes {
			s.drop(st, ReasonSlow)
			s.groups.release(st.group)
		}
		return
	}
	w, errno := send(st.fd, event)
	switch {
	case w == len(event):
	case errno != 0 && errno != unix.EAGAIN:
		s.drop(st, ReasonClient)
		s.groups.release(st.group)
		return
	default:
		g := st.group
		g.take(st)
		s.park(g, st, &progress{next: g.cursor, rest: event[w:]})
	}
	s.stats.sends.Add(1)
	s.stats.bytes.Add(uint64(w))
}

// farewell ends a stream that is to be told something first.
func (s *shard) farewell(st *Stream, bytes []byte, r Reason) {
	if st.gone {
		return
	}
	g := st.group
	if st.own == nil {
		_, _ = send(st.fd, bytes)
	}
	s.drop(st, r)
	s.settleOrRelease(g)
}

// ready handles what the poller saw.
func (s *shard) ready(slot int32, gen, events uint32) {
	st := s.table[int(slot)/s.count]
	if st == nil || st.gen != gen {
		return
	}
	g := st.group
	switch {
	case peerLeft(events):
		s.drop(st, ReasonClient)
	case peerSpoke(events):
		bytes, closed := spoke(st.fd)
		if closed {
			s.drop(st, ReasonClient)
		} else if bytes {
			s.drop(st, ReasonSpoke)
		}
	}
	if !st.gone && writable(events) && st.own != nil {
		s.resume(st)
	}
	s.settleOrRelease(g)
}

func (s *shard) settleOrRelease(g *group) {
	g.settle()
	s.groups.release(g)
}

// drop closes a stream's connection and forgets it.
func (s *shard) drop(st *Stream, r Reason) {
	g := st.group
	if st.own != nil {
		abortFD(st.fd)
		s.unpark(st)
	} else {
		closeFD(st.fd)
		if st.index >= 0 {
			g.take(st)
		}
	}
	st.gone = true
	i := int(st.slot) / s.count
	s.table[i] = nil
	s.free = append(s.free, st.slot)
	s.stats.streams.Add(-1)
	s.stats.closed[r].Add(1)
	st.owner.StreamClosed(r)
}

func (s *shard) list() []*Stream {
	all := make([]*Stream, 0, len(s.table)-len(s.free))
	for _, st := range s.table {
		if st != nil {
			all = append(all, st)
		}
	}
	return all
}
