package sse

import (
	"io"
	"time"
)

// readSize is how much a Decoder reads at a time, in bytes.
const readSize = 8 << 10

// maxEmptyReads is how often in a row a reader may return neither bytes nor an
// error before it is taken to be broken.
const maxEmptyReads = 100

// Decoder reads events from an io.Reader by the rules of Parser. It is for one
// goroutine at a time.
type Decoder struct {
	r    io.Reader
	p    *Parser
	buf  []byte
	rest []byte // read but not yet parsed
	err  error  // what the reader ended with
}

// NewDecoder returns a decoder of the stream that r is at the beginning of. It
// reads ahead of the event that it returns.
func NewDecoder(r io.Reader, o Options) *Decoder {
	return &Decoder{r: r, p: NewParser(o), buf: make([]byte, readSize)}
}

// Next returns the next event. Its Data is valid until the next call. At the
// stream's end the error is io.EOF, whether or not a frame was cut short there;
// else it is ErrTooLong or what the reader returned. After an error Next
// returns it again.
func (d *Decoder) Next() (Event, error) {
	for {
		rest, e, ok := d.p.next(d.rest)
		if d.rest = rest; ok {
			return e, nil
		}
		if d.p.err != nil {
			return Event{}, d.p.err
		}
		if d.err != nil {
			return Event{}, d.err
		}
		d.fill()
	}
}

// fill reads until there are bytes or an error; there may be both.
func (d *Decoder) fill() {
	for range maxEmptyReads {
		n, err := d.r.Read(d.buf)
		d.rest, d.err = d.buf[:n], err
		if n > 0 || err != nil {
			return
		}
	}
	d.err = io.ErrNoProgress
}

// LastEventID returns the id to send when reconnecting: the newest up to the
// event that Next returned last or, after an error, up to the end.
func (d *Decoder) LastEventID() string { return d.p.LastEventID() }

// Retry returns the reconnection time that the stream asked for last, or false
// if it never did.
func (d *Decoder) Retry() (time.Duration, bool) { return d.p.Retry() }

// Comments returns how many comment lines there were so far.
func (d *Decoder) Comments() uint64 { return d.p.Comments() }
