package cluster_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cluster"
	"github.com/parlor-sse/parlor/cluster/clustertest"
	"github.com/parlor-sse/parlor/cluster/clustertest/leaks"
	"github.com/parlor-sse/parlor/cluster/gossip"
)

func TestMain(m *testing.M) { leaks.Main(m) }

// three starts three nodes and waits for their ring.
func three(t *testing.T) *clustertest.Net {
	t.Helper()
	n := clustertest.New(t, nil, "n1", "n2", "n3")
	n.Start("n1", "n2", "n3")
	n.Obey("n1", "n2", "n3")
	n.Ring("n1", "n2", "n3")
	return n
}

func TestFormInAnyOrder(t *testing.T) {
	for _, order := range [][]string{{"n1", "n2", "n3"}, {"n3", "n2", "n1"}, {"n2", "n3", "n1"}} {
		t.Run(strings.Join(order, ","), func(t *testing.T) {
			t.Parallel()
			n := clustertest.New(t, nil, "n1", "n2", "n3")
			n.Start(order[:2]...)
			for _, name := range order[:2] {
				if v := n.Node(name).View(); v != nil {
					t.Fatalf("%s has a ring of %v before all were here", name, clustertest.Describe(v.Ring()))
				}
			}
			n.Start(order[2])
			n.Ring("n1", "n2", "n3")
			var id string
			for _, name := range n.Running() {
				if err := n.Node(name).Ready(t.Context()); err != nil {
					t.Fatal(err)
				}
				v := n.Node(name).View()
				if id == "" {
					id = v.Cluster
				}
				if v.Cluster != id || v.Ring().Version() != 1 || v.Replicas != 3 || v.History != 10 {
					t.Fatalf("%s: %+v", name, v)
				}
			}
		})
	}
}

func TestAloneAtOnce(t *testing.T) {
	n := clustertest.New(t, func(c *cluster.Config) { c.Join = nil }, "n1")
	n.Start("n1")
	n.Ring("n1")
	if err := n.Node("n1").Leave(t.Context()); !errors.Is(err, cluster.ErrLastHolder) {
		t.Fatalf("leave of the only node: %v", err)
	}
	version := n.Node("n1").View().Ring().Version()
	n.Kill("n1")
	n.Unclean("n1")
	n.Start("n1")
	if v := n.Node("n1").View(); v == nil || v.Ring().Version() != version {
		t.Fatal("the ring was forgotten")
	}
	n.Obey("n1")
	n.Eventually("a holder of the new life", func() bool {
		m := n.Node("n1").View().Ring().Member("n1")
		return m.Holds() && m.Life == 2
	})
}

func TestKilledNodeLeavesTheRingAndComesBackAsLearner(t *testing.T) {
	n := three(t)
	for _, role := range []string{"follower", "leader"} {
		victim := n.Leader()
		if role == "follower" {
			victim = map[string]string{"n1": "n2", "n2": "n3", "n3": "n1"}[victim]
		}
		rest := slices.DeleteFunc([]string{"n1", "n2", "n3"}, func(s string) bool { return s == victim })
		n.Kill(victim)
		n.Eventually(role+" out of the ring", func() bool {
			v := n.Node(rest[0]).View()
			return slices.Equal(clustertest.Describe(v.Ring()), rest)
		})
		if v := n.Node(rest[0]).View(); len(v.Rings) != 1 {
			// One of three copies is missing: the other two have handed over.
			n.Ring(rest...)
		}
		n.Unclean(victim)
		n.Start(victim)
		n.Eventually("the "+role+" as learner or more", func() bool {
			v := n.Node(victim).View()
			m := v.Ring().Member(victim)
			return m != nil && m.Life == n.Node(victim).Config.Life
		})
		n.Obey(victim)
		n.Ring("n1", "n2", "n3")
	}
}

func TestAllRestart(t *testing.T) {
	for name, unclean := range map[string]bool{"clean": false, "unclean": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := three(t)
			before := n.Node("n1").View()
			all := n.Running()
			n.Kill(all...)
			if unclean {
				n.Unclean(all...)
			}
			n.Start(all...)
			for _, name := range all {
				if v := n.Node(name).View(); v == nil || v.Ring().Version() < before.Ring().Version() {
					t.Fatalf("%s went back to %v", name, v)
				}
			}
			n.Obey(all...)
			n.Ring(all...)
			n.Eventually("all under their lives", func() bool {
				for _, m := range n.Node("n2").View().Ring().Members() {
					if !m.Holds() || m.Life != n.Node(m.Name).Config.Life {
						return false
					}
				}
				return true
			})
			if v := n.Node("n1").View(); v.Cluster != before.Cluster {
				t.Fatalf("cluster %s became %s", before.Cluster, v.Cluster)
			}
		})
	}
}

