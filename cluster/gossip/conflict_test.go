package gossip_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/cluster/gossip"
)

// conflict waits for the report and returns it.
func (n *node) conflict() *gossip.ConflictError {
	n.t.Helper()
	var err error
	eventually(n.t, func() bool {
		select {
		case err = <-n.Conflict():
			return true
		default:
			return false
		}
	}, func() string { return "no conflict was reported" })
	var c *gossip.ConflictError
	if !errors.As(err, &c) {
		n.t.Fatalf("got %v", err)
	}
	return c
}

// unaware fails the test if a conflict was reported.
func (n *node) unaware() {
	n.t.Helper()
	select {
	case err := <-n.Conflict():
		n.t.Errorf("conflict where the name belongs: %v", err)
	default:
	}
}

func TestTheLaterOfTwoNamesakesGivesWay(t *testing.T) {
	a, b, c := trio(t, nil)
	cfg := config("c", a.Address())
	cfg.Meta.Started = 2
	later := open(t, cfg)

	err := later.conflict()
	if err.Name != "c" || err.Address != c.Address() {
		t.Errorf("got %+v", err)
	}
	if text := err.Error(); !strings.Contains(text, `"c"`) || !strings.Contains(text, c.Address()) {
		t.Errorf("got %s", text)
	}
	c.counts("conflicts_total", "", 1)
	c.unaware()

	// Its leave must not be taken for that of its namesake.
	if err := later.Leave(patience); err != nil {
		t.Fatal(err)
	}
	later.Close()
	m := gossip.Meta{Started: 1, Life: 3}
	if err := c.SetMeta(m); err != nil {
		t.Fatal(err)
	}
	for _, n := range []*node{a, b} {
		eventually(t, func() bool { p, _ := n.peer("c"); return p.Meta == m }, func() string { return "c is not heard" })
		if n.count("deaths_total", "") != 0 || n.count("leaves_total", "") != 0 {
			t.Error("c was taken for gone")
		}
		if p, _ := n.peer("c"); p.Address() != c.Address() {
			t.Errorf("c is at %s", p.Address())
		}
	}
}

// TestANamesakeThatIsNotAdmitted learns of the conflict from the exchange that
// was refused.
func TestANamesakeThatIsNotAdmitted(t *testing.T) {
	foreign := func(cluster string) func(gossip.Peer) error {
		return func(p gossip.Peer) error {
			if p.Meta.Cluster != cluster {
				return errors.New("it belongs to another cluster")
			}
			return nil
		}
	}
	cfg := config("a")
	cfg.Meta.Cluster, cfg.Admit = "one", foreign("one")
	a := open(t, cfg)
	cfg = config("c", a.Address())
	cfg.Meta.Cluster, cfg.Admit = "one", foreign("one")
	c := open(t, cfg)
	a.sees("a", "c")

	cfg = config("c", a.Address())
	cfg.Meta.Cluster, cfg.Meta.Started, cfg.Admit = "two", 2, foreign("two")
	later := open(t, cfg)
	if err := later.conflict(); err.Address != c.Address() {
		t.Errorf("got %v", err)
	}
	later.sees("c")
	c.unaware()
}

// TestNamesakesInTwoHalves: each is known to its own half when the halves meet.
func TestNamesakesInTwoHalves(t *testing.T) {
	a := open(t, config("a"))
	first := open(t, config("x", a.Address()))
	a.sees("a", "x")

	b := open(t, config("b"))
	cfg := config("x", b.Address())
	cfg.Meta.Started = 2
	cfg.PushPullInterval = 500e6
	later := open(t, cfg)
	b.sees("b", "x")

	between := open(t, config("c", a.Address(), b.Address()))
	if err := later.conflict(); err.Address != first.Address() {
		t.Errorf("got %v", err)
	}
	between.counts("conflicts_total", "", 1)
	later.Close()
	for _, n := range []*node{a, b, between, first} {
		n.sees("a", "b", "c", "x")
		eventually(t, func() bool { p, _ := n.peer("x"); return p.Address() == first.Address() },
			func() string { return "x is not the first one everywhere" })
	}
	first.unaware()
}
