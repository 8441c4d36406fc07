package cluster_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/parlor-sse/parlor/cluster"
	"github.com/parlor-sse/parlor/cluster/clustertest"
)

// TestMembersAndMetrics reads what operators see of a node that was killed, one
// that is full and one that has just come.
func TestMembersAndMetrics(t *testing.T) {
	registry := prometheus.NewRegistry()
	n := clustertest.New(t, func(c *cluster.Config) {
		c.HTTP = "http://" + c.Node
		if c.Node == "n1" {
			c.Registerer = registry
		}
	}, "n1", "n2")
	n.Start("n1", "n2")
	n.Obey("n1", "n2")
	n.Ring("n1", "n2")
	front := n.Add("f1")
	front.Config.Roles, front.Config.HTTP = []cluster.Role{cluster.RoleFront}, "http://f1"
	n.Start("f1")
	n.Ring("f1", "n1", "n2")
	leader := n.Leader()
	n.Eventually("all of them known", func() bool {
		var all []string
		for _, m := range n.Node("n1").Members() {
			all = append(all, fmt.Sprint(m.Name, " ", m.State, " ", m.HTTP, " ", m.Roles))
			if m.Self != (m.Name == "n1") || m.Leader != (m.Name == leader) || m.Address == "" || m.Life != 1 {
				return false
			}
			if !m.Voter || m.Handover != (m.Name != "f1") {
				return false
			}
		}
		return strings.Join(all, ", ") == "f1 full http://f1 [front], n1 full http://n1 [front room], n2 full http://n2 [front room]"
	})
	n.Eventually("figures", func() bool {
		return figure(t, registry, "parlor_cluster_ring_version") == 2 &&
			figure(t, registry, "parlor_cluster_rings_unretired") == 1 &&
			figure(t, registry, "parlor_cluster_handover_pending") == 1
	})
	n.Kill("n2", "f1")
	n.Eventually("the dead", func() bool {
		m := n.Node("n1").Members()
		return m[1].State == "full" && m[0].State == "dead" && m[2].State == "dead" && m[2].HTTP == ""
	})
	n.Kill("n1")
	if all, err := registry.Gather(); err != nil || len(all) > 0 {
		t.Fatalf("%d figures outlive the node, %v", len(all), err)
	}
}

// figure returns the value of a gauge.
func figure(t *testing.T, registry *prometheus.Registry, name string) float64 {
	t.Helper()
	all, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		if f.GetName() == name {
			return f.GetMetric()[0].GetGauge().GetValue()
		}
	}
	t.Fatalf("no %s", name)
	return 0
}
