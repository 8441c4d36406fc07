package kafka

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/persistence/metricset"
)

// producerMetrics are what a Producer counts.
type producerMetrics struct {
	set      *metricset.Set
	produced prometheus.Counter
	oversize prometheus.Counter
	busy     prometheus.Counter
	failed   *prometheus.CounterVec
}

func newProducerMetrics(r prometheus.Registerer, p *Producer) (*producerMetrics, error) {
	set := metricset.New("kafka")
	m := &producerMetrics{
		set:      set,
		produced: set.Counter("produced_total", "Messages delivered to Kafka."),
		oversize: set.Counter("oversize_total", "Messages delivered to Kafka without their value, because they are too large for the topic."),
		busy:     set.Counter("busy_total", "Deliveries to Kafka that were put off, as too much was under way."),
		failed:   set.CounterVec("failed_total", "Deliveries to Kafka that failed, to be repeated by their rooms, by reason.", "reason"),
	}
	set.Gauge("buffered", "Messages on their way to Kafka.", func() float64 { n, _ := p.held(); return float64(n) })
	set.Gauge("buffered_bytes", "Bytes on their way to Kafka.", func() float64 { _, n := p.held(); return float64(n) })
	set.Gauge("connected", "1 while brokers answer the producer, else 0.", p.pulse.value)
	return m, set.Register(r)
}

// refuse counts a delivery that was not begun.
func (m *producerMetrics) refuse(err error) {
	if errors.Is(err, actors.ErrSinkBusy) {
		m.busy.Inc()
		return
	}
	m.fail(err)
}

// fail counts a delivery that failed.
func (m *producerMetrics) fail(err error) {
	reason := "broker"
	for name, target := range map[string]error{
		"unsettled": ErrUnsettled, "timeout": ErrTimeout, "closed": ErrClosed,
	} {
		if errors.Is(err, target) {
			reason = name
		}
	}
	m.failed.WithLabelValues(reason).Inc()
}
