package cluster_test

import (
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/cluster"
)

func TestConfigComplainsOfEverything(t *testing.T) {
	good := cluster.DefaultConfig()
	good.Node, good.Incarnation, good.Bind, good.Dir = "n1", 1, "127.0.0.1:7946", t.TempDir()
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for says, spoil := range map[string]func(*cluster.Config){
		"node":        func(c *cluster.Config) { c.Node = "" },
		"incarnation": func(c *cluster.Config) { c.Incarnation = 0 },
		"expect":      func(c *cluster.Config) { c.Expect = cluster.MaxExpect + 1 },
		"replicas":    func(c *cluster.Config) { c.Replicas = cluster.MaxReplicas + 1 },
		"history":     func(c *cluster.Config) { c.History = -1 },
		"dir":         func(c *cluster.Config) { c.Dir = "" },
		"dead after":  func(c *cluster.Config) { c.DeadAfter = -1 },
		"gone after":  func(c *cluster.Config) { c.GoneAfter = -1 },
		"role":        func(c *cluster.Config) { c.Roles = []cluster.Role{"king"} },
		"bind":        func(c *cluster.Config) { c.Bind = "127.0.0.1:65534" },
		"bind: ":      func(c *cluster.Config) { c.Bind = "7946" },
		"join":        func(c *cluster.Config) { c.Join = []string{"n2"} },
		"addresses":   func(c *cluster.Config) { c.Join = make([]string, cluster.MaxJoin+1) },
	} {
		c := good
		spoil(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
		c.Bind = "nonsense"
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), "bind") {
			t.Errorf("%s and a bad address: %v", says, err)
		}
	}
	if _, err := cluster.Open(cluster.Config{}); err == nil {
		t.Error("opened with nothing set")
	}
}
