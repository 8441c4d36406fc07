// Package histogram counts durations in log-linear buckets: small, mergeable
// between processes, and exact to about 1.6 percent at any size.
package histogram

import (
	"math/bits"
	"time"
)

// Values below two subBuckets have a bucket each. Above, every power of two is
// cut into subBuckets equal buckets, up to maxValue (about 18 minutes in ns).
const (
	subBits    = 6
	subBuckets = 1 << subBits
	maxBits    = 40
	maxValue   = 1<<maxBits - 1
	buckets    = (maxBits - subBits + 1) * subBuckets
)

// Histogram counts durations. The zero value is empty and ready for use.
// It is not safe for concurrent use.
type Histogram struct {
	counts [buckets]uint64
	count  uint64
	sum    int64
	min    int64 // meaningful if count > 0
	max    int64
}

// Record counts one duration in nanoseconds. A negative one counts as zero,
// one beyond the last bucket counts there but keeps its value as the maximum.
func (h *Histogram) Record(ns int64) {
	if ns < 0 {
		ns = 0
	}
	if h.count == 0 || ns < h.min {
		h.min = ns
	}
	if ns > h.max {
		h.max = ns
	}
	h.count++
	h.sum += ns
	h.counts[bucketOf(ns)]++
}

// Merge adds everything that other counted.
func (h *Histogram) Merge(other *Histogram) {
	if other == nil || other.count == 0 {
		return
	}
	if h.count == 0 || other.min < h.min {
		h.min = other.min
	}
	if other.max > h.max {
		h.max = other.max
	}
	h.count += other.count
	h.sum += other.sum
	for i, n := range other.counts {
		h.counts[i] += n
	}
}

// Reset empties the histogram.
func (h *Histogram) Reset() { *h = Histogram{} }

// Count is how many durations were recorded.
func (h *Histogram) Count() uint64 { return h.count }

// Max is the longest duration recorded, exactly.
func (h *Histogram) Max() time.Duration { return time.Duration(h.max) }

// Mean is the average of the durations recorded, exactly; 0 when empty.
func (h *Histogram) Mean() time.Duration {
	if h.count == 0 {
		return 0
	}
	return time.Duration(h.sum / int64(h.count))
}

// Quantile is the duration that the share q (0 to 1) of what was recorded does
// not exceed, to within a bucket's width; 0 when empty.
func (h *Histogram) Quantile(q float64) time.Duration {
	if h.count == 0 {
		return 0
	}
	rank := uint64(q * float64(h.count))
	if float64(rank) < q*float64(h.count) {
		rank++
	}
	rank = max(rank, 1)
	var seen uint64
	for i, n := range h.counts {
		seen += n
		if seen >= rank {
			return time.Duration(min(max(middleOf(i), h.min), h.max))
		}
	}
	return time.Duration(h.max)
}

// bucketOf is the index of the bucket that holds v, which is not negative.
func bucketOf(v int64) int {
	if v > maxValue {
		v = maxValue
	}
	if v < 2*subBuckets {
		return int(v)
	}
	shift := bits.Len64(uint64(v)) - subBits - 1
	return shift*subBuckets + int(v>>shift)
}

// middleOf is the value in the middle of bucket i.
func middleOf(i int) int64 {
	if i < 2*subBuckets {
		return int64(i)
	}
	shift := i/subBuckets - 1
	low := int64(i-shift*subBuckets) << shift
	return low + int64(1)<<shift/2
}
