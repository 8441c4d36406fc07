package fanout

import (
	"math"
	"slices"
	"sync"
)

// Frame is one event, rendered. Its bytes are never changed after it was
// appended to a log, and may be in many logs at once.
type Frame struct {
	Bytes []byte
	Note  any  // what the appender wants to be told of frames that a stream skips; nil for frames whose loss is no loss
	Aside bool // the frame is no message: it does not count among those that a stream that skips is left with
}

// Limits bound how far behind the log a stream may fall while its peer does not
// take what it is sent.
type Limits struct {
	Messages int // frames
	Bytes    int
}

// hardFactor times the Limits is what a log holds at the most: room for what is
// appended while a sweep over many streams is under way. Streams overtaken by it
// are closed.
const hardFactor = 16

// Source renders what a log cannot know. Its methods are called with the log
// locked: they must not block nor call the log.
type Source interface {
	// Appended is told of every frame, in order, before anybody reads it.
	Appended(Frame)
	// AppendTrailer appends what follows the newest frame whenever a stream has
	// been sent everything, and has no place in the log: it may be sent any number
	// of times or not at all.
	AppendTrailer(dst []byte) []byte
	// AppendGap appends the frame that tells a stream which frames it will not
	// get; skipped are in order, those without a Note are left out.
	AppendGap(dst []byte, skipped []Frame) []byte
}

// Log is a bounded, append-only sequence of frames. Frame i of a log has
// ordinal i, from 0; the log holds those that some stream still has to be sent.
//
// Append, Next and Release may be called from any goroutine and do not block
// beyond a short critical section.
type Log struct {
	// Static after construction.
	limits Limits
	source Source // may be nil

	mu sync.Mutex
	// Guarded by mu. slots[o&(len(slots)-1)] holds ordinal o for every
	// head <= o < tail; len(slots) is a power of two or 0.
	slots   []slot
	head    uint64
	tail    uint64
	written uint64 // bytes ever appended
	readers []reader
	pins    []pin // ordinals promised to streams that have not joined yet, rising
}

type slot struct {
	frame Frame
	end   uint64 // Log.written after this frame
}

// reader is a set of streams that one goroutine writes to.
type reader interface {
	// wake is told that there is more. It does not block.
	wake()
	// low returns the smallest ordinal that one of the streams still needs.
	low() uint64
	// at returns the ordinal up to which streams that keep up were sent the log.
	at() uint64
}

type pin struct {
	ordinal uint64
	count   int
}

// NewLog returns an empty log. It allocates nothing for frames until the first
// one is appended to a log that somebody reads.
func NewLog(limits Limits, source Source) *Log {
	return &Log{limits: limits, source: source}
}

// Append adds frames, wakes those who read the log and returns how many frames
// the log holds. Frames appended while nobody reads are not kept.
func (l *Log) Append(frames ...Frame) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range frames {
		l.appendLocked(f)
	}
	l.trimLocked()
	for _, r := range l.readers {
		r.wake()
	}
	return int(l.tail - l.head)
}

func (l *Log) appendLocked(f Frame) {
	l.written += uint64(len(f.Bytes))
	if n := l.tail - l.head; int(n) == len(l.slots) {
		l.resizeLocked(max(4, 2*len(l.slots)))
	}
	l.slots[l.tail&uint64(len(l.slots)-1)] = slot{frame: f, end: l.written}
	l.tail++
	if l.source != nil {
		l.source.Appended(f)
	}
}

// trimLocked drops what every stream was sent, and what exceeds the hard bound.
func (l *Log) trimLocked() {
	keep := l.tail
	for _, r := range l.readers {
		keep = min(keep, r.low())
	}
	if len(l.pins) > 0 {
		keep = min(keep, l.pins[0].ordinal)
	}
	keep = max(keep, l.head)
	if n := uint64(hardFactor * l.limits.Messages); l.tail-keep > n {
		keep = l.tail - n
	}
	for keep < l.tail && l.lagBytesLocked(keep) > uint64(hardFactor*l.limits.Bytes) && l.tail-keep > 1 {
		keep++
	}
	for ; l.head < keep; l.head++ {
		l.slots[l.head&uint64(len(l.slots)-1)] = slot{}
	}
	if l.head == l.tail {
		l.slots = nil
	} else if n := int(l.tail - l.head); len(l.slots) > 64 && n < len(l.slots)/8 {
		l.resizeLocked(len(l.slots) / 4)
	}
}

func (l *Log) resizeLocked(n int) {
	slots := make([]slot, n)
	for o := l.head; o < l.tail; o++ {
		slots[o&uint64(n-1)] = l.slots[o&uint64(len(l.slots)-1)]
	}
	l.slots = slots
}

// lagBytesLocked returns the bytes from ordinal o, which is within the log, to
// the end.
func (l *Log) lagBytesLocked(o uint64) uint64 {
	if o >= l.tail {
		return 0
	}
	s := l.slots[o&uint64(len(l.slots)-1)]
	return l.written - s.end + uint64(len(s.frame.Bytes))
}

// Backlog returns how many frames streams that keep up have yet to be sent:
// work for this process, not for slow peers.
func (l *Log) Backlog() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	behind := l.tail
	for _, r := range l.readers {
		behind = min(behind, r.at())
	}
	return int(l.tail - behind)
}

// Next pins and returns the ordinal that the next frame will have: a stream
// that starts there misses nothing. The pin is given up by adding the stream to
// an Engine, or by Release.
func (l *Log) Next() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := len(l.pins); n > 0 && l.pins[n-1].ordinal == l.tail {
		l.pins[n-1].count++
	} else {
		l.pins = append(l.pins, pin{ordinal: l.tail, count: 1})
	}
	return l.tail
}

