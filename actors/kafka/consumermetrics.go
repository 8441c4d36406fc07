package kafka

import "github.com/prometheus/client_golang/prometheus"

// consumerMetrics are what a Consumer counts, whether or not somebody registers
// them.
type consumerMetrics struct {
	collectors
	consumed    prometheus.Counter
	repeated    prometheus.Counter
	retried     prometheus.Counter
	uncommitted prometheus.Counter
	skipped     *prometheus.CounterVec
}

func newConsumerMetrics(r prometheus.Registerer, c *Consumer) (*consumerMetrics, error) {
	m := &consumerMetrics{
		consumed:    counter("consumed_total", "Records from Kafka whose messages were accepted."),
		repeated:    counter("repeated_total", "Records from Kafka among them that were known, having been read before."),
		retried:     counter("consume_retried_total", "Attempts to publish a record from Kafka that were put off."),
		uncommitted: counter("uncommitted_total", "Commits of offsets that failed."),
		skipped:     counterVec("skipped_total", "Records from Kafka that can't be published, by reason."),
	}
	m.all = []prometheus.Collector{
		m.consumed, m.repeated, m.retried, m.uncommitted, m.skipped,
		gauge("consumer_connected", "1 while brokers answer the consumer, else 0.", c.pulse.value),
	}
	return m, m.register(r)
}
