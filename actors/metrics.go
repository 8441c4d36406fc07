package actors

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/parlor-sse/parlor/actors/fanout"
	"github.com/parlor-sse/parlor/persistence/metricset"
)

// metrics are what rooms and streams count. Names of reasons are those of the
// logs.
type metrics struct {
	set *metricset.Set

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

func newMetrics(reg prometheus.Registerer, s *System) (*metrics, error) {
	set := metricset.New("rooms")
	m := &metrics{
		set:          set,
		published:    set.Counter("published_total", "Messages committed."),
		refused:      set.CounterVec("refused_total", "Publishes that were not accepted, or of unknown outcome, by reason.", "reason"),
		activations:  set.Counter("activations_total", "Rooms woken."),
		passivations: set.Counter("passivations_total", "Rooms put to sleep."),
		failures:     set.Counter("failures_total", "Rooms ended by a panic, or by a call that took too long."),
		gaps:         set.Counter("resume_gaps_total", "Streams that were told, on resuming, of messages trimmed."),
		paced:        set.Counter("paced_total", "Publishes whose answer waited for fan-out to catch up."),
		truncated:    set.Counter("presence_truncated_total", "Lists of who is on a room that leave streams out, because they are too many."),
		alarms:       set.CounterVec("alarms_total", "Alarms of rooms, by what came of them.", "outcome"),
		resets:       set.CounterVec("resume_resets_total", "Streams whose last event id said nothing, by reason.", "reason"),

		retried:      set.Counter("retried_total", "Requests asked again inside, because their room was on its way."),
		linkBreaks:   set.CounterVec("link_breaks_total", "Links to owners (up) and from fronts (down) begun anew or given up, by end and reason.", "end", "reason"),
		refills:      set.CounterVec("refills_total", "Times that outlets asked their owners for what they missed, by reason.", "reason"),
		undecoded:    set.Counter("undecoded_total", "Messages of other nodes that were not understood."),
		unaddressed:  set.Counter("unaddressed_total", "Messages to nodes of unknown address."),
		crowdedOut:   set.Counter("crowded_out_total", "Large messages between copies that were lost, because too many waited to be written down."),
		handoverBusy: set.Counter("handover_busy_total", "Requests to take on or give copies that were put off."),
	}
	set.Gauge("handover_pending", "Rooms offered to their new owners and not yet adopted.", func() float64 {
		if s.node.handover == nil {
			return 0
		}
		return float64(s.node.handover.pending.Load())
	})
	set.Gauge("handover_moved", "Rooms handed over, or taken over, since the start.", func() float64 {
		if s.node.handover == nil {
			return 0
		}
		return float64(s.node.handover.moved.Load())
	})
	set.Gauge("awake", "Rooms awake on this node.", func() float64 { return float64(s.node.router.count()) })
	set.Gauge("stored_bytes", "Keys and values that rooms awake on this node have stored, and that are in memory.", func() float64 { return float64(s.node.router.stored()) })
	set.Gauge("outlets", "Rooms that streams at this node listen to.", func() float64 { return float64(s.outlets.count()) })
	set.Add(&streamCollector{engine: s.engine})
	for _, st := range s.node.sinks.all {
		set.Include(st.metrics)
	}
	return m, set.Register(reg)
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
