package persistence

import (
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// commitMetrics are kept whether or not somebody registers them: counting is
// cheaper than asking.
type commitMetrics struct {
	registerer prometheus.Registerer // nil: not registered
	collectors []prometheus.Collector

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
	m := &commitMetrics{
		registerer: r,
		batches: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "parlor_commit_batches_total",
			Help: "Batches made durable.",
		}),
		writes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "parlor_commit_writes_total",
			Help: "Writes made durable.",
		}),
		turns: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "parlor_commit_turns_total",
			Help: "Turns of rooms made durable.",
		}),
		messages: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "parlor_commit_messages_total",
			Help: "Messages made durable with their rooms' turns.",
		}),
		refused: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "parlor_commit_refused_total",
			Help: "Writes refused because the commit queue was full.",
		}),
		insisted: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "parlor_commit_insisted_total",
			Help: "Writes taken although the commit queue was full.",
		}),
		size: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "parlor_commit_batch_writes",
			Help:    "Writes in a batch.",
			Buckets: prometheus.ExponentialBuckets(1, 4, 9), // 1 to 65,536
		}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "parlor_commit_seconds",
			Help:    "Time the store took to make a batch durable.",
			Buckets: prometheus.ExponentialBuckets(0.000125, 2, 16), // 125 µs to 4 s
		}),
	}
	length := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "parlor_commit_queue_writes",
		Help: "Writes submitted and not yet reported.",
	}, func() float64 { n, _ := queued(); return float64(n) })
	bytes := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "parlor_commit_queue_bytes",
		Help: "Bytes of the writes submitted and not yet reported.",
	}, func() float64 { _, n := queued(); return float64(n) })
	m.collectors = []prometheus.Collector{
		m.batches, m.writes, m.turns, m.messages, m.refused, m.insisted, m.size, m.seconds, length, bytes,
	}
	if err := m.register(); err != nil {
		return nil, err
	}
	return m, nil
}

// register registers all of the metrics or none.
func (m *commitMetrics) register() error {
	if m.registerer == nil {
		return nil
	}
	for i, c := range m.collectors {
		if err := m.registerer.Register(c); err != nil {
			m.collectors = m.collectors[:i]
			m.unregister()
			return fmt.Errorf("register metrics: %w", err)
		}
	}
	return nil
}

func (m *commitMetrics) unregister() {
	if m.registerer == nil {
		return
	}
	for _, c := range m.collectors {
		m.registerer.Unregister(c)
	}
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
