package sse

import (
	"bytes"
	"errors"
	"math"
	"time"
)

// DefaultMaxEvent bounds what a Parser holds of one event unless Options says
// otherwise: 1 MiB.
const DefaultMaxEvent = 1 << 20

// keepBuffer is the largest buffer that a Parser keeps from one event to the
// next, in bytes, so that one large event does not cost memory for ever.
const keepBuffer = 64 << 10

// ErrTooLong reports a stream with an event or line beyond the reader's bound.
var ErrTooLong = errors.New("sse: event is too long")

// Options are a reader's settings. The zero value is ready to use.
type Options struct {
	// MaxEvent bounds what is held of one event at a time (its data, name and
	// id and the line being read), in bytes. 0 means DefaultMaxEvent.
	MaxEvent int
	// LastEventID is the id that an earlier connection ended with.
	LastEventID string
	// Comment, unless nil, is called with each comment's text, without its
	// colon. The bytes are valid until it returns.
	Comment func(text []byte)
	// Bookmark, unless nil, is called at the end of each frame that sets the
	// last event id and dispatches no event.
	Bookmark func(id string)
}

// Parser turns the chunks of one stream into events, by the rules of the HTML
// standard's EventSource: one leading byte order mark is skipped; lines end
// with CRLF, LF or CR; one space after a field's colon is dropped; a frame
// without data dispatches nothing but does set the last event id; an id with
// NUL and a retry of other than digits are ignored; what the stream's end cuts
// short is dropped. Bytes that are no valid UTF-8 are passed on as they are.
//
// How the stream is cut into chunks makes no difference. A Parser is for one
// goroutine at a time.
type Parser struct {
	max      int
	comment  func([]byte)
	bookmark func(string)

	line    []byte // the beginning of a line whose end has not come yet
	afterCR bool   // the last byte was a CR: an LF that follows belongs to it
	begun   bool   // the first line is behind us, and with it any byte order mark

	// The frame being read.
	data  []byte // every data line, each followed by LF
	name  string
	id    string
	hasID bool // an id line was read; id is then in force from the frame's end on
	retry time.Duration

	// What outlives frames.
	lastID    string
	lastRetry time.Duration
	hasRetry  bool
	comments  uint64
	spareName string // the newest name: most streams repeat one, so it is made once
	err       error  // ErrTooLong, after which nothing is read
}

// NewParser returns a parser for the beginning of a stream.
func NewParser(o Options) *Parser {
	p := &Parser{max: o.MaxEvent, comment: o.Comment, bookmark: o.Bookmark, lastID: o.LastEventID}
	if p.max <= 0 {
		p.max = DefaultMaxEvent
	}
	return p
}

// Feed reads the next chunk of the stream and calls emit for each event that it
// completes. The event's Data is valid until emit returns; emit may ask the
// parser for LastEventID and Retry as of that event, but must not feed it.
// Feed keeps no reference to chunk. The only error is ErrTooLong; once it was
// returned the parser reads no more and returns it again, until Reset.
func (p *Parser) Feed(chunk []byte, emit func(Event)) error {
	for {
		rest, e, ok := p.next(chunk)
		if !ok {
			return p.err
		}
		emit(e)
		chunk = rest
	}
}

// Reset readies the parser for a new connection to the same source: an
// incomplete frame is dropped, the last event id, the reconnection time and
// the count of comments stay.
func (p *Parser) Reset() {
	p.line, p.data = p.line[:0], p.data[:0]
	p.name, p.id, p.hasID, p.retry = "", "", false, 0
	p.afterCR, p.begun, p.err = false, false, nil
}

// LastEventID returns the id to send when reconnecting. It changes at the end
// of a frame that has an id, whether the frame dispatches an event or not.
func (p *Parser) LastEventID() string { return p.lastID }

// Retry returns the reconnection time that the stream asked for last, or false
// if it never did. A number beyond a Duration gives the longest one.
func (p *Parser) Retry() (time.Duration, bool) { return p.lastRetry, p.hasRetry }

