package pebblestore

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/parlor-sse/parlor/persistence/metricset"
)

// storeMetrics are what a store counts.
type storeMetrics struct {
	set *metricset.Set

	damaged          prometheus.Counter
	backgroundErrors prometheus.Counter
	stalls           prometheus.Counter
	loads            prometheus.Histogram
}

func newStoreMetrics(s *Store) *storeMetrics {
	set := metricset.New("store")
	set.Add(newDiskCollector(s))
	return &storeMetrics{
		set:              set,
		damaged:          set.Counter("damaged_total", "Times that stored bytes were found damaged."),
		backgroundErrors: set.Counter("background_errors_total", "Times that writing or merging tables went wrong."),
		stalls:           set.Counter("write_stalls_total", "Times that writes had to wait for tables to be written or merged."),
		loads: set.Histogram("load_seconds", "Time it took to load a room.",
			prometheus.ExponentialBuckets(0.00001, 4, 9)), // 10 µs to 0.66 s
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
