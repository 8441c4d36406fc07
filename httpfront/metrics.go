package httpfront

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/parlor-sse/parlor/persistence/metricset"
)

// metrics counts what the edge does.
type metrics struct {
	requests *prometheus.CounterVec // route, code
	seconds  *prometheus.HistogramVec
	refusals *prometheus.CounterVec // reason
	away     prometheus.Counter
	accepts  prometheus.Counter

	forgotten prometheus.Counter
}

// newMetrics registers the metrics with reg, if there is one.
func newMetrics(reg prometheus.Registerer, l *limits) (*metrics, error) {
	set := metricset.New("http")
	m := &metrics{
		requests: set.CounterVec("requests_total", "Requests answered, by route and status code.", "route", "code"),
		seconds: set.HistogramVec("request_seconds", "Time from a request's end to its answer, by route.",
			[]float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}, "route"),
		refusals:  set.CounterVec("refused_total", "Requests refused, by the error code of the answer.", "reason"),
		away:      set.Counter("turned_away_total", "Connections closed at once because there are as many as there may be."),
		accepts:   set.Counter("accept_errors_total", "Accepts that failed and were tried again."),
		forgotten: set.Counter("rates_forgotten_total", "Tokens, addresses and rooms whose rate of publishing was forgotten to make room for others."),
	}
	set.Gauge("connections", "Open connections that are not streams.", func() float64 { return float64(l.conns.Load()) })
	set.Gauge("streams", "Streams that are open or being opened.", func() float64 { return float64(l.streams.Load()) })
	set.Gauge("connections_limit", "Connections and streams that there may be.", func() float64 { return float64(l.maxConns) })
	return m, set.Register(reg)
}

// request counts an answer.
func (m *metrics) request(route string, code int, took time.Duration) {
	m.requests.WithLabelValues(route, strconv.Itoa(code)).Inc()
	m.seconds.WithLabelValues(route).Observe(took.Seconds())
}

// refused counts a refusal, streams that were told to come back included.
func (m *metrics) refused(reason string) { m.refusals.WithLabelValues(reason).Inc() }

func (m *metrics) turnedAway()   { m.away.Inc() }
func (m *metrics) acceptFailed() { m.accepts.Inc() }
