package kafka

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

// collectors are metrics that are registered together, or not at all.
type collectors struct {
	registerer prometheus.Registerer // nil: not registered
	all        []prometheus.Collector
}

func (c *collectors) register(r prometheus.Registerer) error {
	if r == nil {
		return nil
	}
	for i, m := range c.all {
		if err := r.Register(m); err != nil {
			for _, done := range c.all[:i] {
				r.Unregister(done)
			}
			return err
		}
	}
	c.registerer = r
	return nil
}

func (c *collectors) unregister() {
	if c.registerer == nil {
		return
	}
	for _, m := range c.all {
		c.registerer.Unregister(m)
	}
}

func counter(name, help string) prometheus.Counter {
	return prometheus.NewCounter(prometheus.CounterOpts{Namespace: "parlor", Subsystem: "kafka", Name: name, Help: help})
}

func counterVec(name, help string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "parlor", Subsystem: "kafka", Name: name, Help: help,
	}, []string{"reason"})
}

func gauge(name, help string, f func() float64) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "parlor", Subsystem: "kafka", Name: name, Help: help}, f)
}

// producerMetrics are what a Producer counts, whether or not somebody registers
// them.
type producerMetrics struct {
	collectors
	produced prometheus.Counter
	oversize prometheus.Counter
	failed   *prometheus.CounterVec
}

func newProducerMetrics(r prometheus.Registerer, p *Producer) (*producerMetrics, error) {
	m := &producerMetrics{
		produced: counter("produced_total", "Messages delivered to Kafka."),
		oversize: counter("oversize_total", "Messages delivered to Kafka without their value, because they are too large for the topic."),
		failed:   counterVec("failed_total", "Deliveries to Kafka that failed, to be repeated by their rooms, by reason."),
	}
	m.all = []prometheus.Collector{
		m.produced, m.oversize, m.failed,
		gauge("buffered", "Messages on their way to Kafka.", func() float64 { n, _ := p.held(); return float64(n) }),
		gauge("buffered_bytes", "Bytes on their way to Kafka.", func() float64 { _, n := p.held(); return float64(n) }),
		gauge("connected", "1 while brokers answer the producer, else 0.", p.pulse.value),
	}
	return m, m.register(r)
}

// fail counts a delivery that failed.
func (m *producerMetrics) fail(err error) {
	reason := "broker"
	for name, target := range map[string]error{
		"overflow": ErrOverflow, "unsettled": ErrUnsettled, "timeout": ErrTimeout, "closed": ErrClosed,
	} {
		if errors.Is(err, target) {
			reason = name
		}
	}
	m.failed.WithLabelValues(reason).Inc()
}