// Comments returns how many comment lines there were.
func (p *Parser) Comments() uint64 { return p.comments }

// next reads chunk up to the end of the first event and returns what follows,
// or false when the chunk is used up, or on an error.
func (p *Parser) next(chunk []byte) (rest []byte, e Event, ok bool) {
	for p.err == nil {
		if p.afterCR && len(chunk) > 0 {
			p.afterCR = false
			if chunk[0] == '\n' {
				chunk = chunk[1:]
			}
		}
		end := lineEnd(chunk)
		if end < 0 {
			p.keep(chunk)
			break
		}
		line := chunk[:end]
		p.afterCR = chunk[end] == '\r'
		chunk = chunk[end+1:]
		if len(p.line) > 0 {
			p.line = append(p.line, line...)
			line = p.line
		}
		e, ok = p.readLine(line)
		if p.line = p.line[:0]; cap(p.line) > keepBuffer {
			p.line = nil
		}
		if ok {
			return chunk, e, true
		}
	}
	return nil, Event{}, false
}

// keep remembers the beginning of a line.
func (p *Parser) keep(part []byte) {
	if len(p.line)+len(part)+p.held() > p.max {
		p.err = ErrTooLong
		return
	}
	p.line = append(p.line, part...)
}

// held counts the bytes kept of the frame being read.
func (p *Parser) held() int { return len(p.data) + len(p.name) + len(p.id) }

// readLine reads one line, which comes without its end, and returns the event
// if the line ends one.
func (p *Parser) readLine(line []byte) (Event, bool) {
	if len(line)+p.held() > p.max {
		p.err = ErrTooLong
		return Event{}, false
	}
	if !p.begun {
		p.begun = true
		line = bytes.TrimPrefix(line, []byte("\xEF\xBB\xBF"))
	}
	if len(line) == 0 {
		return p.dispatch()
	}
	field, value, colon := bytes.Cut(line, []byte{':'})
	if colon && len(field) == 0 {
		p.comments++
		if p.comment != nil {
			p.comment(value)
		}
		return Event{}, false
	}
	if len(value) > 0 && value[0] == ' ' {
		value = value[1:]
	}
	p.readField(field, value)
	return Event{}, false
}

func (p *Parser) readField(field, value []byte) {
	switch string(field) {
	case "data":
		p.data = append(p.data, value...)
		p.data = append(p.data, '\n')
	case "event":
		if p.spareName != string(value) {
			p.spareName = string(value)
		}
		p.name = p.spareName
	case "id":
		if bytes.IndexByte(value, 0) < 0 {
			p.id, p.hasID = string(value), true
		}
	case "retry":
		if d, ok := parseRetry(value); ok {
			p.retry, p.lastRetry, p.hasRetry = d, d, true
		}
	}
}

// dispatch ends the frame.
func (p *Parser) dispatch() (Event, bool) {
	e, hasID := Event{Name: p.name, ID: p.id, Retry: p.retry}, p.hasID
	p.name, p.id, p.hasID, p.retry = "", "", false, 0
	if hasID {
		p.lastID = e.ID
	}
	if len(p.data) == 0 {
		if hasID && p.bookmark != nil {
			p.bookmark(e.ID)
		}
		return Event{}, false
	}
	e.Data = p.data[:len(p.data)-1]
	if p.data = p.data[:0]; cap(p.data) > keepBuffer {
		p.data = nil
	}
	return e, true
}

// parseRetry reads milliseconds in ASCII digits.
func parseRetry(value []byte) (time.Duration, bool) {
	const most = math.MaxInt64 / int64(time.Millisecond)
	if len(value) == 0 {
		return 0, false
	}
	ms := int64(0)
	for _, c := range value {
		if c < '0' || c > '9' {
			return 0, false
		}
		// A number past the bound stays past it, so further digits can't wrap it.
		if ms <= most {
			ms = ms*10 + int64(c-'0')
		}
	}
	if ms > most {
		return math.MaxInt64, true
	}
	return time.Duration(ms) * time.Millisecond, true
}
