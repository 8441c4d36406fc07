package remoting

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/parlor-sse/parlor/persistence/metricset"
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

// metrics are what goes to other nodes and comes from them, counted.
type metrics struct {
	set *metricset.Set

	sent, received              prometheus.Counter
	sentBytes, receivedBytes    prometheus.Counter
	refused, dropped            *prometheus.CounterVec // by reason
	brokenOut, brokenIn, failed prometheus.Counter
	deadLetters                 prometheus.Counter
}

func newMetrics(r prometheus.Registerer, waiting func() (messages, bytes int)) (*metrics, error) {
	set := metricset.New("remote")
	broken := set.CounterVec("streams_broken_total", "Streams to (out) and from (in) other nodes that ended.", "direction")
	m := &metrics{
		set:           set,
		sent:          set.Counter("messages_sent_total", "Messages handed to the connections to other nodes."),
		received:      set.Counter("messages_received_total", "Messages of other nodes handed to processes here."),
		sentBytes:     set.Counter("bytes_sent_total", "Bytes of the messages sent."),
		receivedBytes: set.Counter("bytes_received_total", "Bytes of the messages received."),
		refused:       set.CounterVec("refused_total", "Connections, streams, calls and messages of others that were refused.", "reason"),
		dropped:       set.CounterVec("dropped_total", "Messages to other nodes that were dropped.", "reason"),
		brokenOut:     broken.WithLabelValues("out"),
		brokenIn:      broken.WithLabelValues("in"),
		failed:        set.Counter("dials_failed_total", "Attempts to reach another node that failed."),
		deadLetters:   set.Counter("dead_letters_total", "Messages to processes that do not exist."),
	}
	set.Gauge("queue_messages", "Messages that wait for other nodes.", func() float64 { n, _ := waiting(); return float64(n) })
	set.Gauge("queue_bytes", "Bytes of the messages that wait for other nodes.", func() float64 { _, n := waiting(); return float64(n) })
	return m, set.Register(r)
}

func (m *metrics) refuse(reason string) { m.refused.WithLabelValues(reason).Inc() }

func (m *metrics) drop(reason string, messages int) {
	m.dropped.WithLabelValues(reason).Add(float64(messages))
}
