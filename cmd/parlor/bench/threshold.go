package bench

import (
	"fmt"
	"io"
	"math"
	"text/tabwriter"
	"time"

	"github.com/parlor-sse/parlor/cmd/parlor/bench/histogram"
	"github.com/parlor-sse/parlor/cmd/parlor/bench/loadclient"
)

// What a load test has to show.
const (
	minSuccess       = 95.0 // percent of the streams asked for; more than that
	maxErrors        = 500  // streams not opened or closed by a node; fewer than that
	maxAnswerTime    = 5 * time.Second
	maxFirstEvent    = 3 * time.Second
	judgedPercentile = 0.95
)

// loadFigures are what a load test has measured.
type loadFigures struct {
	asked  int                  // streams
	failed int                  // of these, not opened
	head   *histogram.Histogram // from connecting to the end of the answer's head
	end    loadclient.StateReport
}

// threshold is one thing that a load test checks.
type threshold struct {
	what  string
	value string
	bound string
	met   bool
}

// thresholds judges the figures. A stream that a node closes counts as one that
// was not opened: nodes that are full answer and close.
func (f loadFigures) thresholds() []threshold {
	errs := f.failed + f.end.Closed
	success := 100 * float64(f.asked-errs) / float64(max(f.asked, 1))
	first := f.firstEvents()
	return []threshold{
		{"connection success rate", fmt.Sprintf("%.2f %%", success), fmt.Sprintf("> %g %%", minSuccess), success > minSuccess},
		{"connection errors", fmt.Sprint(errs), fmt.Sprintf("< %d", maxErrors), errs < maxErrors},
		timeThreshold("response time, 95th percentile", f.head, maxAnswerTime),
		timeThreshold("time to first event, 95th percentile", first, maxFirstEvent),
	}
}

// firstEvents are the times to first events, where a stream that has none yet
// counts as one that waits for ever.
func (f loadFigures) firstEvents() *histogram.Histogram {
	all := new(histogram.Histogram)
	all.Merge(f.end.First)
	for range f.end.Waiting {
		all.Record(math.MaxInt64 >> 20) // hours; many larger ones would overflow the sum
	}
	return all
}

// timeThreshold judges a percentile. Where nothing was measured nothing is met.
func timeThreshold(what string, h *histogram.Histogram, bound time.Duration) threshold {
	t := threshold{what: what, value: "none", bound: fmt.Sprintf("< %g s", bound.Seconds())}
	if h.Count() > 0 {
		value := h.Quantile(judgedPercentile)
		t.value, t.met = fmt.Sprintf("%.3f s", value.Seconds()), value < bound
	}
	return t
}

// printThresholds prints what was found, and reports whether all of it is met.
func printThresholds(w io.Writer, all []threshold) bool {
	met := true
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, t := range all {
		verdict := "pass"
		if !t.met {
			verdict, met = "FAIL", false
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\n", t.what, t.value, t.bound, verdict)
	}
	tw.Flush()
	return met
}
