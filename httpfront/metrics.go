package httpfront

import (
	"errors"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
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
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "parlor_http_requests_total", Help: "Requests answered, by route and status code.",
		}, []string{"route", "code"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "parlor_http_request_seconds", Help: "Time from a request's end to its answer, by route.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"route"}),
		refusals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "parlor_http_refused_total", Help: "Requests refused, by the error code of the answer.",
		}, []string{"reason"}),
		away: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "parlor_http_turned_away_total", Help: "Connections closed at once because there are as many as there may be.",
		}),
		accepts: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "parlor_http_accept_errors_total", Help: "Accepts that failed and were tried again.",
		}),
		forgotten: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "parlor_http_rates_forgotten_total", Help: "Tokens, addresses and rooms whose rate of publishing was forgotten to make room for others.",
		}),
	}
	if reg == nil {
		return m, nil
	}
	gauge := func(name, help string, value func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value)
	}
	var errs []error
	for _, c := range []prometheus.Collector{
		m.requests, m.seconds, m.refusals, m.away, m.accepts, m.forgotten,
		gauge("parlor_http_connections", "Open connections that are not streams.",
			func() float64 { return float64(l.conns.Load()) }),
		gauge("parlor_http_streams", "Streams that are open or being opened.",
			func() float64 { return float64(l.streams.Load()) }),
		gauge("parlor_http_connections_limit", "Connections and streams that there may be.",
			func() float64 { return float64(l.maxConns) }),
	} {
		errs = append(errs, reg.Register(c))
	}
	return m, errors.Join(errs...)
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
