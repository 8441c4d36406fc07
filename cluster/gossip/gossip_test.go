package gossip_test

import (
	"errors"
	"net"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cluster/gossip"
)

func TestThreeMeetAndOneLeaves(t *testing.T) {
	a, b, c := trio(t, nil)
	p, _ := a.peer("c")
	if p.Address() != c.Address() || p.Since.IsZero() || !p.Meta.Roles.Has(gossip.RoleRoom) {
		t.Errorf("a sees c as %+v", p)
	}
	if self, ok := a.peer("a"); !ok || self.Address() != a.Address() {
		t.Errorf("a sees itself as %+v", self)
	}
	if err := c.Leave(patience); err != nil {
		t.Fatal(err)
	}
	for _, n := range []*node{a, b} {
		n.sees("a", "b")
		d, ok := n.gone("c")
		if !ok || !d.Left || d.At.Before(p.Since) {
			t.Errorf("c is gone as %+v, %v", d, ok)
		}
		n.counts("leaves_total", "", 1)
		if n.count("deaths_total", "") != 0 {
			t.Error("a leave was counted as a death")
		}
	}
	if err := c.Leave(patience); err != nil {
		t.Errorf("second leave: %v", err)
	}
}

func TestAKilledNodeIsNoticedAndComesBack(t *testing.T) {
	a, b, c := trio(t, nil)
	address := c.Address()
	c.Close()
	for _, n := range []*node{a, b} {
		n.sees("a", "b")
		if d, ok := n.gone("c"); !ok || d.Left {
			t.Errorf("c is gone as %+v, %v", d, ok)
		}
		n.counts("deaths_total", "", 1)
	}

	cfg := config("c", a.Address())
	cfg.Bind, cfg.Meta.Started = address, 2
	open(t, cfg).sees("a", "b", "c")
	for _, n := range []*node{a, b} {
		n.sees("a", "b", "c")
		if d, ok := n.gone("c"); ok {
			t.Errorf("c is back and still gone: %+v", d)
		}
	}
}

// TestARestartBeforeAnybodyNoticed: others know the new process by its Started,
// without ever having seen the old one die.
func TestARestartBeforeAnybodyNoticed(t *testing.T) {
	a, b, c := trio(t, func(cfg *gossip.Config) { cfg.SuspicionMult = 10 })
	before, _ := a.peer("c")
	address := c.Address()
	c.Close()

	cfg := config("c", b.Address())
	cfg.Bind, cfg.Meta.Started, cfg.Meta.Life = address, 2, 7
	open(t, cfg)
	for _, n := range []*node{a, b} {
		eventually(t, func() bool { p, ok := n.peer("c"); return ok && p.Meta.Started == 2 && p.Meta.Life == 7 },
			func() string { return "the old incarnation is still there" })
	}
	after, _ := a.peer("c")
	if !after.Since.After(before.Since) {
		t.Errorf("since %v, not after %v", after.Since, before.Since)
	}
}

// TestARestartAfterALeave: who took its leave is welcome again.
func TestARestartAfterALeave(t *testing.T) {
	a, b, c := trio(t, nil)
	address := c.Address()
	if err := c.Leave(patience); err != nil {
		t.Fatal(err)
	}
	a.sees("a", "b")
	c.Close()
	cfg := config("c", a.Address())
	cfg.Bind, cfg.Meta.Started = address, 2
	again := open(t, cfg)
	for _, n := range []*node{a, b, again} {
		n.sees("a", "b", "c")
	}
	again.Close()
	a.sees("a", "b")
	if d, _ := a.gone("c"); d.Left {
		t.Error("the farewell of the old incarnation is held for that of the new one")
	}
}

func TestLeaveAlone(t *testing.T) {
	a := open(t, config("a"))
	if err := a.Leave(patience); err != nil {
		t.Error(err)
	}
	if err := a.SetMeta(gossip.Meta{Started: 1, Leaving: true}); err != nil {
		t.Error(err)
	}
}

func TestAddressesMayBeNames(t *testing.T) {
	cfg := config("a")
	cfg.Bind, cfg.Advertise = "localhost:0", "localhost:0"
	a := open(t, cfg)
	_, port, err := net.SplitHostPort(a.Address())
	if err != nil || port == "0" {
		t.Fatalf("advertised %s", a.Address())
	}
	b := open(t, config("b", "localhost:"+port, "nowhere.invalid:1"))
	a.sees("a", "b")
	b.sees("a", "b")
	b.counts("rejoins_total", "unreachable", 1)
}

