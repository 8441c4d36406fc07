package gossip_test

import (
	"errors"
	"math/rand/v2"
	"net"
	"strings"
	"testing"

	"github.com/hashicorp/memberlist"

	"github.com/parlor-sse/parlor/cluster/gossip"
)

// TestStrangersAreRefused: both sides count it, and say it once however often
// the stranger tries.
func TestStrangersAreRefused(t *testing.T) {
	one, two := gossip.NewKey(), gossip.NewKey()
	key := func(k []byte) func(*gossip.Config) {
		return func(cfg *gossip.Config) { cfg.Keys = [][]byte{k} }
	}
	label := func(l string) func(*gossip.Config) {
		return func(cfg *gossip.Config) { cfg.Label = l }
	}
	plain := func(*gossip.Config) {}
	const (
		refusedKey   = "refused gossip that is not encrypted with a key of this node"
		refusedLabel = "refused gossip of another label"
		seedKey      = "seed not joined: its gossip key"
		seedLabel    = "seed not joined: it hung up at once"
	)
	tests := []struct {
		name            string
		member, other   func(*gossip.Config)
		reason          string
		logged, atOther string
	}{
		{"other key", key(one), key(two), "key", refusedKey, seedKey},
		{"no key", key(one), plain, "key", refusedKey, seedKey},
		{"a key where none is used", plain, key(one), "key", refusedKey, seedKey},
		{"other label", label("one"), label("two"), "label", refusedLabel, seedLabel},
		{"no label", label("one"), label(""), "label", refusedLabel, seedLabel},
		{"a label where none is used", label(""), label("one"), "label", refusedLabel, seedLabel},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := config("a")
			tt.member(&cfg)
			a := open(t, cfg)
			cfg = config("b", a.Address())
			tt.other(&cfg)
			b := open(t, cfg)
			a.counts("refused_total", tt.reason, 3)
			b.counts("rejoins_total", "refused", 3)
			a.sees("a")
			b.sees("b")
			if n := a.log.lines(tt.logged); n != 1 {
				t.Errorf("%d lines on the side of the member", n)
			}
			if n := b.log.lines(tt.atOther); n != 1 {
				t.Errorf("%d lines on the side of the stranger", n)
			}
		})
	}
}

func TestAdmitKeepsOut(t *testing.T) {
	cluster := func(name, id string, join ...string) gossip.Config {
		cfg := config(name, join...)
		cfg.Meta.Cluster = id
		cfg.Admit = func(p gossip.Peer) error {
			if p.Meta.Cluster != id && p.Meta.Cluster != "" && id != "" {
				return errors.New("it belongs to cluster " + p.Meta.Cluster)
			}
			return nil
		}
		return cfg
	}
	a := open(t, cluster("a", "one"))
	foreign := open(t, cluster("f", "two", a.Address()))
	a.counts("refused_total", "admit", 3)
	foreign.counts("rejoins_total", "refused", 3)
	for n, who := range map[*node]string{a: "f at " + foreign.Address(), foreign: "a at " + a.Address()} {
		if n.log.lines("refused a peer") == 0 || n.log.lines(who) == 0 {
			t.Errorf("no line about %s", who)
		}
	}
	if n := a.log.lines("belongs to cluster two"); n != 1 {
		t.Errorf("%d lines about the foreign node", n)
	}

	// One that belongs to none is let in, and what it says later is asked about.
	fresh := open(t, cluster("n", "", a.Address()))
	a.sees("a", "n")
	if err := fresh.SetMeta(gossip.Meta{Started: 1, Cluster: "one"}); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { p, _ := a.peer("n"); return p.Meta.Cluster == "one" }, func() string { return "n did not join the cluster" })
}

// rawDelegate makes a memberlist without this package say meta.
type rawDelegate struct {
	memberlist.Delegate
	meta []byte
}

func (d rawDelegate) NodeMeta(int) []byte           { return d.meta }
func (rawDelegate) NotifyMsg([]byte)                {}
func (rawDelegate) GetBroadcasts(int, int) [][]byte { return nil }
func (rawDelegate) LocalState(bool) []byte          { return nil }
func (rawDelegate) MergeRemoteState([]byte, bool)   {}

func TestPeersThatMakeNoSense(t *testing.T) {
	good := gossip.AppendMeta(nil, gossip.Meta{Started: 1})
	tests := []struct {
		name, node string
		meta       []byte
	}{
		{"no metadata", "x", nil},
		{"other metadata", "x", []byte(`{"role":"consul"}`)},
		{"a name that would spoil a log", "x\nlevel=ERROR", good},
		{"a name without end", strings.Repeat("x", 300), good},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := open(t, config("a"))
			mc := memberlist.DefaultLocalConfig()
			mc.Name, mc.Label, mc.BindAddr, mc.BindPort = tt.node, "test", "127.0.0.1", 0
			mc.Delegate = rawDelegate{meta: tt.meta}
			mc.LogOutput = new(logBook)
			raw, err := memberlist.Create(mc)
			if err != nil {
				t.Fatal(err)
			}
			defer raw.Shutdown()
			raw.Join([]string{a.Address()})
			a.counts("refused_total", "meta", 1)
			a.sees("a")
		})
	}
}

func TestNoiseIsSurvived(t *testing.T) {
	a := open(t, config("a"))
	conn, err := net.Dial("udp", a.Address())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	source := rand.NewChaCha8([32]byte{1})
	for i := range 2000 {
		packet := make([]byte, 1+source.Uint64()%200)
		source.Read(packet)
		if i%2 == 0 {
			packet = append([]byte("\xf4\x04test"), packet...) // past the label
		}
		if _, err := conn.Write(packet); err != nil {
			t.Fatal(err)
		}
	}
	a.counts("refused_total", "unreadable", 1)
	a.counts("refused_total", "label", 1)
	b := open(t, config("b", a.Address()))
	b.sees("a", "b")
	a.sees("a", "b")
	if n := a.log.lines("refused"); n > 3 {
		t.Errorf("%d lines about noise", n)
	}
}

func TestStreamsAreBounded(t *testing.T) {
	a := open(t, config("a"))
	var held []net.Conn
	hangUp := func() {
		for _, c := range held {
			c.Close()
		}
	}
	defer hangUp()
	for range gossip.MaxStreams + 20 {
		c, err := net.Dial("tcp", a.Address())
		if err != nil {
			t.Skipf("cannot open %d connections: %v", gossip.MaxStreams, err)
		}
		held = append(held, c)
	}
	a.counts("refused_total", "busy", 1)
	hangUp()
	b := open(t, config("b", a.Address()))
	b.sees("a", "b")
}
