package fanout

import (
	"net"
	"sync/atomic"
	"time"
)

// Owner is told of its stream's end.
type Owner interface {
	// StreamClosed is called exactly once, from a goroutine of the engine, when
	// the stream's connection is gone. It must not block.
	StreamClosed(Reason)
}

// Spec says what a new stream is.
type Spec struct {
	Conn   net.Conn      // the engine owns it from Add on, and nobody else may touch it
	First  []byte        // sent before any frame of the log; the engine's from Add on
	Log    *Log          // what it follows
	From   uint64        // its first frame, as Log.Next returned it
	Policy Policy        // what to do when it falls too far behind
	TTL    time.Duration // its time to live; 0 means for ever
	Owner  Owner

	// Expires is when the stream ends, by the clock on the wall; zero means never.
	// Unlike with a TTL it is told so, as Config.Notice says.
	Expires time.Time

	// Started, if set, is given the stream before anything is sent on it, so that
	// whoever learns from its first bytes that it is there can be answered on it.
	Started func(*Stream)
}

// Stream is one open connection that follows a log. Its methods may be called
// from any goroutine, never block, and do nothing once the stream has ended.
type Stream struct {
	// Static after construction.
	home   home
	log    *Log
	owner  Owner
	policy Policy

	waiting atomic.Int32 // bytes that Send was given and home has yet to take
	flooded atomic.Bool  // closed because that became too much

	// Owned by home.
	fd     int32 // of a detached connection
	slot   int32 // in the shard's table
	index  int32 // in group.streams, or -1 while it has a position of its own
	gen    uint32
	gone   bool
	warned bool // told that it expires
	group  *group
	own    *progress // nil while it has been sent what its group has been sent
	conn   *connWriter
}

// home is what writes a stream: a shard, or the portable hub.
type home interface {
	post(command)
}

// progress is the position of a stream that is not where its group is.
type progress struct {
	next  uint64 // ordinal of the first frame that it has not been given
	rest  []byte // what is left of an event that has been sent in part; must go out before anything else
	side  []byte // events for this stream alone, to be sent after rest
	since time.Time
	moved time.Time // when the peer last took something
	early []command // what came for the stream before it joined; nothing else is set then
}

// postpone keeps a command for a stream that has not joined its home yet and
// reports whether it did.
func (s *Stream) postpone(c *command) bool {
	if s.group != nil || s.gone {
		return false
	}
	if s.own == nil {
		s.own = &progress{}
	}
	s.own.early = append(s.own.early, *c)
	return true
}

// joined sets the stream's group and returns what came for it before.
func (s *Stream) joined(g *group) []command {
	var early []command
	if s.own != nil {
		early, s.own = s.own.early, nil
	}
	s.group = g
	return early
}

// command is what other goroutines ask of a home.
type command struct {
	stream  *Stream
	kind    commandKind
	bytes   []byte
	from    uint64
	ttl     time.Duration
	expires time.Time
	reason  Reason
	events  uint32
	slot    int32
	gen     uint32
	list    chan<- []*Stream
}

type commandKind uint8

const (
	cmdJoin   commandKind = iota // stream enters at ordinal from, bytes unsent
	cmdSend                      // bytes for the stream alone
	cmdClose                     // after the farewell in bytes
	cmdReady                     // the poller saw events on (slot, gen)
	cmdWriter                    // a portable stream's writer wants more
	cmdList                      // send all streams to list
)

// Send sends one rendered event to this stream alone, between two of the log's.
// The bytes must not be changed afterwards. A stream for which more waits than its
// log may hold is closed, for ReasonSlow.
func (s *Stream) Send(event []byte) {
	n := int32(len(event))
	if waiting := s.waiting.Add(n); waiting > n && int(waiting) > hardFactor*s.log.limits.Bytes {
		s.waiting.Add(-n)
		if !s.flooded.Swap(true) {
			s.Close(nil, ReasonSlow)
		}
		return
	}
	s.home.post(command{kind: cmdSend, stream: s, bytes: event})
}

// take takes note that home has taken an event.
func (s *Stream) take(event []byte) { s.waiting.Add(-int32(len(event))) }

// Close ends the stream for the given reason, after it was sent farewell if its
// peer takes it at once.
func (s *Stream) Close(farewell []byte, r Reason) {
	s.home.post(command{kind: cmdClose, stream: s, bytes: farewell, reason: r})
}
