package histogram_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cmd/parlor/bench/histogram"
)

func TestQuantilesAreWithinTwoPercent(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var h histogram.Histogram
	values := make([]int64, 20000)
	for i := range values {
		values[i] = int64(math.Exp(rng.Float64() * 24)) // 1 ns to about 26 s
		h.Record(values[i])
	}
	slices.Sort(values)
	for _, q := range []float64{0, 0.01, 0.5, 0.9, 0.99, 0.999, 1} {
		rank := max(int(math.Ceil(q*float64(len(values)))), 1)
		want := float64(values[rank-1])
		got := float64(h.Quantile(q))
		if math.Abs(got-want) > 1+0.02*want {
			t.Errorf("Quantile(%v) = %v, want %v", q, got, want)
		}
	}
	if got, want := h.Max(), time.Duration(values[len(values)-1]); got != want {
		t.Errorf("Max() = %v, want %v", got, want)
	}
}

func TestSmallValuesAreExact(t *testing.T) {
	for v := int64(0); v < 128; v++ {
		var h histogram.Histogram
		h.Record(v)
		if got := int64(h.Quantile(0.5)); got != v {
			t.Errorf("after Record(%d): Quantile(0.5) = %d", v, got)
		}
	}
}

func TestExtremesAreKept(t *testing.T) {
	var h histogram.Histogram
	if h.Quantile(0.5) != 0 || h.Mean() != 0 || h.Count() != 0 {
		t.Error("an empty histogram is not zero")
	}
	h.Record(-5)
	h.Record(math.MaxInt64 / 4)
	if h.Count() != 2 || h.Quantile(0.5) != 0 || h.Max() != math.MaxInt64/4 {
		t.Errorf("got count %d, p50 %v, max %v", h.Count(), h.Quantile(0.5), h.Max())
	}
}

func TestMergeEqualsRecordingTogether(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var whole, left, right histogram.Histogram
	for i := range 5000 {
		v := rng.Int64N(1e9)
		whole.Record(v)
		if i%3 == 0 {
			left.Record(v)
		} else {
			right.Record(v)
		}
	}
	left.Merge(&right)
	left.Merge(nil)
	left.Merge(&histogram.Histogram{})
	if left != whole {
		t.Errorf("merged %+v, want %+v", left.Summary(), whole.Summary())
	}
}

func TestJSONRoundTrip(t *testing.T) {
	var h, back histogram.Histogram
	for v := int64(1); v < 1e12; v = v*3 + 1 {
		h.Record(v)
	}
	data, err := json.Marshal(&h)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if back != h {
		t.Errorf("round trip changed %+v to %+v", h.Summary(), back.Summary())
	}
}

func TestJSONRefusesNonsense(t *testing.T) {
	for _, bad := range []string{
		`{"count":1}`,
		`{"count":1,"buckets":[[999999,1]]}`,
		`{"count":2,"buckets":[[1,1]]}`,
		`[]`,
	} {
		var h histogram.Histogram
		if err := json.Unmarshal([]byte(bad), &h); err == nil {
			t.Errorf("%s was accepted", bad)
		}
	}
}
