package kafka

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/parlor-sse/parlor/persistence/metricset"
)

// consumerMetrics are what a Consumer counts.
type consumerMetrics struct {
	set         *metricset.Set
	consumed    prometheus.Counter
	repeated    prometheus.Counter
	retried     prometheus.Counter
	uncommitted prometheus.Counter
	skipped     *prometheus.CounterVec
}

func newConsumerMetrics(r prometheus.Registerer, c *Consumer) (*consumerMetrics, error) {
	set := metricset.New("kafka")
	m := &consumerMetrics{
		set:         set,
		consumed:    set.Counter("consumed_total", "Records from Kafka whose messages were accepted."),
		repeated:    set.Counter("repeated_total", "Records from Kafka among them that their rooms had taken in before."),
		retried:     set.Counter("consume_retried_total", "Attempts to publish a record from Kafka that were put off."),
		uncommitted: set.Counter("uncommitted_total", "Commits of offsets that failed."),
		skipped:     set.CounterVec("skipped_total", "Records from Kafka that can't be published, by reason.", "reason"),
	}
	set.Gauge("consumer_connected", "1 while brokers answer the consumer, else 0.", c.pulse.value)
	return m, set.Register(r)
}
