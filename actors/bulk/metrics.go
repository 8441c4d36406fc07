package bulk

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/parlor-sse/parlor/persistence/metricset"
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

// metrics are what became of large messages.
type metrics struct {
	set *metricset.Set

	carried, delivered        prometheus.Counter
	sentBytes, receivedBytes  prometheus.Counter
	replaced, askedAgain      prometheus.Counter
	refused, gaveUp, ignoring *prometheus.CounterVec
}

func newMetrics(now func() stats) *metrics {
	set := metricset.New("bulk")
	gauge := func(name, help string, value func(stats) int) {
		set.Gauge(name, help, func() float64 { return float64(value(now())) })
	}
	gauge("sending", "Large messages kept for other nodes to fetch.", func(s stats) int { return s.sending })
	gauge("receiving", "Large messages being fetched or handed on.", func(s stats) int { return s.receiving })
	gauge("waiting", "Large messages of other nodes that wait to be fetched.", func(s stats) int { return s.waiting })
	gauge("sending_bytes", "Bytes of the messages kept for other nodes.", func(s stats) int { return s.kept })
	gauge("receiving_bytes", "Bytes that the messages being fetched will have.", func(s stats) int { return s.expected })
	return &metrics{
		set:           set,
		carried:       set.Counter("carried_total", "Large messages that other nodes have fetched."),
		delivered:     set.Counter("delivered_total", "Large messages of other nodes that arrived and were handed on."),
		sentBytes:     set.Counter("sent_bytes_total", "Bytes of the parts sent."),
		receivedBytes: set.Counter("received_bytes_total", "Bytes of the parts received."),
		replaced:      set.Counter("replaced_total", "Large messages replaced by a newer one about the same room before they were fetched."),
		askedAgain:    set.Counter("asked_again_total", "Parts asked for again because they did not come."),
		refused:       set.CounterVec("refused_total", "Large messages that were not taken on for sending, by reason.", "reason"),
		gaveUp:        set.CounterVec("given_up_total", "Large messages given up on their way, by end and reason.", "end", "reason"),
		ignoring:      set.CounterVec("ignored_total", "Messages of other nodes that were ignored, by reason.", "reason"),
	}
}

func (m *metrics) refuse(reason string)      { m.refused.WithLabelValues(reason).Inc() }
func (m *metrics) giveUp(end, reason string) { m.gaveUp.WithLabelValues(end, reason).Inc() }
func (m *metrics) ignore(reason string)      { m.ignoring.WithLabelValues(reason).Inc() }
