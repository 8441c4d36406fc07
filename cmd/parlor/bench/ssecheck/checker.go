package ssecheck

import (
	"bytes"
	"errors"

	"github.com/parlor-sse/parlor/cmd/parlor/bench/histogram"
	"github.com/parlor-sse/parlor/cmd/parlor/bench/traffic"
)

// Mode says what proves the order of messages.
type Mode uint8

const (
	// ByID: every message has an id epoch-seq, and seq rises by one.
	ByID Mode = iota
	// ByCounter: the messages of each source count from 0, and rise by one.
	ByCounter
)

// MaxLine bounds a line of a stream, in bytes.
const MaxLine = 256 << 10

// ErrLongLine says that a stream sent a line of more than MaxLine bytes.
var ErrLongLine = errors.New("line of the event stream is too long")

// eventKind is what the event: line of an event says.
type eventKind uint8

const (
	plainEvent eventKind = iota
	gapEvent
	resetEvent
)

// Stream is what the checker knows of one stream. The zero value is a stream of
// which nothing was read yet, except that ByCounter needs NewStream.
type Stream struct {
	// Accounted is how many of the room's messages the stream has got or passed
	// over since its first, whether the server announced the loss or not. What
	// is accepted beyond it has not arrived.
	Accounted uint64
	Last      Position // of the last message or bookmark, ByID

	based    bool     // Last holds a position
	resumed  bool     // a loss was announced: the next id need not follow Last
	partial  []byte   // the beginning of a line whose end has not come; nil if none
	expected []uint32 // next counter of each source, ByCounter

	// The event being read.
	kind     eventKind
	hasData  bool
	hasID    bool
	hasStamp bool
	id       Position
	message  traffic.Message
}

// Checker reads streams. It is not safe for concurrent use.
type Checker struct {
	Tally   Tally
	Latency histogram.Histogram // from Message.Sent to the moment told to Feed

	mode    Mode
	sources int
	free    [][]byte // buffers for partial lines that no stream needs now
}

// NewChecker makes a checker; sources is how many sources there are, ByCounter.
func NewChecker(mode Mode, sources int) *Checker {
	return &Checker{mode: mode, sources: sources}
}

// NewStream is a stream of which nothing was read yet.
func (c *Checker) NewStream() Stream {
	var s Stream
	if c.mode == ByCounter {
		s.expected = make([]uint32, c.sources)
	}
	return s
}

// Feed reads the next piece of a stream, which arrived at now. It keeps nothing
// of chunk.
func (c *Checker) Feed(s *Stream, chunk []byte, now int64) error {
	c.Tally.Reads++
	c.Tally.Bytes += uint64(len(chunk))
	for len(chunk) > 0 {
		end := bytes.IndexByte(chunk, '\n')
		if end < 0 {
			return c.keep(s, chunk)
		}
		line := chunk[:end]
		chunk = chunk[end+1:]
		if s.partial == nil {
			c.line(s, line, now)
			continue
		}
		if err := c.keep(s, line); err != nil {
			return err
		}
		c.line(s, s.partial, now)
		c.free = append(c.free, s.partial[:0])
		s.partial = nil
	}
	return nil
}

// keep adds to the stream's partial line.
func (c *Checker) keep(s *Stream, piece []byte) error {
	if len(s.partial)+len(piece) > MaxLine {
		return ErrLongLine
	}
	if s.partial == nil {
		if last := len(c.free) - 1; last >= 0 {
			s.partial, c.free = c.free[last], c.free[:last]
		} else {
			s.partial = make([]byte, 0, 512)
		}
	}
	s.partial = append(s.partial, piece...)
	return nil
}

// line reads one line, without its end. Servers end lines with LF or CRLF; a
// lone CR, which SSE also allows, is not understood here.
func (c *Checker) line(s *Stream, line []byte, now int64) {
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	if len(line) == 0 {
		c.dispatch(s, now)
		return
	}
	if line[0] == ':' {
		c.Tally.Comments++
		return
	}
	name, value, _ := bytes.Cut(line, []byte{':'})
	if len(value) > 0 && value[0] == ' ' {
		value = value[1:]
	}
	switch string(name) {
	case "data":
		s.hasData = true
		if !s.hasStamp {
			s.message, s.hasStamp = traffic.ParseMessage(value)
		}
	case "id":
		if c.mode == ByID {
			s.id, s.hasID = ParsePosition(value)
		}
	case "event":
		switch string(value) {
		case "gap":
			s.kind = gapEvent
		case "reset":
			s.kind = resetEvent
		}
	}
}