func TestFourthNodeLearnsThenHolds(t *testing.T) {
	n := three(t)
	n.Add("n4")
	n.Start("n4")
	n.Ring("n1", "n2", "n3", "n4:learner")
	fourth := n.Node("n4")
	if err := fourth.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	v := fourth.View()
	fourth.CaughtUp(v.Ring().Version())
	n.Eventually("the fourth as holder", func() bool { return fourth.View().Ring().Member("n4").Holds() })
	if v := fourth.View(); len(v.Rings) != 2 {
		t.Fatalf("%d rings count before n4 has handed over", len(v.Rings))
	}
	n.Obey("n4")
	n.Ring("n1", "n2", "n3", "n4")
	for _, name := range n.Running() {
		address, ok := n.Node(name).Address("n4")
		if node, known := n.Node(name).NodeAt(address); !ok || !known || node != "n4" {
			t.Fatalf("%s finds n4 at %q, and there %q", name, address, node)
		}
	}
	n.Eventually("a vote for n4", func() bool {
		return !slices.ContainsFunc(n.Node("n1").Members(), func(m cluster.MemberStatus) bool { return !m.Voter })
	})
}

func TestLeave(t *testing.T) {
	n := three(t)
	for _, name := range []string{n.Leader(), ""} {
		if name == "" {
			name = n.Running()[0]
		}
		ctx, cancel := context.WithTimeout(t.Context(), clustertest.Patience)
		defer cancel()
		if err := n.Node(name).Leave(ctx); err != nil {
			t.Fatalf("leave: %v; %s", err, n)
		}
		if v := n.Node(name).View(); len(v.Rings) != 1 || v.Ring().Member(name).State != cluster.StateLeaving {
			t.Fatalf("after leave: %s", n)
		}
		n.Kill(name)
		n.Ring(n.Running()...)
	}
	if err := n.Node(n.Running()[0]).Leave(t.Context()); !errors.Is(err, cluster.ErrLastHolder) {
		t.Fatalf("leave of the last one: %v", err)
	}
}

func TestMinorityChangesNothing(t *testing.T) {
	n := three(t)
	before := n.Node("n1").View()
	n.Kill("n2", "n3")
	n.Eventually("no quorum", func() bool { return !n.Node("n1").Quorate() && n.Node("n1").View().Leader == "" })
	if after := n.Node("n1").View(); after.Ring().Version() != before.Ring().Version() || len(after.Rings) != 1 {
		t.Fatalf("a minority made ring %d", after.Ring().Version())
	}
	n.Start("n2")
	n.Obey("n2")
	n.Eventually("a quorum again", func() bool { return n.Node("n1").Quorate() && n.Node("n2").Quorate() })
}

func TestEmptiedDiskIsAnotherServer(t *testing.T) {
	n := three(t)
	n.Kill("n3")
	n.Unclean("n3")
	n.Node("n3").Config.Dir = t.TempDir()
	n.Start("n3")
	n.Obey("n3")
	n.Eventually("n3 as holder with its new disk", func() bool {
		v := n.Node("n1").View()
		m := v.Ring().Member("n3")
		return len(v.Rings) == 1 && m != nil && m.Holds() && m.Life == 2
	})
	n.Eventually("three votes", func() bool {
		return !slices.ContainsFunc(n.Node("n3").Members(), func(m cluster.MemberStatus) bool { return !m.Voter })
	})
	n.Kill("n1")
	n.Ring("n2", "n3")
}

func handedOver(v *cluster.View) bool {
	for _, done := range v.Handover {
		if !done {
			return false
		}
	}
	return true
}

// TestOldRingWaitsForCopiesThatMayBeMissing kills a node whose copies were needed to make up
// for those that another one lost: the ring before has to wait for it.
func TestOldRingWaitsForCopiesThatMayBeMissing(t *testing.T) {
	n := three(t)
	n.Kill("n3", "n1")
	n.Unclean("n3")
	n.Start("n3")
	n.Obey("n3")
	n.Eventually("a ring without n1", func() bool {
		r := n.Node("n2").View().Ring()
		return r.Member("n1") == nil && r.Member("n3") != nil && r.Member("n3").Life == 2 && handedOver(n.Node("n2").View())
	})
	if v := n.Node("n2").View(); v.Rings[0].Version() != 1 {
		t.Fatalf("ring 1 was retired: %s", n)
	}
	n.Start("n1")
	n.Obey("n1")
	n.Ring("n1", "n2", "n3")
}

// failure waits for the error that ends a node.
func failure(t *testing.T, n *clustertest.Net, name string) error {
	t.Helper()
	select {
	case err := <-n.Node(name).Failed():
		return err
	case <-time.After(clustertest.Patience):
		t.Fatalf("%s goes on; %s", name, n)
		return nil
	}
}

