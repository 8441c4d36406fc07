package kafka

import (
	"context"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// commitTimeout bounds how long a commit may take. What is not committed is
// consumed again, and recognised by its place.
const commitTimeout = 5 * time.Second

// batch is some records of one partition, in their order, that are being
// published.
type batch struct {
	// Static after newBatch.
	consumer *Consumer
	source   string // that the partition is to rooms
	records  []*kgo.Record
	ctx      context.Context // ends when the partition is another consumer's
	cancel   context.CancelFunc
	ended    chan struct{} // closed when nothing of the batch is worked on any more

	mu   sync.Mutex
	done []bool // guarded by mu; done[i]: records[i] was accepted, or passed over
}

func newBatch(ctx context.Context, c *Consumer, source string, records []*kgo.Record) *batch {
	b := &batch{consumer: c, source: source, records: records, ended: make(chan struct{}), done: make([]bool, len(records))}
	b.ctx, b.cancel = context.WithCancel(ctx)
	return b
}

// run publishes the records, those for different rooms side by side, and commits
// how far it got.
func (b *batch) run() {
	defer b.cancel()
	var lanes sync.WaitGroup
	for _, lane := range b.lanes() {
		lanes.Go(func() { b.follow(lane) })
	}
	lanes.Wait()
	b.commit()
}

// lanes returns the positions of the records for each room, or for what may be a
// room's name.
func (b *batch) lanes() map[string][]int {
	lanes := make(map[string][]int)
	for i, r := range b.records {
		room, _ := placeOf(r)
		lanes[room] = append(lanes[room], i)
	}
	return lanes
}

// follow publishes the records of one room, one after the other.
func (b *batch) follow(lane []int) {
	for _, i := range lane {
		if err := b.consumer.take(b.ctx, b.source, b.records[i]); err != nil {
			return // the batch ends
		}
		b.mu.Lock()
		b.done[i] = true
		b.mu.Unlock()
	}
}

// commit has the group go on after the records of which none before is missing.
func (b *batch) commit() {
	n := 0
	for n < len(b.done) && b.done[n] {
		n++
	}
	if n == 0 {
		return
	}
	// The batch's own context may have ended, and what was done is done.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(b.ctx), commitTimeout)
	defer cancel()
	if err := b.consumer.client.CommitRecords(ctx, b.records[n-1]); err != nil {
		b.consumer.metrics.uncommitted.Inc()
		b.consumer.log.Warn("offset not committed: records may be read again, and are recognised by their places",
			"partition", b.records[0].Partition, "err", err)
	}
}
