package metricset_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/parlor-sse/parlor/persistence/metricset"
)

// filled returns a set with one metric of each kind, all of them in use.
func filled(subsystem string) *metricset.Set {
	s := metricset.NewLabelled(subsystem, prometheus.Labels{"of": "test"})
	s.Counter("a_total", "A.").Add(1)
	s.CounterVec("b_total", "B.", "x", "y").WithLabelValues("1", "2").Add(2)
	s.CounterFunc("c_total", "C.", func() float64 { return 3 })
	s.Gauge("d", "D.", func() float64 { return 4 })
	s.Histogram("e", "E.", []float64{1, 2}).Observe(1.5)
	s.HistogramVec("f", "F.", []float64{3}, "z").WithLabelValues("3").Observe(5)
	return s
}

// shown returns what a registry shows to who scrapes it.
func shown(g prometheus.Gatherer) string {
	w := httptest.NewRecorder()
	promhttp.HandlerFor(g, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return w.Body.String()
}

// names returns the names of what a registry has, in order.
func names(t *testing.T, g prometheus.Gatherer) (all []string) {
	t.Helper()
	families, err := g.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		all = append(all, f.GetName())
	}
	return all
}

func TestMetricsAreWhatTheyWereMade(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	if err := filled("it").Register(registry); err != nil {
		t.Fatal(err)
	}
	const want = `# HELP parlor_it_a_total A.
# TYPE parlor_it_a_total counter
parlor_it_a_total{of="test"} 1
# HELP parlor_it_b_total B.
# TYPE parlor_it_b_total counter
parlor_it_b_total{of="test",x="1",y="2"} 2
# HELP parlor_it_c_total C.
# TYPE parlor_it_c_total counter
parlor_it_c_total{of="test"} 3
# HELP parlor_it_d D.
# TYPE parlor_it_d gauge
parlor_it_d{of="test"} 4
# HELP parlor_it_e E.
# TYPE parlor_it_e histogram
parlor_it_e_bucket{of="test",le="1"} 0
parlor_it_e_bucket{of="test",le="2"} 1
parlor_it_e_bucket{of="test",le="+Inf"} 1
parlor_it_e_sum{of="test"} 1.5
parlor_it_e_count{of="test"} 1
# HELP parlor_it_f F.
# TYPE parlor_it_f histogram
parlor_it_f_bucket{of="test",z="3",le="3"} 0
parlor_it_f_bucket{of="test",z="3",le="+Inf"} 1
parlor_it_f_sum{of="test",z="3"} 5
parlor_it_f_count{of="test",z="3"} 1
`
	if got := shown(registry); got != want {
		t.Errorf("shown is\n%s\nwant\n%s", got, want)
	}
}

func TestAllOrNone(t *testing.T) {
	own := func(name string) prometheus.Collector {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: "Own."})
	}
	mine := func(other string) *metricset.Set {
		s := metricset.New("mine")
		s.Counter("first_total", "First.")
		s.Add(own(other))
		s.Counter("last_total", "Last.")
		return s
	}
	for what, c := range map[string]struct {
		taken []string // names that are taken before
		set   *metricset.Set
		fails bool
	}{
		"nothing taken":   {set: mine("other")},
		"another's taken": {taken: []string{"strange"}, set: mine("other")},
		"the first taken": {taken: []string{"parlor_mine_first_total"}, set: mine("other"), fails: true},
		"own taken":       {taken: []string{"other"}, set: mine("other"), fails: true},
		"the last taken":  {taken: []string{"parlor_mine_last_total"}, set: mine("other"), fails: true},
		"twice in it":     {set: mine("parlor_mine_first_total"), fails: true},
		"an empty set":    {taken: []string{"strange"}, set: metricset.New("mine")},
	} {
		t.Run(what, func(t *testing.T) {
			registry := prometheus.NewPedanticRegistry()
			for _, name := range c.taken {
				registry.MustRegister(own(name))
			}
			before := names(t, registry)
			err := c.set.Register(registry)
			if (err != nil) != c.fails {
				t.Fatalf("the error is %v, want one: %v", err, c.fails)
			}
			if err != nil && !strings.HasPrefix(err.Error(), "register metrics: ") {
				t.Errorf("the error is %q", err)
			}
			if got := names(t, registry); c.fails && !slices.Equal(got, before) {
				t.Errorf("registered is %q, want %q as before", got, before)
			}
			c.set.Unregister()
			c.set.Unregister()
			if got := names(t, registry); !slices.Equal(got, before) {
				t.Errorf("after Unregister there is %q, want %q as before", got, before)
			}
		})
	}
}

func TestRegisteredTwice(t *testing.T) {
	registry, s := prometheus.NewPedanticRegistry(), filled("it")
	if err := s.Register(registry); err != nil {
		t.Fatal(err)
	}
	all := names(t, registry)
	for what, r := range map[string]*prometheus.Registry{"the same": registry, "another": prometheus.NewRegistry()} {
		if err := s.Register(r); err == nil || !strings.HasPrefix(err.Error(), "register metrics: ") {
			t.Errorf("again with %s registry: %v", what, err)
		}
		if r != registry && len(names(t, r)) > 0 {
			t.Errorf("%s registry shows %q", what, names(t, r))
		}
	}
	if err := filled("it").Register(registry); err == nil {
		t.Error("a second set took the same names")
	}
	if got := names(t, registry); !slices.Equal(got, all) {
		t.Errorf("registered is %q, want %q", got, all)
	}
	s.Unregister()
	if got := names(t, registry); len(got) > 0 {
		t.Errorf("after Unregister there is %q", got)
	}
	if err := s.Register(registry); err != nil {
		t.Errorf("again after Unregister: %v", err)
	}
}

func TestRegisteredNowhere(t *testing.T) {
	s := filled("it")
	s.Unregister()
	if err := s.Register(nil); err != nil {
		t.Error(err)
	}
	s.Unregister()
}

func TestIncludedSetsAreRegisteredToo(t *testing.T) {
	registry, s := prometheus.NewPedanticRegistry(), metricset.New("outer")
	for _, of := range []string{"one", "two"} {
		inner := metricset.NewLabelled("inner", prometheus.Labels{"of": of})
		inner.Counter("a_total", "A.")
		s.Include(inner)
	}
	s.Counter("b_total", "B.")
	if err := s.Register(registry); err != nil {
		t.Fatal(err)
	}
	const want = `# HELP parlor_inner_a_total A.
# TYPE parlor_inner_a_total counter
parlor_inner_a_total{of="one"} 0
parlor_inner_a_total{of="two"} 0
# HELP parlor_outer_b_total B.
# TYPE parlor_outer_b_total counter
parlor_outer_b_total 0
`
	if got := shown(registry); got != want {
		t.Errorf("shown is\n%s\nwant\n%s", got, want)
	}
	s.Unregister()
	if got := names(t, registry); len(got) > 0 {
		t.Errorf("after Unregister there is %q", got)
	}
}
