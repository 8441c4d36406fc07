package remoting

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// Why something that came in was refused.
const (
	refusedHandshake   = "handshake"   // the connection: no TLS, no certificate, one of a stranger's
	refusedCertificate = "certificate" // the stream: Config.Allow said no
	refusedAddress     = "address"     // the stream: it claims an address that is not that node's
	refusedMethod      = "method"      // the call: nobody has business with it
	refusedMalformed   = "malformed"   // the stream: what came would have been a panic
	refusedPanic       = "panic"       // the stream: what came was a panic
	refusedType        = "type"        // the message: no BytesValue
	refusedTarget      = "target"      // the message: to a process that is not for others
	refusedSender      = "sender"      // the message: from a process that is not the sender's
)

// Why something that was to go out was dropped.
const (
	droppedType        = "type"        // no BytesValue, or a system message
	droppedAddress     = "address"     // to what is no host:port
	droppedSize        = "size"        // larger than anything may be
	droppedQueue       = "queue"       // too much waits for the node
	droppedNodes       = "nodes"       // too many nodes
	droppedUnreachable = "unreachable" // the node was dialled in vain a moment ago
	droppedLost        = "lost"        // it waited when the stream broke or the node was forgotten
	droppedClosed      = "closed"      // after Close
)

// metrics are kept whether or not somebody registers them.
type metrics struct {
	registerer prometheus.Registerer // nil: not registered
	collectors []prometheus.Collector

	sent, received              prometheus.Counter
	sentBytes, receivedBytes    prometheus.Counter
	refused, dropped            *prometheus.CounterVec // by reason
	brokenOut, brokenIn, failed prometheus.Counter
	deadLetters                 prometheus.Counter
}

func newMetrics(r prometheus.Registerer, waiting func() (messages, bytes int)) (*metrics, error) {
	m := &metrics{registerer: r}
	counter := func(name, help string) prometheus.Counter {
		c := prometheus.NewCounter(prometheus.CounterOpts{Name: "parlor_remote_" + name, Help: help})
		m.collectors = append(m.collectors, c)
		return c
	}
	vector := func(name, help, label string) *prometheus.CounterVec {
		v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "parlor_remote_" + name, Help: help}, []string{label})
		m.collectors = append(m.collectors, v)
		return v
	}
	m.sent = counter("messages_sent_total", "Messages handed to the connections to other nodes.")
	m.received = counter("messages_received_total", "Messages of other nodes handed to processes here.")
	m.sentBytes = counter("bytes_sent_total", "Bytes of the messages sent.")
	m.receivedBytes = counter("bytes_received_total", "Bytes of the messages received.")
	m.refused = vector("refused_total", "Connections, streams, calls and messages of others that were refused.", "reason")
	m.dropped = vector("dropped_total", "Messages to other nodes that were dropped.", "reason")
	broken := vector("streams_broken_total", "Streams to (out) and from (in) other nodes that ended.", "direction")
	m.brokenOut, m.brokenIn = broken.WithLabelValues("out"), broken.WithLabelValues("in")
	m.failed = counter("dials_failed_total", "Attempts to reach another node that failed.")
	m.deadLetters = counter("dead_letters_total", "Messages to processes that do not exist.")
	gauge := func(name, help string, value func() float64) {
		m.collectors = append(m.collectors,
			prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "parlor_remote_" + name, Help: help}, value))
	}
	gauge("queue_messages", "Messages that wait for other nodes.", func() float64 { n, _ := waiting(); return float64(n) })
	gauge("queue_bytes", "Bytes of the messages that wait for other nodes.", func() float64 { _, n := waiting(); return float64(n) })
	if err := m.register(); err != nil {
		return nil, err
	}
	return m, nil
}

// register registers all of the metrics or none.
func (m *metrics) register() error {
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

func (m *metrics) unregister() {
	if m.registerer == nil {
		return
	}
	for _, c := range m.collectors {
		m.registerer.Unregister(c)
	}
}

func (m *metrics) refuse(reason string) { m.refused.WithLabelValues(reason).Inc() }

func (m *metrics) drop(reason string, messages int) {
	m.dropped.WithLabelValues(reason).Add(float64(messages))
}
