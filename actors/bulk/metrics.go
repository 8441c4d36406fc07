package bulk

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// Why a message was not taken on for sending.
const (
	refusedSize  = "size"  // empty, or larger than any may be
	refusedFull  = "full"  // too much is kept already
	refusedBegun = "begun" // another about the same room is being fetched by the same node
)

// Ends of a transfer, and why one gave it up.
const (
	endSend    = "send"
	endReceive = "receive"

	givenUpStuck    = "stuck"    // nothing moved for too long
	givenUpDropped  = "dropped"  // the other end said so
	givenUpCrowded  = "crowded"  // too many newer ones waited to be fetched
	givenUpChecksum = "checksum" // it is not what was offered
)

// Why something of another node's was ignored.
const (
	ignoredMalformed = "malformed" // out of bounds, or nothing that was asked for
	ignoredRepeated  = "repeated"  // of no use any more
)

// stats is what is under way.
type stats struct {
	sending, receiving, waiting int // messages
	kept, expected              int // bytes of the messages being sent, and received
}

func (b *Bulk) stats() stats {
	b.mu.Lock()
	defer b.mu.Unlock()
	return stats{
		sending: len(b.out.list), receiving: len(b.in.active), waiting: len(b.in.waiting),
		kept: b.out.bytes, expected: b.in.bytes,
	}
}

// metrics are kept whether or not somebody registers them.
type metrics struct {
	registerer prometheus.Registerer // nil: not registered
	collectors []prometheus.Collector

	carried, delivered        prometheus.Counter
	sentBytes, receivedBytes  prometheus.Counter
	replaced, askedAgain      prometheus.Counter
	refused, gaveUp, ignoring *prometheus.CounterVec
}

func newMetrics(r prometheus.Registerer, now func() stats) *metrics {
	m := &metrics{registerer: r}
	counter := func(name, help string) prometheus.Counter {
		c := prometheus.NewCounter(prometheus.CounterOpts{Name: "parlor_bulk_" + name, Help: help})
		m.collectors = append(m.collectors, c)
		return c
	}
	vector := func(name, help string, labels ...string) *prometheus.CounterVec {
		v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "parlor_bulk_" + name, Help: help}, labels)
		m.collectors = append(m.collectors, v)
		return v
	}
	gauge := func(name, help string, value func(stats) int) {
		m.collectors = append(m.collectors, prometheus.NewGaugeFunc(
			prometheus.GaugeOpts{Name: "parlor_bulk_" + name, Help: help},
			func() float64 { return float64(value(now())) },
		))
	}
	m.carried = counter("carried_total", "Large messages that other nodes have fetched.")
	m.delivered = counter("delivered_total", "Large messages of other nodes that arrived and were handed on.")
	m.sentBytes = counter("sent_bytes_total", "Bytes of the parts sent.")
	m.receivedBytes = counter("received_bytes_total", "Bytes of the parts received.")
	m.replaced = counter("replaced_total", "Large messages replaced by a newer one about the same room before they were fetched.")
	m.askedAgain = counter("asked_again_total", "Parts asked for again because they did not come.")
	m.refused = vector("refused_total", "Large messages that were not taken on for sending, by reason.", "reason")
	m.gaveUp = vector("given_up_total", "Large messages given up on their way, by end and reason.", "end", "reason")
	m.ignoring = vector("ignored_total", "Messages of other nodes that were ignored, by reason.", "reason")
	gauge("sending", "Large messages kept for other nodes to fetch.", func(s stats) int { return s.sending })
	gauge("receiving", "Large messages being fetched or handed on.", func(s stats) int { return s.receiving })
	gauge("waiting", "Large messages of other nodes that wait to be fetched.", func(s stats) int { return s.waiting })
	gauge("sending_bytes", "Bytes of the messages kept for other nodes.", func(s stats) int { return s.kept })
	gauge("receiving_bytes", "Bytes that the messages being fetched will have.", func(s stats) int { return s.expected })
	return m
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

func (m *metrics) refuse(reason string)      { m.refused.WithLabelValues(reason).Inc() }
func (m *metrics) giveUp(end, reason string) { m.gaveUp.WithLabelValues(end, reason).Inc() }
func (m *metrics) ignore(reason string)      { m.ignoring.WithLabelValues(reason).Inc() }
