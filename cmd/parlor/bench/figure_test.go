package bench

import (
	"maps"
	"testing"
)

func TestFiguresKeepMedians(t *testing.T) {
	var f figures
	mine, other := subject{system: "a", streams: 5}, subject{system: "b", streams: 5}
	for _, v := range []float64{3, 1, 2} {
		f.add(cpuPerDelivery, mine, v)
	}
	for _, v := range []float64{1, 1, 4, 100} {
		f.add(cpuPerDelivery, other, v)
	}
	a, b := f.find(cpuPerDelivery, mine), f.find(cpuPerDelivery, other)
	if len(f) != 2 || a.Value != 2 || b.Value != 2.5 {
		t.Errorf("%d figures, medians %v and %v", len(f), a.Value, b.Value)
	}
	if got, ok := ratio(a, b); !ok || got != 1 { // of 3, 1 and 0.5
		t.Errorf("ratio = %v, %v", got, ok)
	}
	if _, ok := ratio(a, f.find(floodCPU, mine)); ok {
		t.Error("ratio to nothing")
	}
}

func TestJudge(t *testing.T) {
	r := &result{}
	add := func(q quantity, system string, streams int, value float64) {
		r.add(q, subject{system: system, streams: streams}, value)
	}
	add(cpuPerDelivery, floorName, 5000, 10)
	add(cpuPerDelivery, parlorName, 5000, 11)
	add(cpuPerDelivery, "nchan", 5000, 11)
	add(idleUser, parlorName, 10000, 500)
	add(idleKernel, parlorName, 10000, 4000)
	add(connectCPU, parlorName, 5000, 46)
	verdicts := make(map[string]int)
	for _, x := range r.judge() {
		switch {
		case x.Missing != "":
			verdicts["missing"]++
		case x.Met:
			verdicts["met"]++
		default:
			verdicts["missed"]++
		}
	}
	want := map[string]int{"met": 3, "missed": 2, "missing": 5}
	if !maps.Equal(verdicts, want) {
		t.Errorf("%v, want %v: %+v", verdicts, want, r.judge())
	}
}

func TestParseCounters(t *testing.T) {
	got := parseCounters("# HELP a x\n# TYPE a counter\na{b=\"c d\"} 2\na{b=\"e\"} 3 \nf 1.5e3\n\nbroken\n")
	if want := map[string]float64{"a": 5, "f": 1500}; !maps.Equal(got, want) {
		t.Errorf("%v", got)
	}
}
