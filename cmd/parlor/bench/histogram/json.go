package histogram

import (
	"encoding/json"
	"fmt"
	"time"
)

// encoded is a Histogram as JSON: only the buckets that hold something, as
// pairs of index and count.
type encoded struct {
	Count   uint64      `json:"count"`
	Sum     int64       `json:"sum"`
	Min     int64       `json:"min"`
	Max     int64       `json:"max"`
	Buckets [][2]uint64 `json:"buckets,omitempty"`
}

// MarshalJSON encodes the histogram so that another process can merge it.
func (h *Histogram) MarshalJSON() ([]byte, error) {
	e := encoded{Count: h.count, Sum: h.sum, Min: h.min, Max: h.max}
	for i, n := range h.counts {
		if n > 0 {
			e.Buckets = append(e.Buckets, [2]uint64{uint64(i), n})
		}
	}
	return json.Marshal(e)
}

// UnmarshalJSON replaces the histogram by an encoded one, and refuses one whose
// buckets do not add up to its count.
func (h *Histogram) UnmarshalJSON(data []byte) error {
	var e encoded
	if err := json.Unmarshal(data, &e); err != nil {
		return fmt.Errorf("decode histogram: %w", err)
	}
	decoded := Histogram{count: e.Count, sum: e.Sum, min: e.Min, max: e.Max}
	var total uint64
	for _, b := range e.Buckets {
		if b[0] >= buckets {
			return fmt.Errorf("decode histogram: bucket %d of %d", b[0], buckets)
		}
		decoded.counts[b[0]] += b[1]
		total += b[1]
	}
	if total != e.Count {
		return fmt.Errorf("decode histogram: buckets hold %d of %d", total, e.Count)
	}
	*h = decoded
	return nil
}

// Summary is what a reader wants to know of a histogram.
type Summary struct {
	Count uint64        `json:"count"`
	Mean  time.Duration `json:"meanNs"`
	P50   time.Duration `json:"p50Ns"`
	P90   time.Duration `json:"p90Ns"`
	P99   time.Duration `json:"p99Ns"`
	Max   time.Duration `json:"maxNs"`
}

// Summary reads the usual quantiles.
func (h *Histogram) Summary() Summary {
	return Summary{
		Count: h.count,
		Mean:  h.Mean(),
		P50:   h.Quantile(0.50),
		P90:   h.Quantile(0.90),
		P99:   h.Quantile(0.99),
		Max:   h.Max(),
	}
}
