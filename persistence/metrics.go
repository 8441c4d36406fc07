package persistence

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/parlor-sse/parlor/persistence/metricset"
)

// commitMetrics are what a committer counts.
type commitMetrics struct {
	set *metricset.Set

	batches  prometheus.Counter
	writes   prometheus.Counter
	turns    prometheus.Counter
	messages prometheus.Counter
	refused  prometheus.Counter
	insisted prometheus.Counter
	size     prometheus.Histogram
	seconds  prometheus.Histogram
}

// newCommitMetrics registers the committer's metrics with r, unless r is nil.
// queued returns the writes and bytes waiting or being committed.
func newCommitMetrics(r prometheus.Registerer, queued func() (writes, bytes int)) (*commitMetrics, error) {
	set := metricset.New("commit")
	m := &commitMetrics{
		set:      set,
		batches:  set.Counter("batches_total", "Batches made durable."),
		writes:   set.Counter("writes_total", "Writes made durable."),
		turns:    set.Counter("turns_total", "Turns of rooms made durable."),
		messages: set.Counter("messages_total", "Messages made durable with their rooms' turns."),
		refused:  set.Counter("refused_total", "Writes refused because the commit queue was full."),
		insisted: set.Counter("insisted_total", "Writes taken although the commit queue was full."),
		size: set.Histogram("batch_writes", "Writes in a batch.",
			prometheus.ExponentialBuckets(1, 4, 9)), // 1 to 65,536
		seconds: set.Histogram("seconds", "Time the store took to make a batch durable.",
			prometheus.ExponentialBuckets(0.000125, 2, 16)), // 125 µs to 4 s
	}
	set.Gauge("queue_writes", "Writes submitted and not yet reported.", func() float64 { n, _ := queued(); return float64(n) })
	set.Gauge("queue_bytes", "Bytes of the writes submitted and not yet reported.", func() float64 { _, n := queued(); return float64(n) })
	return m, set.Register(r)
}

// observe counts a batch that was made durable.
func (m *commitMetrics) observe(batch []Write, took time.Duration) {
	turns, messages := 0, 0
	for i := range batch {
		if t := batch[i].Turn; t != nil {
			turns++
			messages += len(t.Records)
		}
	}
	m.batches.Inc()
	m.writes.Add(float64(len(batch)))
	m.turns.Add(float64(turns))
	m.messages.Add(float64(messages))
	m.size.Observe(float64(len(batch)))
	m.seconds.Observe(took.Seconds())
}
