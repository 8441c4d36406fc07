package gossip

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// The reasons for which something is refused. They are the values of a metric
// label and of log attributes.
const (
	reasonKey        = "key"        // encrypted with a key that is not ours, or not encrypted, or we have no keys
	reasonLabel      = "label"      // of another label
	reasonAdmit      = "admit"      // Config.Admit said no
	reasonMeta       = "meta"       // metadata that cannot be read, a name or address that cannot be
	reasonFull       = "full"       // more peers than can be kept
	reasonBusy       = "busy"       // too many exchanges at a time
	reasonUnreadable = "unreadable" // bytes that are no gossip, or were cut off
)

// metrics are kept whether or not somebody registers them: counting is cheaper
// than asking.
type metrics struct {
	registerer prometheus.Registerer // nil: not registered
	all        []prometheus.Collector

	suspicions  prometheus.Counter
	refutations prometheus.Counter
	joins       prometheus.Counter
	deaths      prometheus.Counter
	leaves      prometheus.Counter
	conflicts   prometheus.Counter
	dropped     prometheus.Counter
	refused     *prometheus.CounterVec
	rejoins     *prometheus.CounterVec
}

// newMetrics registers the metrics with r, unless r is nil. peers returns how
// many are alive.
func newMetrics(r prometheus.Registerer, peers func() int) (*metrics, error) {
	m := &metrics{
		registerer:  r,
		suspicions:  counter("suspicions_total", "Peers that did not answer this node's probes."),
		refutations: counter("refutations_total", "Times that others took this node for dead."),
		joins:       counter("joins_total", "Peers that came, or came back."),
		deaths:      counter("deaths_total", "Peers that went without taking their leave."),
		leaves:      counter("leaves_total", "Peers that took their leave."),
		conflicts:   counter("conflicts_total", "Claims of a name that is in use at another address."),
		dropped:     counter("dropped_total", "Messages dropped because too many were waiting."),
		refused:     counterVec("refused_total", "Messages, exchanges and peers refused, by reason.", "reason"),
		rejoins:     counterVec("rejoins_total", "Exchanges with seeds and lost peers, by result.", "result"),
	}
	m.all = []prometheus.Collector{
		m.suspicions, m.refutations, m.joins, m.deaths, m.leaves, m.conflicts, m.dropped, m.refused, m.rejoins,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Namespace: "parlor", Subsystem: "gossip", Name: "peers", Help: "Nodes alive, this one included.",
		}, func() float64 { return float64(peers()) }),
	}
	if r == nil {
		return m, nil
	}
	for i, c := range m.all {
		if err := r.Register(c); err != nil {
			m.all = m.all[:i]
			m.unregister()
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	return m, nil
}

func (m *metrics) unregister() {
	if m.registerer == nil {
		return
	}
	for _, c := range m.all {
		m.registerer.Unregister(c)
	}
}

func counter(name, help string) prometheus.Counter {
	return prometheus.NewCounter(prometheus.CounterOpts{Namespace: "parlor", Subsystem: "gossip", Name: name, Help: help})
}

func counterVec(name, help, label string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "parlor", Subsystem: "gossip", Name: name, Help: help,
	}, []string{label})
}