// TestASeedIsFoundAgain: a seed that was restarted knows nobody and asks nobody.
func TestASeedIsFoundAgain(t *testing.T) {
	a, b, c := trio(t, nil)
	address := a.Address()
	a.Close()
	cfg := config("a")
	cfg.Bind, cfg.Meta.Started = address, 2
	again := open(t, cfg)
	for _, n := range []*node{again, b, c} {
		n.sees("a", "b", "c")
	}
}

// TestAnAddressChanges: after its death a name may come back elsewhere, and a
// process that comes back elsewhere before its former self was missed waits
// until it is.
func TestAnAddressChanges(t *testing.T) {
	a, b, c := trio(t, nil)
	c.Close()
	cfg := config("c", a.Address())
	cfg.Meta.Started = 2
	again := open(t, cfg)
	for _, n := range []*node{a, b, again} {
		eventually(t, func() bool { p, ok := n.peer("c"); return ok && p.Address() == again.Address() },
			func() string { return "c is not at its new address" })
	}
	select {
	case err := <-again.Conflict():
		t.Errorf("conflict with its former self: %v", err)
	default:
	}
}

func TestMetadataSpreads(t *testing.T) {
	a, b, c := trio(t, nil)
	first, _ := a.peer("c")
	m := first.Meta
	m.Cluster, m.Leaving, m.HTTP = "k4f", true, "http://10.0.0.3:8080"
	if err := c.SetMeta(m); err != nil {
		t.Fatal(err)
	}
	if p, _ := c.peer("c"); p.Meta != m {
		t.Errorf("c says %+v of itself", p.Meta)
	}
	for _, n := range []*node{a, b} {
		eventually(t, func() bool { p, _ := n.peer("c"); return p.Meta == m }, func() string { return "the old metadata is still there" })
	}
	if p, _ := a.peer("c"); !p.Since.Equal(first.Since) {
		t.Error("new metadata was taken for a new incarnation")
	}
	m.HTTP = string(make([]byte, gossip.MaxMeta))
	if err := c.SetMeta(m); !errors.Is(err, gossip.ErrMeta) {
		t.Errorf("got %v", err)
	}
}

func TestChangedTellsOfEveryChange(t *testing.T) {
	a := open(t, config("a"))
	for len(a.Changed()) > 0 {
		<-a.Changed()
	}
	b := open(t, config("b", a.Address()))
	change := func(what string, done func() bool) {
		t.Helper()
		timeout := time.After(patience)
		for !done() {
			select {
			case <-a.Changed():
			case <-timeout:
				t.Fatalf("no token for %s", what)
			}
		}
	}
	change("a join", func() bool { return a.names() == "a b" })
	if err := b.SetMeta(gossip.Meta{Started: 1, Life: 9}); err != nil {
		t.Fatal(err)
	}
	change("new metadata", func() bool { p, _ := a.peer("b"); return p.Meta.Life == 9 })
	b.Close()
	change("a death", func() bool { return a.names() == "a" })
}

func TestAfterClose(t *testing.T) {
	a := open(t, config("a"))
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"close": a.Close(), "leave": a.Leave(time.Second), "meta": a.SetMeta(gossip.Meta{Started: 1}), "keys": a.SetKeys(nil),
	} {
		if !errors.Is(err, gossip.ErrClosed) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if families, err := a.registry.Gather(); err != nil || len(families) > 0 {
		t.Errorf("%d metrics are still registered, %v", len(families), err)
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	a := open(t, config("a"))
	taken := config("b")
	taken.Bind = a.Address()
	taken.Logger = a.quiet()
	if _, err := gossip.Open(taken); err == nil {
		t.Error("two nodes listen at one address")
	} else {
		t.Log(err)
	}
	everywhere := config("b")
	everywhere.Bind = "[::]:0"
	everywhere.Logger = a.quiet()
	if g, err := gossip.Open(everywhere); err == nil {
		g.Close()
		t.Error("an address was advertised that is none")
	} else {
		t.Log(err)
	}
}
