package replica

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/parlor-sse/parlor/persistence/replication"
)

// metrics are what copies and ownerships count.
type metrics struct {
	registerer prometheus.Registerer
	all        []prometheus.Collector

	owned     prometheus.Counter
	deposed   *prometheus.CounterVec
	refused   *prometheus.CounterVec
	quorum    prometheus.Histogram
	damaged   prometheus.Counter
	overflow  prometheus.Counter
	forgotten prometheus.Counter
}

func newMetrics(reg prometheus.Registerer, s *Set) (*metrics, error) {
	opts := func(name, help string) prometheus.Opts {
		return prometheus.Opts{Namespace: "parlor", Subsystem: "replica", Name: name, Help: help}
	}
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts(opts(name, help)))
	}
	vec := func(name, help, label string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts(opts(name, help)), []string{label})
	}
	m := &metrics{
		registerer: reg,
		owned:      counter("owned_total", "Ownerships of rooms established at this node."),
		deposed:    vec("deposed_total", "Ownerships, and attempts at one, that ended, by reason.", "reason"),
		refused:    vec("refused_total", "Messages refused because of a stale epoch or ring, by reason.", "reason"),
		damaged:    counter("damaged_total", "Copies found damaged on disk, to be made whole by their rooms' owners."),
		overflow:   counter("overflow_total", "Messages dropped because too many waited for a copy to be read from disk."),
		forgotten:  counter("forgotten_total", "Copies removed because the ring wants them elsewhere."),
		quorum: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: "parlor", Subsystem: "replica", Name: "quorum_seconds",
			Help:    "Time from a turn's proposal to its commit by a quorum.",
			Buckets: prometheus.ExponentialBuckets(0.00025, 2, 16),
		}),
	}
	m.all = []prometheus.Collector{
		m.owned, m.deposed, m.refused, m.quorum, m.damaged, m.overflow, m.forgotten,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts(opts("awake", "Copies of rooms in memory.")),
			func() float64 { return float64(s.count()) }),
	}
	if reg == nil {
		return m, nil
	}
	var errs []error
	for _, c := range m.all {
		errs = append(errs, reg.Register(c))
	}
	return m, errors.Join(errs...)
}

func (m *metrics) unregister() {
	if m.registerer != nil {
		for _, c := range m.all {
			m.registerer.Unregister(c)
		}
	}
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
