package httpfront

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// after takes one of the pacer and returns how many seconds to wait, 0 for none.
func after(t *testing.T, p *pacer[int], key int, now time.Time) int {
	t.Helper()
	err := p.take(key, now)
	if err == nil {
		return 0
	}
	var r refusal
	if !errors.As(err, &r) || r.status != 429 || r.code != "rate_limited" || r.retryAfter < 1 {
		t.Fatalf("refused with %+v", err)
	}
	return r.retryAfter
}

func TestPacer(t *testing.T) {
	p := newPacer[int](0.5, 2, prometheus.NewCounter(prometheus.CounterOpts{}))
	begin := time.Unix(1000, 0)
	for i, step := range []struct {
		key, at int // milliseconds
		want    int
	}{
		{1, 0, 0}, {1, 0, 0}, {1, 0, 2}, {1, 500, 2}, {1, 1500, 1}, {2, 1500, 0}, // what is refused is not charged
		{1, 2000, 0}, {1, 2000, 2}, {2, 2000, 0}, {1, 60_000, 0}, {1, 60_000, 0}, {1, 60_000, 2},
	} {
		if got := after(t, p, step.key, begin.Add(time.Duration(step.at)*time.Millisecond)); got != step.want {
			t.Errorf("step %d: wait %d s, want %d", i, got, step.want)
		}
	}
}

func TestPacerBurst(t *testing.T) {
	now := time.Unix(1000, 0)
	for rate, want := range map[float64]int{0.1: 1, 1: 1, 2.5: 3, 100: 100, math.MaxFloat64: 1000} {
		p := newPacer[int](rate, 0, prometheus.NewCounter(prometheus.CounterOpts{}))
		n := 0
		for n < 1000 && after(t, p, 1, now) == 0 {
			n++
		}
		if n != want {
			t.Errorf("rate %g: %d at once, want %d", rate, n, want)
		}
	}
	var none *pacer[int]
	if p := newPacer[int](0, 5, nil); p != nil || none.take(1, now) != nil {
		t.Error("no rate is a bound")
	}
}

// TestPacerForgets has more keys come than are remembered.
func TestPacerForgets(t *testing.T) {
	forgotten := prometheus.NewCounter(prometheus.CounterOpts{Name: "forgotten"})
	reg := prometheus.NewRegistry()
	reg.MustRegister(forgotten)
	p := newPacer[int](0.001, 1, forgotten)
	p.keep = 10
	now := time.Unix(1000, 0)
	for key := range 1000 {
		if after(t, p, 0, now) == 0 != (key == 0) {
			t.Fatalf("a key that keeps coming was forgotten before key %d", key)
		}
		if key > 0 && after(t, p, key, now) != 0 {
			t.Fatalf("key %d is not new", key)
		}
		if n := len(p.young) + len(p.old); n > 2*p.keep {
			t.Fatalf("%d keys are kept", n)
		}
	}
	if after(t, p, 999, now) == 0 {
		t.Error("the newest key was forgotten")
	}
	if after(t, p, 1, now) != 0 {
		t.Error("the oldest key is remembered")
	}
	if n := counter(t, reg, "forgotten"); n < 900 {
		t.Errorf("%v were forgotten", n)
	}
}

func TestTally(t *testing.T) {
	tl := newTally[string](2)
	for i, step := range []struct {
		keys []string
		want bool
	}{
		{[]string{"a", "b"}, true}, {[]string{"a"}, true}, {[]string{"b", "a"}, false}, {[]string{"b"}, true}, {[]string{"c", "b"}, false}, {nil, true},
	} {
		if got := tl.take(step.keys...); got != step.want {
			t.Errorf("step %d: %v", i, got)
		}
	}
	tl.give("a", "b", "a", "b")
	if len(tl.held) != 0 {
		t.Errorf("held: %v", tl.held)
	}
	if free := newTally[string](0); !free.take("a", "a", "a") || len(free.held) != 0 {
		t.Error("there is a bound without a limit")
	}
}
