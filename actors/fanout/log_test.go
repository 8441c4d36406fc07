package fanout

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
)

// fakeReader stands in for a group of streams.
type fakeReader struct {
	pos   uint64
	woken int
}

func (r *fakeReader) wake()       { r.woken++ }
func (r *fakeReader) low() uint64 { return r.pos }
func (r *fakeReader) at() uint64  { return r.pos }

func frameOf(n int) Frame { return Frame{Bytes: fmt.Appendf(nil, "<%d>", n), Note: n} }

func held(l *Log) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return int(l.tail - l.head)
}

func TestLogKeepsNothingUnread(t *testing.T) {
	l := NewLog(Limits{Messages: 4, Bytes: 100}, nil)
	for n := range 50 {
		l.Append(frameOf(n))
	}
	if held(l) != 0 || l.slots != nil {
		t.Errorf("an unread log holds %d frames in %d slots", held(l), len(l.slots))
	}
}

func TestLogKeepsWhatIsPinned(t *testing.T) {
	l := NewLog(Limits{Messages: 4, Bytes: 1 << 20}, nil)
	l.Append(frameOf(0), frameOf(1))
	at := l.Next()
	again := l.Next()
	l.Append(frameOf(2), frameOf(3))
	if at != 2 || again != 2 || held(l) != 2 {
		t.Fatalf("pins at %d and %d, %d frames held", at, again, held(l))
	}
	l.Release(at)
	if held(l) != 2 {
		t.Fatalf("%d frames held while one of two pins is left", held(l))
	}
	l.Release(again)
	if held(l) != 0 || l.pins != nil {
		t.Errorf("%d frames held without a pin", held(l))
	}
}

func TestLogHasAHardBound(t *testing.T) {
	l := NewLog(Limits{Messages: 4, Bytes: 1 << 20}, nil)
	r := &fakeReader{}
	l.enter(r, 0)
	for n := range 1000 {
		l.Append(frameOf(n))
	}
	if got := held(l); got != hardFactor*4 {
		t.Errorf("a reader that never reads makes the log hold %d frames, want %d", got, hardFactor*4)
	}
	if r.woken != 1000 {
		t.Errorf("woken %d times", r.woken)
	}
	var b batch
	if l.read(&b, 0, toEnd, 1<<20) || !b.lost {
		t.Error("a position that was dropped is not reported as lost")
	}
	bytesBound := NewLog(Limits{Messages: 1 << 20, Bytes: 10}, nil)
	bytesBound.enter(&fakeReader{}, 0)
	for n := range 1000 {
		bytesBound.Append(frameOf(n))
	}
	if size := bytesBound.lagBytesLocked(bytesBound.head); size > hardFactor*10 {
		t.Errorf("the log holds %d bytes, want at most %d", size, hardFactor*10)
	}
}

// TestLogReads compares the log with a plain list under random appends, reads
// and progress of two readers.
func TestLogReads(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	l := NewLog(Limits{Messages: 1 << 20, Bytes: 1 << 30}, nil)
	readers := []*fakeReader{{}, {}}
	for _, r := range readers {
		l.enter(r, 0)
	}
	var all [][]byte
	var b batch
	for range 20_000 {
		if rnd.IntN(2) == 0 {
			f := Frame{Bytes: bytes.Repeat([]byte{byte('a' + len(all)%26)}, 1+rnd.IntN(40))}
			all = append(all, f.Bytes)
			l.Append(f)
			continue
		}
		r := readers[rnd.IntN(2)]
		until := r.pos + uint64(rnd.IntN(10))
		ok := l.read(&b, r.pos, until, 1+rnd.IntN(100))
		if want := until > r.pos && r.pos < uint64(len(all)); ok != want {
			t.Fatalf("read from %d to %d of %d: %v", r.pos, until, len(all), ok)
		}
		if !ok {
			continue
		}
		if want := bytes.Join(all[r.pos:b.next], nil); !bytes.Equal(b.bytes, want) || b.next > until {
			t.Fatalf("read %q from %d to %d, want %q", b.bytes, r.pos, b.next, want)
		}
		r.pos = b.next
		l.trim()
		if low := min(readers[0].pos, readers[1].pos); l.head != low {
			t.Fatalf("log begins at %d, readers need %d", l.head, low)
		}
	}
}

