package cluster

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are what the agreement counts.
type metrics struct {
	registerer prometheus.Registerer
	registered []prometheus.Collector

	changes    *prometheus.CounterVec
	leaders    prometheus.Counter
	suspicions prometheus.Counter
	crashes    prometheus.Counter
	tooMany    prometheus.Counter
	refused    *prometheus.CounterVec
	control    *prometheus.CounterVec
}

func newMetrics(reg prometheus.Registerer, c *Cluster) (*metrics, error) {
	m := &metrics{
		registerer: reg,
		changes:    counterVec("changes_total", "Changes to what is agreed that this node made as leader, by reason.", "reason"),
		leaders:    counter("leader_changes_total", "Times that this node learned of a leader."),
		suspicions: counter("suspicions_total", "Links to other nodes that broke."),
		crashes:    counter("crash_proofs_total", "Crashes of other nodes that this node has proven."),
		tooMany:    counter("ring_changes_refused_total", "Ring changes that had to wait because too many rings were not retired."),
		refused:    counterVec("refused_joins_total", "Nodes refused, by reason.", "reason"),
		control:    counterVec("control_refused_total", "Connections and requests of control refused, by reason.", "reason"),
	}
	all := []prometheus.Collector{
		m.changes, m.leaders, m.suspicions, m.crashes, m.tooMany, m.refused, m.control,
		gauge("ring_version", "Version of the ring in force.", func() float64 {
			if v := c.View(); v != nil {
				return float64(v.Ring().Version())
			}
			return 0
		}),
		gauge("rings_unretired", "Rings that still count.", func() float64 {
			if v := c.View(); v != nil {
				return float64(len(v.Rings))
			}
			return 0
		}),
		gauge("handover_pending", "Members of the ring in force that have something left to hand over.", func() float64 {
			return float64(c.View().pending())
		}),
	}
	if reg == nil {
		return m, nil
	}
	for _, collector := range all {
		if err := reg.Register(collector); err != nil {
			m.unregister()
			return nil, fmt.Errorf("register metrics: %w", err)
		}
		m.registered = append(m.registered, collector)
	}
	return m, nil
}

func (m *metrics) unregister() {
	for _, c := range m.registered {
		m.registerer.Unregister(c)
	}
}

func opts(name, help string) prometheus.Opts {
	return prometheus.Opts{Namespace: "parlor", Subsystem: "cluster", Name: name, Help: help}
}

func counter(name, help string) prometheus.Counter {
	return prometheus.NewCounter(prometheus.CounterOpts(opts(name, help)))
}

func counterVec(name, help, label string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts(opts(name, help)), []string{label})
}

func gauge(name, help string, f func() float64) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts(opts(name, help)), f)
}
