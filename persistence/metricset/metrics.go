package metricset

import "github.com/prometheus/client_golang/prometheus"

// Counter adds a counter.
func (s *Set) Counter(name, help string) prometheus.Counter {
	return added(s, prometheus.NewCounter(prometheus.CounterOpts(s.opts(name, help))))
}

// CounterVec adds a counter for each combination of values of the labels. It
// shows those that were asked for.
func (s *Set) CounterVec(name, help string, labels ...string) *prometheus.CounterVec {
	return added(s, prometheus.NewCounterVec(prometheus.CounterOpts(s.opts(name, help)), labels))
}

// CounterFunc adds a counter that is kept elsewhere. The value is asked for at
// each scrape, from any goroutine, and must never fall.
func (s *Set) CounterFunc(name, help string, value func() float64) {
	s.Add(prometheus.NewCounterFunc(prometheus.CounterOpts(s.opts(name, help)), value))
}

// Gauge adds a value that may rise and fall. It is asked for at each scrape, from
// any goroutine.
func (s *Set) Gauge(name, help string, value func() float64) {
	s.Add(prometheus.NewGaugeFunc(prometheus.GaugeOpts(s.opts(name, help)), value))
}

// Histogram adds a histogram. Buckets are upper bounds, in rising order.
func (s *Set) Histogram(name, help string, buckets []float64) prometheus.Histogram {
	return added(s, prometheus.NewHistogram(s.histogramOpts(name, help, buckets)))
}

// HistogramVec adds a histogram for each combination of values of the labels. It
// shows those that were asked for.
func (s *Set) HistogramVec(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	return added(s, prometheus.NewHistogramVec(s.histogramOpts(name, help, buckets), labels))
}

func (s *Set) opts(name, help string) prometheus.Opts {
	return prometheus.Opts{Namespace: "parlor", Subsystem: s.subsystem, Name: name, Help: help, ConstLabels: s.labels}
}

func (s *Set) histogramOpts(name, help string, buckets []float64) prometheus.HistogramOpts {
	return prometheus.HistogramOpts{
		Namespace: "parlor", Subsystem: s.subsystem, Name: name, Help: help, ConstLabels: s.labels, Buckets: buckets,
	}
}

// added returns the metric that it puts into the set.
func added[C prometheus.Collector](s *Set, c C) C {
	s.Add(c)
	return c
}
