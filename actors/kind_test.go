package actors_test

import (
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/cluster"
	"github.com/parlor-sse/parlor/persistence"
)

// TestKindsAreChecked opens nodes with kinds that cannot be.
func TestKindsAreChecked(t *testing.T) {
	store := memory(t, 10)
	committer, err := persistence.OpenCommitter(store, persistence.CommitterConfig{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = committer.Close() })
	good := kind(nil)
	tests := map[string]struct {
		change func(*actors.Kind)
		want   string // in the error; empty for none
	}{
		"good":             {func(*actors.Kind) {}, ""},
		"most storage":     {func(k *actors.Kind) { k.Storage = actors.MaxStorage }, ""},
		"longest name":     {func(k *actors.Kind) { k.Name = strings.Repeat("k", actors.MaxKindLen) }, ""},
		"no name":          {func(k *actors.Kind) { k.Name = "" }, "name"},
		"longer name":      {func(k *actors.Kind) { k.Name = strings.Repeat("k", actors.MaxKindLen+1) }, "name"},
		"bad name":         {func(k *actors.Kind) { k.Name = "a/b" }, "name"},
		"the default kind": {func(k *actors.Kind) { k.Name = actors.DefaultKind }, "default"},
		"no New":           {func(k *actors.Kind) { k.New = nil }, "New"},
		"update":           {func(k *actors.Kind) { k.Update = -1 }, "Update"},
		"storage":          {func(k *actors.Kind) { k.Storage = -1 }, "Storage"},
		"more storage":     {func(k *actors.Kind) { k.Storage = actors.MaxStorage + 1 }, "Storage"},
		"limit":            {func(k *actors.Kind) { k.Limit = -1 }, "Limit"},
		"twice":            {func(k *actors.Kind) { k.Name = "other" }, "twice"},
	}
	for name, tt := range tests {
		k := good
		tt.change(&k)
		cfg := actors.DefaultConfig()
		cfg.Node, cfg.Ring, cfg.Store, cfg.Committer = "n1", cluster.Alone("n1"), store, committer
		cfg.Logger = slog.New(slog.DiscardHandler)
		other := good
		other.Name = "other"
		cfg.Kinds = []actors.Kind{other, k}
		sys, err := actors.Open(cfg)
		if err == nil {
			if !sys.HasKind(k.Name) || !sys.HasKind(actors.DefaultKind) || sys.HasKind("unknown") {
				t.Errorf("%s: not the kinds that it was told", name)
			}
			sys.Close()
		}
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want an error about %q", name, err, tt.want)
		}
	}
}

func TestParseKind(t *testing.T) {
	for _, ok := range []string{"a", actors.DefaultKind, "A.b_c~d-e:1@x", strings.Repeat("k", actors.MaxKindLen)} {
		if err := actors.ParseKind(ok); err != nil {
			t.Errorf("ParseKind(%q): %v", ok, err)
		}
	}
	for _, bad := range []string{"", " ", "a b", "a/b", "é", "a\n", "a\x00", strings.Repeat("k", actors.MaxKindLen+1)} {
		if err := actors.ParseKind(bad); !errors.Is(err, actors.ErrBadKind) {
			t.Errorf("ParseKind(%q): %v", bad, err)
		}
	}
}
