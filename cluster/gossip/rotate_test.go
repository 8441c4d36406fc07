package gossip_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/parlor-sse/parlor/cluster/gossip"
)

// TestKeysRotate: at every step of it, all hear all.
func TestKeysRotate(t *testing.T) {
	before, after := gossip.NewKey(), gossip.NewKey()
	a, b, c := trio(t, func(cfg *gossip.Config) { cfg.Keys = [][]byte{before} })
	all := []*node{a, b, c}
	var life uint64
	step := func(n *node, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		life++
		m := gossip.Meta{Started: 1, Life: life}
		if err := n.SetMeta(m); err != nil {
			t.Fatal(err)
		}
		name := map[*node]string{a: "a", b: "b", c: "c"}[n]
		for _, other := range all {
			eventually(t, func() bool { p, _ := other.peer(name); return p.Meta == m }, func() string { return "the news of " + name + " did not spread" })
		}
	}
	for _, n := range all {
		step(n, n.AddKey(after))
	}
	for _, n := range all {
		step(n, n.UseKey(after))
	}
	for _, n := range all {
		step(n, n.RemoveKey(before))
	}
	for _, n := range all {
		if n.count("deaths_total", "") > 0 || n.count("refused_total", "key") > 0 {
			t.Error("somebody was not understood")
		}
	}
	cfg := config("d", a.Address())
	cfg.Keys = [][]byte{after}
	open(t, cfg).sees("a", "b", "c", "d")
	cfg = config("e", a.Address())
	cfg.Keys = [][]byte{before}
	open(t, cfg).counts("rejoins_total", "refused", 1)
}

func TestSetKeysTakesAFileAsItChanges(t *testing.T) {
	one, two := gossip.NewKey(), gossip.NewKey()
	keyed := func(cfg *gossip.Config) { cfg.Keys = [][]byte{one} }
	a, b, c := trio(t, keyed)
	for _, keys := range [][][]byte{{one, two}, {two, one}, {two}} {
		for _, n := range []*node{a, b, c} {
			if err := n.SetKeys(keys); err != nil {
				t.Fatal(err)
			}
		}
	}
	cfg := config("d", c.Address())
	cfg.Keys = [][]byte{two}
	open(t, cfg).sees("a", "b", "c", "d")
}

func TestKeysThatCannotBe(t *testing.T) {
	one, two := gossip.NewKey(), gossip.NewKey()
	cfg := config("a")
	cfg.Keys = [][]byte{one}
	a := open(t, cfg)
	plain := open(t, config("p"))
	for what, err := range map[string]error{
		"add a short one":         a.AddKey([]byte("short")),
		"use one that is not in":  a.UseKey(two),
		"remove the one in use":   a.RemoveKey(one),
		"set none":                a.SetKeys(nil),
		"set a short one":         a.SetKeys([][]byte{two, []byte("short")}),
		"add one to plain gossip": plain.AddKey(one),
		"set one in plain gossip": plain.SetKeys([][]byte{one}),
	} {
		if !errors.Is(err, gossip.ErrKey) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := a.RemoveKey(two); err != nil {
		t.Errorf("remove one that is not in: %v", err)
	}
	// Nothing of that changed the keys.
	cfg = config("b", a.Address())
	cfg.Keys = [][]byte{one}
	open(t, cfg).sees("a", "b")
}

// TestKeysChangeUnderTraffic is for the race detector: memberlist decrypts with
// the keys while they change, in whatever order they are removed.
func TestKeysChangeUnderTraffic(t *testing.T) {
	keys := [][]byte{gossip.NewKey(), gossip.NewKey(), gossip.NewKey(), gossip.NewKey()}
	a, b, c := trio(t, func(cfg *gossip.Config) { cfg.Keys = keys })
	var group sync.WaitGroup
	for _, n := range []*node{a, b, c} {
		group.Go(func() {
			for i := range 100 {
				if err := n.RemoveKey(keys[1+i%3]); err != nil {
					t.Error(err)
				}
				if err := n.AddKey(keys[1+i%3]); err != nil {
					t.Error(err)
				}
				if err := n.SetMeta(gossip.Meta{Started: 1, Life: uint64(i)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	for _, n := range []*node{a, b, c} {
		n.sees("a", "b", "c")
	}
}
