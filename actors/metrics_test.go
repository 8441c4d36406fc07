package actors_test

import (
	"log/slog"
	"maps"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/cluster"
	"github.com/parlor-sse/parlor/persistence"
)

// TestOpenWithNamesTaken opens a system whose metrics can't be registered: that
// is an error, and leaves neither metrics nor goroutines.
func TestOpenWithNamesTaken(t *testing.T) {
	store := memory(t, 10)
	committer, err := persistence.OpenCommitter(store, persistence.CommitterConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer committer.Close()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(prometheus.NewGauge(prometheus.GaugeOpts{Name: "parlor_streams_open", Help: "Another."}))
	cfg := actors.DefaultConfig()
	cfg.Node, cfg.Ring = "n1", cluster.Alone("n1")
	cfg.Store, cfg.Committer, cfg.Registerer = store, committer, registry
	cfg.Logger = slog.New(slog.DiscardHandler)
	switch s, err := actors.Open(cfg); {
	case err == nil:
		s.Close()
		t.Error("a system took names that are taken")
	case !strings.Contains(err.Error(), "register metrics: "):
		t.Error(err)
	}
	if families, err := registry.Gather(); err != nil || len(families) != 1 {
		t.Errorf("registered is %v, %v, want but the one of before", families, err)
	}
}

// TestResetsAreCounted opens streams with ids that say nothing, of one room and of
// two: each counts once, under the reason that it is told.
func TestResetsAreCounted(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	b := open(t, memory(t, 10), func(c *actors.Config) { c.Registerer = registry })
	for _, req := range []actors.SubscribeRequest{
		resume("7-20", "a"), resume("abc", "a"), resume("abc", "a", "b"), resume("0badc0de:1-1,1-1", "a", "b"),
	} {
		if e := b.connect(req).greeted().next(); e.Name != "reset" {
			t.Errorf("%s: event %+v, want reset", req.LastEventID, e)
		}
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]float64)
	for _, family := range families {
		if family.GetName() != "parlor_rooms_resume_resets_total" {
			continue
		}
		for _, m := range family.GetMetric() {
			got[m.GetLabel()[0].GetValue()] = m.GetCounter().GetValue()
		}
	}
	if want := map[string]float64{"malformed": 2, "unknown_id": 2}; !maps.Equal(got, want) {
		t.Errorf("counted %v, want %v", got, want)
	}
}