func TestNewcomersThatDoNotFit(t *testing.T) {
	for name, c := range map[string]struct {
		node   string
		change func(*cluster.Config)
		says   string
	}{
		"name":     {"n2", func(c *cluster.Config) {}, "in use"},
		"replicas": {"n4", func(c *cluster.Config) { c.Replicas = 5 }, "replicas"},
		"history":  {"n4", func(c *cluster.Config) { c.History = 11 }, "history"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := three(t)
			other := clustertest.New(t, func(cfg *cluster.Config) {
				cfg.Join = n.Node("n1").Config.Join
				cfg.Expect = 3
				cfg.Name = n.Node("n1").Config.Name
				c.change(cfg)
			}, c.node)
			other.Start(c.node)
			if err := failure(t, other, c.node); !strings.Contains(err.Error(), c.says) {
				t.Fatalf("the newcomer says %q", err)
			}
			other.Close()
			n.Ring("n1", "n2", "n3")
			for _, name := range n.Running() {
				select {
				case err := <-n.Node(name).Failed():
					t.Fatalf("%s failed: %v", name, err)
				default:
				}
			}
		})
	}
}

func TestForeignCluster(t *testing.T) {
	n := three(t)
	other := clustertest.New(t, func(c *cluster.Config) { c.Join, c.Name = nil, n.Node("n1").Config.Name }, "m1")
	other.Start("m1")
	other.Ring("m1")
	other.Kill("m1")
	other.Node("m1").Config.Join = n.Node("n1").Config.Join
	other.Start("m1")
	if err := failure(t, other, "m1"); !strings.Contains(err.Error(), "belongs to cluster") {
		t.Fatalf("the foreigner says %q", err)
	}
	n.Ring("n1", "n2", "n3")
}

func TestSettingsAreFixedWhenTheClusterIsFormed(t *testing.T) {
	n := clustertest.New(t, func(c *cluster.Config) { c.Join = nil }, "n1")
	n.Start("n1")
	n.Ring("n1")
	n.Kill("n1")
	cfg := n.Node("n1").Config
	cfg.Replicas = 5
	if c, err := cluster.Open(cfg); err == nil || !strings.Contains(err.Error(), "replicas") {
		t.Fatalf("opened %v, %v", c, err)
	}
	cfg.Replicas, cfg.Node = 3, "n9"
	if c, err := cluster.Open(cfg); err == nil || !strings.Contains(err.Error(), "n9") {
		t.Fatalf("opened %v, %v", c, err)
	}
}

func TestFrontsJoinAndLeave(t *testing.T) {
	n := three(t)
	front := n.Add("f1")
	front.Config.Roles = []cluster.Role{cluster.RoleFront}
	n.Start("f1")
	n.Obey("f1")
	n.Ring("f1", "n1", "n2", "n3")
	if v := front.View(); v.Ring().Holders() != 3 {
		t.Fatalf("%d holders", v.Ring().Holders())
	}
	n.Kill("f1")
	n.Ring("n1", "n2", "n3")
}

// TestWithKeys runs three nodes with certificates and encrypted gossip; one that
// has neither is not heard, one with the key but a foreign certificate is kept
// out.
func TestWithKeys(t *testing.T) {
	ca, key := clustertest.NewAuthority(t), gossip.NewKey()
	n := clustertest.New(t, func(c *cluster.Config) {
		c.TLS, c.Keys = ca.Issue(c.Node), [][]byte{key}
	}, "n1", "n2", "n3")
	n.Start("n1", "n2", "n3")
	n.Obey("n1", "n2", "n3")
	n.Ring("n1", "n2", "n3")

	foreign := clustertest.NewAuthority(t)
	for _, change := range []func(*cluster.Config){
		func(*cluster.Config) {},
		func(c *cluster.Config) { c.TLS, c.Keys = foreign.Issue(c.Node), [][]byte{key} },
	} {
		other := clustertest.New(t, func(c *cluster.Config) {
			c.Join, c.Name, c.Expect = n.Node("n1").Config.Join, n.Node("n1").Config.Name, 3
			change(c)
		}, "n4")
		other.Start("n4")
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		if err := other.Node("n4").Ready(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("a stranger: %v", err)
		}
		cancel()
		other.Close()
	}
	n.Kill("n2")
	n.Ring("n1", "n3")
	n.Unclean("n2")
	n.Start("n2")
	n.Obey("n2")
	n.Ring("n1", "n2", "n3")
}

// TestLinksThatBreakForNothing suspects nodes that live.
func TestLinksThatBreakForNothing(t *testing.T) {
	n := three(t)
	version := n.Node("n1").View().Ring().Version()
	for range 20 {
		for _, name := range n.Running() {
			n.Node(name).Suspect("n2")
			n.Node(name).Suspect("nobody")
		}
	}
	n.Add("n4")
	n.Start("n4") // something that happens after all suspicions were looked at
	n.Obey("n4")
	n.Ring("n1", "n2", "n3", "n4")
	if v := n.Node("n1").View(); v.Ring().Version() != version+2 {
		t.Fatalf("ring %d after %d: more than a join and a promotion", v.Ring().Version(), version)
	}
}
