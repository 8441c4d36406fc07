package cluster

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/parlor-sse/parlor/persistence/metricset"
)

// metrics are what the agreement counts.
type metrics struct {
	set *metricset.Set

	changes    *prometheus.CounterVec
	leaders    prometheus.Counter
	suspicions prometheus.Counter
	crashes    prometheus.Counter
	tooMany    prometheus.Counter
	refused    *prometheus.CounterVec
	control    *prometheus.CounterVec
}

func newMetrics(reg prometheus.Registerer, c *Cluster) (*metrics, error) {
	set := metricset.New("cluster")
	m := &metrics{
		set:        set,
		changes:    set.CounterVec("changes_total", "Changes to what is agreed that this node made as leader, by reason.", "reason"),
		leaders:    set.Counter("leader_changes_total", "Times that this node learned of a leader."),
		suspicions: set.Counter("suspicions_total", "Links to other nodes that broke."),
		crashes:    set.Counter("crash_proofs_total", "Crashes of other nodes that this node has proven."),
		tooMany:    set.Counter("ring_changes_refused_total", "Ring changes that had to wait because too many rings were not retired."),
		refused:    set.CounterVec("refused_joins_total", "Nodes refused, by reason.", "reason"),
		control:    set.CounterVec("control_refused_total", "Connections and requests of control refused, by reason.", "reason"),
	}
	set.Gauge("ring_version", "Version of the ring in force.", func() float64 {
		if v := c.View(); v != nil {
			return float64(v.Ring().Version())
		}
		return 0
	})
	set.Gauge("rings_unretired", "Rings that still count.", func() float64 {
		if v := c.View(); v != nil {
			return float64(len(v.Rings))
		}
		return 0
	})
	set.Gauge("handover_pending", "Members of the ring in force that have something left to hand over.", func() float64 {
		return float64(c.View().pending())
	})
	return m, set.Register(reg)
}
