package actors

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/parlor-sse/parlor/actors/fanout"
)

// metrics are what rooms and streams count. Names of reasons are those of the
// logs.
type metrics struct {
	registerer prometheus.Registerer
	all        []prometheus.Collector

	published    prometheus.Counter
	refused      *prometheus.CounterVec
	activations  prometheus.Counter
	passivations prometheus.Counter
	failures     prometheus.Counter
	gaps         prometheus.Counter
	paced        prometheus.Counter
	truncated    prometheus.Counter
	resets       *prometheus.CounterVec
	alarms       *prometheus.CounterVec

	// Of a node in a cluster.
	retried      prometheus.Counter
	linkBreaks   *prometheus.CounterVec
	refills      *prometheus.CounterVec
	undecoded    prometheus.Counter
	unaddressed  prometheus.Counter
	crowdedOut   prometheus.Counter
	handoverBusy prometheus.Counter
}

func newMetrics(reg prometheus.Registerer, s *System) *metrics {
	m := &metrics{
		registerer:   reg,
		published:    counter("published_total", "Messages committed."),
		refused:      counterVec("refused_total", "Publishes that were not accepted, or of unknown outcome, by reason.", "reason"),
		activations:  counter("activations_total", "Rooms woken."),
		passivations: counter("passivations_total", "Rooms put to sleep."),
		failures:     counter("failures_total", "Rooms ended by a panic, or by a call that took too long."),
		gaps:         counter("resume_gaps_total", "Streams that were told, on resuming, of messages trimmed."),
		paced:        counter("paced_total", "Publishes whose answer waited for fan-out to catch up."),
		truncated:    counter("presence_truncated_total", "Lists of who is on a room that leave streams out, because they are too many."),
		alarms:       counterVec("alarms_total", "Alarms of rooms, by what came of them.", "outcome"),
		resets:       counterVec("resume_resets_total", "Streams whose last event id said nothing, by reason.", "reason"),

		retried:      counter("retried_total", "Requests asked again inside, because their room was on its way."),
		linkBreaks:   counterVecs("link_breaks_total", "Links to owners (up) and from fronts (down) begun anew or given up, by end and reason.", "end", "reason"),
		refills:      counterVec("refills_total", "Times that outlets asked their owners for what they missed, by reason.", "reason"),
		undecoded:    counter("undecoded_total", "Messages of other nodes that were not understood."),
		unaddressed:  counter("unaddressed_total", "Messages to nodes of unknown address."),
		crowdedOut:   counter("crowded_out_total", "Large messages between copies that were lost, because too many waited to be written down."),
		handoverBusy: counter("handover_busy_total", "Requests to take on or give copies that were put off."),
	}
	m.all = []prometheus.Collector{
		m.published, m.refused, m.activations, m.passivations, m.failures, m.gaps, m.paced, m.truncated, m.resets, m.alarms,
		m.retried, m.linkBreaks, m.refills, m.undecoded, m.unaddressed, m.crowdedOut, m.handoverBusy,
		gauge("handover_pending", "Rooms offered to their new owners and not yet adopted.", func() float64 {
			if s.node.handover == nil {
				return 0
			}
			return float64(s.node.handover.pending.Load())
		}),
		gauge("handover_moved", "Rooms handed over, or taken over, since the start.", func() float64 {
			if s.node.handover == nil {
				return 0
			}
			return float64(s.node.handover.moved.Load())
		}),
		gauge("awake", "Rooms awake on this node.", func() float64 { return float64(s.node.router.count()) }),
		gauge("stored_bytes", "Keys and values that rooms awake on this node have stored, and that are in memory.", func() float64 { return float64(s.node.router.stored()) }),
		gauge("outlets", "Rooms that streams at this node listen to.", func() float64 { return float64(s.outlets.count()) }),
		&streamCollector{engine: s.engine},
	}
	m.all = append(m.all, s.node.sinks.collectors()...)
	if reg != nil {
		for _, c := range m.all {
			reg.MustRegister(c)
		}
	}
	return m
}

func (m *metrics) unregister() {
	if m.registerer != nil {
		for _, c := range m.all {
			m.registerer.Unregister(c)
		}
	}
}

func counter(name, help string) prometheus.Counter {
	return prometheus.NewCounter(prometheus.CounterOpts{Namespace: "parlor", Subsystem: "rooms", Name: name, Help: help})
}

func counterVec(name, help, label string) *prometheus.CounterVec {
	return counterVecs(name, help, label)
}

func counterVecs(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "parlor", Subsystem: "rooms", Name: name, Help: help,
	}, labels)
}

func gauge(name, help string, f func() float64) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "parlor", Subsystem: "rooms", Name: name, Help: help}, f)
}

// refusalOf names the reason of a publish's error.
func refusalOf(err error) string {
	for reason, target := range map[string]error{
		"overloaded": ErrOverloaded, "unavailable": ErrUnavailable, "unknown_outcome": ErrUnknownOutcome,
		"key_conflict": ErrKeyConflict, "keys_exhausted": ErrKeysExhausted,
		"no_kind": ErrNoKind, "failed": ErrFailed, "not_started": ErrNotStarted, "torn": ErrTorn,
	} {
		if errors.Is(err, target) {
			return reason
		}
	}
	if refusalIn(err) != nil {
		return "behaviour"
	}
	return "other"
}

// streamCollector shows the engine's counters.
type streamCollector struct{ engine *fanout.Engine }

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName("parlor", "streams", name), help, labels, nil)
}

// Describe implements prometheus.Collector.
func (c *streamCollector) Describe(ch chan<- *prometheus.Desc) {
	prometheus.DescribeByCollect(c, ch)
}

// Collect implements prometheus.Collector.
func (c *streamCollector) Collect(ch chan<- prometheus.Metric) {
	st := c.engine.Stats()
	send := func(d *prometheus.Desc, t prometheus.ValueType, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, t, v, labels...)
	}
	send(desc("open", "Open streams."), prometheus.GaugeValue, float64(st.Streams))
	send(desc("parked", "Streams whose peers do not take what they are sent."), prometheus.GaugeValue, float64(st.Parked))
	send(desc("writes_total", "System calls that wrote to streams."), prometheus.CounterValue, float64(st.Sends))
	send(desc("frames_total", "Frames written to streams."), prometheus.CounterValue, float64(st.Frames))
	send(desc("bytes_total", "Bytes written to streams."), prometheus.CounterValue, float64(st.Bytes))
	closed := desc("closed_total", "Streams ended, by reason.", "reason")
	for _, r := range fanout.Reasons() {
		send(closed, prometheus.CounterValue, float64(st.Closed[r]), r.String())
	}
	skipped := desc("skips_total", "Times that a slow stream skipped ahead, by policy.", "policy")
	for _, p := range []fanout.Policy{fanout.Gap, fanout.Latest} {
		send(skipped, prometheus.CounterValue, float64(st.Skips[p]), p.String())
	}
}
