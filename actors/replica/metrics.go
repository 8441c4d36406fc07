package replica

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/parlor-sse/parlor/persistence/metricset"
	"github.com/parlor-sse/parlor/persistence/replication"
)

// metrics are what copies and ownerships count.
type metrics struct {
	set *metricset.Set

	owned     prometheus.Counter
	deposed   *prometheus.CounterVec
	refused   *prometheus.CounterVec
	quorum    prometheus.Histogram
	damaged   prometheus.Counter
	overflow  prometheus.Counter
	forgotten prometheus.Counter
}

func newMetrics(reg prometheus.Registerer, s *Set) (*metrics, error) {
	set := metricset.New("replica")
	m := &metrics{
		set:       set,
		owned:     set.Counter("owned_total", "Ownerships of rooms established at this node."),
		deposed:   set.CounterVec("deposed_total", "Ownerships, and attempts at one, that ended, by reason.", "reason"),
		refused:   set.CounterVec("refused_total", "Messages refused because of a stale epoch or ring, by reason.", "reason"),
		damaged:   set.Counter("damaged_total", "Copies found damaged on disk, to be made whole by their rooms' owners."),
		overflow:  set.Counter("overflow_total", "Messages dropped because too many waited for a copy to be read from disk."),
		forgotten: set.Counter("forgotten_total", "Copies removed because the ring wants them elsewhere."),
		quorum: set.Histogram("quorum_seconds", "Time from a turn's proposal to its commit by a quorum.",
			prometheus.ExponentialBuckets(0.00025, 2, 16)),
	}
	set.Gauge("awake", "Copies of rooms in memory.", func() float64 { return float64(s.count()) })
	return m, set.Register(reg)
}

// refuse counts what this node refuses.
func (m *metrics) refuse(r replication.Refuse) {
	reason := "epoch"
	if r.Claim.Ring < r.Ring {
		reason = "ring"
	}
	m.refused.WithLabelValues(reason).Inc()
}

// commit notes how long the turns up to number took.
func (m *metrics) commit(own *Ownership, number uint64) {
	own.proposed.through(number, func(d time.Duration) { m.quorum.Observe(d.Seconds()) })
}
