package pebblestore

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// storeMetrics are counted whether or not somebody registers them.
type storeMetrics struct {
	registerer prometheus.Registerer // nil: not registered
	collectors []prometheus.Collector

	damaged          prometheus.Counter
	backgroundErrors prometheus.Counter
	stalls           prometheus.Counter
	loads            prometheus.Histogram
}

func newStoreMetrics(r prometheus.Registerer, s *Store) *storeMetrics {
	m := &storeMetrics{
		registerer: r,
		damaged: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "parlor_store_damaged_total",
			Help: "Times that stored bytes were found damaged.",
		}),
		backgroundErrors: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "parlor_store_background_errors_total",
			Help: "Times that writing or merging tables went wrong.",
		}),
		stalls: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "parlor_store_write_stalls_total",
			Help: "Times that writes had to wait for tables to be written or merged.",
		}),
		loads: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "parlor_store_load_seconds",
			Help:    "Time it took to load a room.",
			Buckets: prometheus.ExponentialBuckets(0.00001, 4, 9), // 10 µs to 0.66 s
		}),
	}
	m.collectors = []prometheus.Collector{m.damaged, m.backgroundErrors, m.stalls, m.loads, newDiskCollector(s)}
	return m
}

// register registers all of the metrics or none.
func (m *storeMetrics) register() error {
	if m.registerer == nil {
		return nil
	}
	for i, c := range m.collectors {
		if err := m.registerer.Register(c); err != nil {
			m.collectors = m.collectors[:i]
			m.unregister()
			return fmt.Errorf("register metrics: %w", err)
		}
	}
	return nil
}

func (m *storeMetrics) unregister() {
	if m.registerer == nil {
		return
	}
	for _, c := range m.collectors {
		m.registerer.Unregister(c)
	}
}

// diskCollector reads Pebble's own figures, all of one scrape at once.
type diskCollector struct {
	store                          *Store
	diskBytes, tables, depth, debt *prometheus.Desc
}

func newDiskCollector(s *Store) *diskCollector {
	desc := func(name, help string) *prometheus.Desc { return prometheus.NewDesc(name, help, nil, nil) }
	return &diskCollector{
		store:     s,
		diskBytes: desc("parlor_store_disk_bytes", "Disk space in use, files about to be deleted among it."),
		tables:    desc("parlor_store_tables", "Table files."),
		depth:     desc("parlor_store_read_amplification", "Tables that a read of one key may have to look into."),
		debt:      desc("parlor_store_compaction_debt_bytes", "Bytes that wait to be merged."),
	}
}

// Describe implements prometheus.Collector.
func (c *diskCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- c.diskBytes
	ch <- c.tables
	ch <- c.depth
	ch <- c.debt
}

// Collect implements prometheus.Collector. A store that is closed has no
// figures.
func (c *diskCollector) Collect(ch chan<- prometheus.Metric) {
	if c.store.gate.enter() != nil {
		return
	}
	defer c.store.gate.leave()
	if c.store.failure() != nil {
		return
	}
	m := c.store.db.Metrics()
	total := m.Total()
	gauge := func(d *prometheus.Desc, v float64) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v)
	}
	gauge(c.diskBytes, float64(m.DiskSpaceUsage()))
	gauge(c.tables, float64(total.TablesCount))
	gauge(c.depth, float64(m.ReadAmp()))
	gauge(c.debt, float64(m.Compact.EstimatedDebt))
}
