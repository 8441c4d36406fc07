package gossip_test

import (
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/memberlist"

	"github.com/parlor-sse/parlor/cluster/gossip"
)

// network says who reaches whom. At first everybody does.
type network struct {
	mu      sync.Mutex
	blocked func(from, to string, packet bool) bool // addresses; nil for nobody
}

func (n *network) block(blocked func(from, to string, packet bool) bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.blocked = blocked
}

func (n *network) drops(from, to string, packet bool) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.blocked != nil && n.blocked(from, to, packet)
}

// join makes the node of that configuration part of the network.
func (n *network) join(cfg *gossip.Config) {
	cfg.Wrap(func(t memberlist.NodeAwareTransport) memberlist.NodeAwareTransport {
		ip, port, _ := t.FinalAdvertiseAddr("", 0)
		return &wire{NodeAwareTransport: t, network: n, self: (&net.TCPAddr{IP: ip, Port: port}).String()}
	})
}

// isolate cuts a node off from all others.
func isolate(address string) func(from, to string, packet bool) bool {
	return func(from, to string, _ bool) bool { return from == address || to == address }
}

// wire is a node's way to the network.
type wire struct {
	memberlist.NodeAwareTransport
	network *network
	self    string
}

var errCut = errors.New("dial tcp: cut")

func (w *wire) WriteToAddress(b []byte, a memberlist.Address) (time.Time, error) {
	if w.network.drops(w.self, a.Addr, true) {
		return time.Now(), nil
	}
	return w.NodeAwareTransport.WriteToAddress(b, a)
}

func (w *wire) DialAddressTimeout(a memberlist.Address, timeout time.Duration) (net.Conn, error) {
	if w.network.drops(w.self, a.Addr, false) {
		return nil, errCut
	}
	return w.NodeAwareTransport.DialAddressTimeout(a, timeout)
}

func TestASplitHeals(t *testing.T) {
	var net network
	a, b, c := trio(t, net.join)
	since, _ := a.peer("c")
	net.block(isolate(c.Address()))
	a.sees("a", "b")
	b.sees("a", "b")
	c.sees("c")
	net.block(nil)
	for _, n := range []*node{a, b, c} {
		n.sees("a", "b", "c")
		if len(n.Gone()) > 0 {
			t.Errorf("still gone: %v", n.Gone())
		}
	}
	if p, _ := a.peer("c"); !p.Since.Equal(since.Since) {
		t.Error("a split was taken for a new incarnation")
	}
	if a.count("suspicions_total", "")+b.count("suspicions_total", "") == 0 {
		t.Error("no suspicion was counted")
	}
	if c.count("deaths_total", "") != 2 || c.count("joins_total", "") != 4 {
		t.Errorf("c counted %v deaths and %v joins", c.count("deaths_total", ""), c.count("joins_total", ""))
	}
}

func TestASuspectRefutes(t *testing.T) {
	var net network
	a, b, c := trio(t, func(cfg *gossip.Config) {
		net.join(cfg)
		cfg.SuspicionMult = 10
	})
	net.block(isolate(c.Address()))
	a.counts("suspicions_total", "", 1)
	net.block(nil)
	c.counts("refutations_total", "", 1)
	for _, n := range []*node{a, b} {
		if n.count("deaths_total", "") != 0 {
			t.Error("it was declared dead")
		}
	}
	if c.log.lines("others took this node for dead") != 1 {
		t.Error("not a line about it")
	}
}

// TestWithoutUDP: what TCP can reach is not dead, but an operator is told.
func TestWithoutUDP(t *testing.T) {
	var net network
	a, b, c := trio(t, net.join)
	net.block(func(from, to string, packet bool) bool { return packet && from == c.Address() })
	eventually(t, func() bool {
		return a.log.lines("over TCP but not over UDP")+b.log.lines("over TCP but not over UDP") > 0
	},
		func() string { return "no warning" })
	a.sees("a", "b", "c")
}
