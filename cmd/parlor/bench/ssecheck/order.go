package ssecheck

// dispatch counts the event that a blank line ended, and makes ready for the
// next.
func (c *Checker) dispatch(s *Stream, now int64) {
	switch {
	case s.kind == gapEvent:
		c.Tally.Gaps++
		s.resumed = true
	case s.kind == resetEvent:
		c.Tally.Resets++
		s.resumed = true
	case s.hasStamp:
		c.Tally.Messages++
		c.Latency.Record(now - s.message.Sent)
		if c.mode == ByID {
			c.followID(s)
		} else {
			c.followCounter(s)
		}
	case s.hasData:
		c.Tally.Others++
	case s.hasID:
		c.bookmark(s)
	}
	s.kind, s.hasData, s.hasID, s.hasStamp = plainEvent, false, false, false
}

// followID checks that the id of a message follows the one before. An owner's
// change raises the epoch, but goes on with the next seq.
func (c *Checker) followID(s *Stream) {
	switch {
	case !s.hasID:
		c.Tally.Malformed++
	case s.based && !s.resumed && s.id == s.Last:
		c.Tally.Duplicates++
	case s.based && !s.resumed && (s.id.Seq <= s.Last.Seq || s.id.Epoch < s.Last.Epoch):
		c.Tally.OutOfOrder++
	default:
		c.advance(s, 1)
	}
}

// bookmark notes a position that came without a message. One ahead of what the
// stream got says that messages were skipped.
func (c *Checker) bookmark(s *Stream) {
	if !s.based || s.resumed || s.id.After(s.Last) {
		c.advance(s, 0)
	}
}

// advance moves the stream on to its event's position, with which it got as
// many messages as said. Others on the way are missing, unless the server
// announced their loss.
func (c *Checker) advance(s *Stream, got uint64) {
	passed := got
	if s.based && s.id.Seq > s.Last.Seq {
		passed = s.id.Seq - s.Last.Seq
		if !s.resumed {
			c.Tally.Missing += passed - got
		}
	}
	s.Accounted += passed
	s.Last, s.based, s.resumed = s.id, true, false
}

// followCounter checks that the counter of a message follows the one before of
// the same source.
func (c *Checker) followCounter(s *Stream) {
	if int(s.message.Source) >= len(s.expected) {
		c.Tally.Malformed++
		return
	}
	next := &s.expected[s.message.Source]
	switch n := s.message.N; {
	case n+1 == *next:
		c.Tally.Duplicates++
	case n < *next:
		c.Tally.OutOfOrder++
	default:
		c.Tally.Missing += uint64(n - *next)
		s.Accounted += uint64(n-*next) + 1
		*next = n + 1
	}
}