// Release gives up a pin that Next returned.
func (l *Log) Release(ordinal uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.releaseLocked(ordinal)
	l.trimLocked()
}

func (l *Log) releaseLocked(ordinal uint64) {
	i, ok := slices.BinarySearchFunc(l.pins, ordinal, func(p pin, o uint64) int {
		switch {
		case p.ordinal < o:
			return -1
		case p.ordinal > o:
			return 1
		}
		return 0
	})
	if !ok {
		return
	}
	if l.pins[i].count--; l.pins[i].count == 0 {
		l.pins = slices.Delete(l.pins, i, i+1)
	}
	if len(l.pins) == 0 {
		l.pins = nil
	}
}

// enter adds a reader whose low is at most ordinal and gives up the pin there.
func (l *Log) enter(r reader, ordinal uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !slices.Contains(l.readers, r) {
		l.readers = append(l.readers, r)
	}
	l.releaseLocked(ordinal)
}

// leave removes a reader.
func (l *Log) leave(r reader) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := slices.Index(l.readers, r); i >= 0 {
		l.readers = slices.Delete(l.readers, i, i+1)
	}
	l.trimLocked()
}

// trim drops what every stream was sent. Readers call it when their low rose.
func (l *Log) trim() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.trimLocked()
}

// batch is a run of frames taken from a log.
type batch struct {
	frames  []Frame
	next    uint64 // the ordinal after the last frame
	bytes   []byte // all frames in one, and the trailer if the run reaches the log's end
	scratch []byte // kept for its capacity
	lost    bool   // the log no longer holds the ordinal asked for
}

// toEnd is the ordinal after any frame: read and skip with it know no bound but
// the log's end.
const toEnd = math.MaxUint64

// read fills b with the frames from ordinal to before until, as many as fit
// into about maxBytes but at least one, and reports whether there were any. The
// bytes are valid until the next read into b.
func (l *Log) read(b *batch, ordinal, until uint64, maxBytes int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(b.frames)
	b.frames, b.bytes, b.next, b.lost = b.frames[:0], nil, ordinal, ordinal < l.head
	until = min(until, l.tail)
	if b.lost || ordinal >= until {
		return false
	}
	size := 0
	for ; b.next < until; b.next++ {
		f := l.slots[b.next&uint64(len(l.slots)-1)].frame
		if size += len(f.Bytes); size > maxBytes && len(b.frames) > 0 {
			break
		}
		b.frames = append(b.frames, f)
	}
	if len(b.frames) == 1 && (l.source == nil || b.next < l.tail) {
		b.bytes = b.frames[0].Bytes
		return true
	}
	b.scratch = b.scratch[:0]
	for _, f := range b.frames {
		b.scratch = append(b.scratch, f.Bytes...)
	}
	if l.source != nil && b.next == l.tail {
		b.scratch = l.source.AppendTrailer(b.scratch)
	}
	b.bytes = b.scratch
	return true
}

// split says where n bytes of a batch end: how many frames they complete, and
// what is left of the frame or trailer that they tear. The remainder is a copy
// where it would not outlive the batch.
func (b *batch) split(n int) (whole int, rest []byte) {
	for i, f := range b.frames {
		if n == 0 {
			return i, nil
		}
		if n < len(f.Bytes) {
			return i + 1, f.Bytes[n:]
		}
		n -= len(f.Bytes)
	}
	trailer := b.bytes[b.size():]
	if n == 0 || n >= len(trailer) {
		return len(b.frames), nil
	}
	return len(b.frames), slices.Clone(trailer[n:])
}

func (b *batch) size() int {
	n := 0
	for _, f := range b.frames {
		n += len(f.Bytes)
	}
	return n
}

// tooFar reports whether a stream at ordinal is more than the limits behind
// those at cursor.
func (l *Log) tooFar(ordinal, cursor uint64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if ordinal < l.head {
		return true
	}
	if cursor <= ordinal {
		return false
	}
	return cursor-ordinal > uint64(l.limits.Messages) ||
		l.lagBytesLocked(ordinal)-l.lagBytesLocked(cursor) > uint64(l.limits.Bytes)
}

// beyond reports whether the log has frames from ordinal on.
func (l *Log) beyond(ordinal uint64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tail > ordinal
}

// end returns the ordinal that the next frame will have.
func (l *Log) end() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tail
}

// skip finds where a stream at ordinal goes on when it has fallen too far
// behind: with the newest keep noted frames before until, or fewer if they are
// more than half the limits. It appends the frame that tells of the gap. ok is
// false when the log no longer knows what would be skipped.
func (l *Log) skip(ordinal, until uint64, keep int, dst []byte) (next uint64, out []byte, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if ordinal < l.head {
		return 0, dst, false
	}
	until = min(until, l.tail)
	next = until
	for next > ordinal && keep > 0 {
		f := l.slots[(next-1)&uint64(len(l.slots)-1)].frame
		if l.lagBytesLocked(next-1)-l.lagBytesLocked(until) > uint64(l.limits.Bytes/2) || until-next >= uint64(max(1, l.limits.Messages/2)) {
			break
		}
		if f.Note != nil && !f.Aside {
			keep--
		}
		next--
	}
	var skipped []Frame
	for o := ordinal; o < next; o++ {
		if f := l.slots[o&uint64(len(l.slots)-1)].frame; f.Note != nil {
			skipped = append(skipped, f)
		}
	}
	if len(skipped) > 0 && l.source != nil {
		dst = l.source.AppendGap(dst, skipped)
	}
	return next, dst, true
}
