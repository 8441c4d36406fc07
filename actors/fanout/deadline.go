package fanout

import (
	"container/heap"
	"slices"
	"time"
)

// deadline is a moment at which a stream is told of its end, or ends.
type deadline struct {
	at     time.Duration // since the deadlines' epoch
	end    int64         // Spec.Expires in unix milliseconds; 0 for the end of a time to live
	stream *Stream
}

// deadlines are those of a home's streams. Nothing else waits for a stream's end:
// neither a timer nor a goroutine.
type deadlines struct {
	epoch time.Time
	heap  deadlineHeap
}

func newDeadlines() deadlines { return deadlines{epoch: time.Now()} }

// add enters what the stream's command says of its end; open is how many streams
// the home has.
func (ds *deadlines) add(c *command, warn time.Duration, open int64) {
	if c.ttl > 0 {
		ds.push(deadline{at: time.Since(ds.epoch) + c.ttl, stream: c.stream}, open)
	}
	if !c.expires.IsZero() {
		ds.push(deadline{
			at:  time.Since(ds.epoch) + max(0, time.Until(c.expires)-warn),
			end: c.expires.UnixMilli(), stream: c.stream,
		}, open)
	}
}

// spareDeadlines is how many more deadlines than those of open streams are kept
// at least before the rest is dropped.
const spareDeadlines = 1024

// push adds a deadline. Those of streams that have ended stay until they are due,
// or outnumber the others.
func (ds *deadlines) push(d deadline, open int64) {
	if int64(len(ds.heap)) > 4*open+spareDeadlines {
		ds.heap = slices.Clip(slices.DeleteFunc(ds.heap, func(d deadline) bool { return d.stream.gone }))
		heap.Init(&ds.heap)
	}
	heap.Push(&ds.heap, d)
}

// next returns how long it is until the next deadline.
func (ds *deadlines) next() time.Duration {
	if len(ds.heap) == 0 {
		return time.Hour
	}
	return max(0, ds.heap[0].at-time.Since(ds.epoch))
}

// pass handles the deadlines that are over: tell sends a stream what it is to
// know ahead of its end, and end ends one, each after what notice renders.
func (ds *deadlines) pass(notice Notice, tell, end func(*Stream, []byte)) {
	now := time.Since(ds.epoch)
	for len(ds.heap) > 0 && ds.heap[0].at <= now {
		d := heap.Pop(&ds.heap).(deadline)
		if d.stream.gone {
			continue
		}
		if d.end == 0 {
			end(d.stream, nil)
			continue
		}
		at := time.UnixMilli(d.end)
		left := time.Until(at)
		if d.stream.warned || left <= 0 {
			end(d.stream, notice.render(at, 0))
			continue
		}
		d.stream.warned = true
		if notice != nil {
			tell(d.stream, notice(at, left))
		}
		d.at = now + left
		heap.Push(&ds.heap, d)
	}
}

// Notice renders what a stream is told of its Spec.Expires: once ahead of it,
// with the time that is left, and at that time, with none, as its last. It runs
// on the goroutine that writes the stream and must not block.
type Notice func(end time.Time, left time.Duration) []byte

func (n Notice) render(end time.Time, left time.Duration) []byte {
	if n == nil {
		return nil
	}
	return n(end, left)
}

// deadlineHeap has the next to pass first.
type deadlineHeap []deadline

func (h deadlineHeap) Len() int           { return len(h) }
func (h deadlineHeap) Less(i, j int) bool { return h[i].at < h[j].at }
func (h deadlineHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *deadlineHeap) Push(x any)        { *h = append(*h, x.(deadline)) }
func (h *deadlineHeap) Pop() any {
	old := *h
	last := len(old) - 1
	x := old[last]
	old[last] = deadline{}
	*h = old[:last]
	return x
}