type trailing struct{ seen int }

func (s *trailing) Appended(Frame)                  { s.seen++ }
func (s *trailing) AppendTrailer(dst []byte) []byte { return fmt.Appendf(dst, "[at %d]", s.seen) }
func (s *trailing) AppendGap(dst []byte, skipped []Frame) []byte {
	return fmt.Appendf(dst, "[gap %v-%v]", skipped[0].Note, skipped[len(skipped)-1].Note)
}

func TestTrailerFollowsOnlyTheNewest(t *testing.T) {
	l := NewLog(Limits{Messages: 100, Bytes: 1 << 20}, &trailing{})
	l.enter(&fakeReader{}, 0)
	l.Append(frameOf(0), frameOf(1), frameOf(2))
	var b batch
	l.read(&b, 0, 2, 1<<20)
	if string(b.bytes) != "<0><1>" {
		t.Errorf("a batch that ends before the newest frame is %q", b.bytes)
	}
	l.read(&b, 2, toEnd, 1<<20)
	if string(b.bytes) != "<2>[at 3]" {
		t.Errorf("a batch that ends at the newest frame is %q", b.bytes)
	}
}

func TestSplit(t *testing.T) {
	l := NewLog(Limits{Messages: 100, Bytes: 1 << 20}, &trailing{})
	l.enter(&fakeReader{}, 0)
	l.Append(frameOf(0), frameOf(1))
	var b batch
	l.read(&b, 0, toEnd, 1<<20) // <0><1>[at 2]
	for n, want := range map[int]struct {
		whole int
		rest  string
	}{
		0: {0, ""}, 1: {1, "0>"}, 3: {1, ""}, 4: {2, "1>"}, 6: {2, ""}, 7: {2, "at 2]"}, 11: {2, "]"}, 12: {2, ""},
	} {
		whole, rest := b.split(n)
		if whole != want.whole || string(rest) != want.rest {
			t.Errorf("split(%d) = %d, %q; want %d, %q", n, whole, rest, want.whole, want.rest)
		}
	}
}

func TestSkip(t *testing.T) {
	l := NewLog(Limits{Messages: 20, Bytes: 1 << 20}, &trailing{})
	l.enter(&fakeReader{}, 0)
	for n := range 40 {
		l.Append(frameOf(n), Frame{Bytes: []byte("tick")})
	}
	if !l.tooFar(0, 80) || l.tooFar(60, 80) || l.tooFar(80, 70) {
		t.Error("tooFar does not keep to the limit")
	}
	next, gap, ok := l.skip(10, 80, 3, nil)
	if !ok || next != 74 || string(gap) != "[gap 5-36]" {
		t.Errorf("skip to %d, %q, %v", next, gap, ok)
	}
	if next, _, _ := l.skip(10, 80, 1000, nil); next != 70 {
		t.Errorf("skip keeps %d frames, want half the limit", 80-next)
	}
	if next, gap, _ := l.skip(79, 80, 1, nil); next != 79 || len(gap) != 0 {
		t.Errorf("skip of nothing goes to %d and says %q", next, gap)
	}
}

// TestSkipAside has a stream skip frames beside the messages: they are told of as
// the messages are, and do not count among those that it is left with.
func TestSkipAside(t *testing.T) {
	var told []Frame
	l := NewLog(Limits{Messages: 8, Bytes: 1 << 20}, skipped(func(fs []Frame) { told = fs }))
	first := l.Next()
	defer l.Release(first)
	for n := range 20 {
		f := frameOf(n)
		f.Aside = n%2 == 1
		l.Append(f)
	}
	next, _, ok := l.skip(first, toEnd, 1, nil)
	if !ok || next != first+18 || len(told) != 18 || !told[17].Aside || told[16].Aside {
		t.Errorf("goes on at %d, %v, told of %d frames", next, ok, len(told))
	}
}

// skipped is a source that is told of what streams skip.
type skipped func([]Frame)

func (skipped) Appended(Frame)                  {}
func (skipped) AppendTrailer(dst []byte) []byte { return dst }
func (s skipped) AppendGap(dst []byte, fs []Frame) []byte {
	s(fs)
	return dst
}
