package actors_test

import (
	"log/slog"
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
