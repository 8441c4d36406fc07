package fault_test

import (
	"context"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/cmd/parlor/faults/fault"
	"github.com/parlor-sse/parlor/cmd/parlor/faults/network"
)

func TestTable(t *testing.T) {
	seen := make(map[string]bool)
	for _, k := range fault.All() {
		if seen[k.Name] || k.Name == "" || k.About == "" || k.Nodes < 1 || k.Inject == nil || k.Hold < 0 {
			t.Errorf("%+v", k)
		}
		seen[k.Name] = true
		if found, ok := fault.Find(k.Name); !ok || found.About != k.About {
			t.Errorf("%s is not found", k.Name)
		}
	}
	for _, name := range fault.CI() {
		if !seen[name] {
			t.Errorf("%s is none", name)
		}
	}
	if _, ok := fault.Find("nothing"); ok {
		t.Error("found a fault that is none")
	}
}

// separate is a network whose links can be cut.
type separate struct{ network.Loopback }

func (separate) Kind() string { return "namespaces" }

func TestMissing(t *testing.T) {
	tests := []struct {
		fault string
		nodes int
		on    network.Network
		want  string
	}{
		{"quiet", 1, network.Loopback{}, ""},
		{"zombie", 1, network.Loopback{}, "3 nodes"},
		{"zombie", 3, network.Loopback{}, ""},
		{"owner-cut", 5, network.Loopback{}, "links"},
		{"owner-cut", 5, separate{}, ""},
		{"disk-full", 5, network.Loopback{}, "disk"},
		{"disk-full", 5, separate{}, ""},
	}
	for _, test := range tests {
		kind, _ := fault.Find(test.fault)
		got := kind.Missing(test.nodes, test.on)
		if (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
			t.Errorf("%s with %d nodes, %s: %q, want %q", test.fault, test.nodes, test.on.Kind(), got, test.want)
		}
	}
}

func TestQuietDoesNothing(t *testing.T) {
	quiet, _ := fault.Find("quiet")
	scope, err := quiet.Inject(context.Background(), nil)
	if err != nil || scope.Heal != nil || len(scope.Nodes) > 0 {
		t.Errorf("%+v, %v", scope, err)
	}
}
