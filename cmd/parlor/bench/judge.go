package bench

import "fmt"

// goal is a figure of the server with a bound.
type goal struct {
	what    string
	against string   // another server whose figure is the unit; empty for an absolute bound
	q       quantity // the figure
	bound   float64
	orLess  bool // the bound itself is good enough
	streams int  // 0 for whatever was measured
}

// goals are what one server is meant to reach.
func goals() []goal {
	return []goal{
		{"CPU a delivery, one event a flush, over the floor", floorName, cpuPerDelivery, 1.10, true, 5000},
		{"CPU a delivery, one event a flush, over Nchan", "nchan", cpuPerDelivery, 0.85, false, 5000},
		{"CPU a delivery, publishers faster than flushes, over Nchan", "nchan", floodCPU, 0.20, true, 5000},
		{"resident user memory of an idle stream", "", idleUser, 512, true, 0},
		{"the same with the kernel's part", "", idleTotal, 4608, true, 0},
		{"CPU of opening a stream", "", connectCPU, 45, true, 0},
		{"streams that could not be opened", "", connectFailed, 5, false, 0},
		{"time to a stream's first event, 95th percentile", "", firstEventP95, 3000, false, 0},
		{"median time to a stream's head under 250,000 deliveries a second", "", headP50, 1, true, 0},
		{"median publish to receipt, 5,000 streams, over Nchan", "nchan", receiptP50, 1, true, 5000},
	}
}

// idleTotal is not measured, but added up by judge.
var idleTotal = quantity{"idle.memory", "B/stream", "user memory and kernel objects together"}

// targetResult is what became of a goal.
type targetResult struct {
	What    string  `json:"what"`
	Streams int     `json:"streams,omitempty"`
	Value   float64 `json:"value"`
	Target  float64 `json:"target"`
	Unit    string  `json:"unit"` // "x" for a ratio
	Met     bool    `json:"met"`
	Missing string  `json:"missing,omitempty"` // why there is no value; empty if there is one
}

// judge compares the figures with the goals.
func (r *result) judge() []targetResult {
	var results []targetResult
	for _, g := range goals() {
		results = append(results, r.judgeOne(g))
	}
	return results
}

func (r *result) judgeOne(g goal) targetResult {
	t := targetResult{What: g.what, Streams: g.streams, Target: g.bound, Unit: g.q.unit}
	var ok bool
	if g.against != "" {
		t.Unit = "x"
		t.Value, ok = ratio(
			r.Figures.find(g.q, subject{system: r.primaryName(), streams: g.streams}),
			r.Figures.find(g.q, subject{system: g.against, streams: g.streams}))
	} else {
		t.Value, t.Streams, ok = r.absolute(g.q)
	}
	if !ok {
		t.Missing = "not measured"
		if g.streams > 0 {
			t.Missing = fmt.Sprintf("not measured with %d streams", g.streams)
		}
		return t
	}
	t.Met = t.Value < g.bound || g.orLess && t.Value == g.bound
	return t
}

// absolute is the primary server's figure of a quantity, and its number of
// streams: the last measured, if there are several.
func (r *result) absolute(q quantity) (value float64, streams int, ok bool) {
	if q == idleTotal {
		user, n, ok1 := r.absolute(idleUser)
		kernel, _, ok2 := r.absolute(idleKernel)
		return user + kernel, n, ok1 && ok2
	}
	for _, f := range r.Figures {
		if f.Name == q.name && f.System == r.primaryName() {
			value, streams, ok = f.Value, f.Streams, true
		}
	}
	return value, streams, ok
}
