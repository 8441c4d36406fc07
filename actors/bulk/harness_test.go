package bulk_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/parlor-sse/parlor/actors/bulk"
	"github.com/parlor-sse/parlor/actors/wire"
	"github.com/parlor-sse/parlor/persistence"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// network joins nodes. Every message takes its time and goes through its bytes.
// It needs a synctest bubble.
type network struct {
	t     *testing.T
	nodes map[string]*node // static once all are open

	mu sync.Mutex
	// Guarded by mu.
	chance *rand.Rand
	loss   float64 // chance that a message is lost
	twice  float64 // chance that it comes twice
	jitter time.Duration
	cut    func(from, to string, m wire.Message) bool // reports what is lost besides
	count  int                                        // of all that was sent
	sent   []wire.Message                             // all that was sent but parts
	asked  map[string]map[uint64]bool                 // by asker and id, offsets asked for and not there
}

const latency = 2 * time.Millisecond

// node is one end, and what arrived there.
type node struct {
	*bulk.Bulk
	net      *network
	name     string
	registry *prometheus.Registry

	mu      sync.Mutex
	arrived [][]byte      // guarded by mu
	gate    chan struct{} // if not nil, each delivery waits for a token
}

// open returns a network of the nodes a, b and so on, which are closed when the
// test ends.
func open(t *testing.T, nodes int, change func(*bulk.Config)) *network {
	t.Helper()
	net := &network{t: t, nodes: map[string]*node{}, chance: rand.New(rand.NewPCG(1, 2)), asked: map[string]map[uint64]bool{}}
	for i := range nodes {
		n := &node{net: net, name: string(rune('a' + i)), registry: prometheus.NewRegistry()}
		cfg := bulk.Config{Send: n.send, Deliver: n.deliver, Registerer: n.registry}
		if change != nil {
			change(&cfg)
		}
		b, err := bulk.Open(cfg)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(b.Close)
		n.Bulk = b
		net.nodes[n.name] = n
	}
	return net
}

func (n *node) send(to string, m wire.Message) {
	net := n.net
	net.mu.Lock()
	defer net.mu.Unlock()
	if _, ok := m.(wire.Part); !ok {
		net.sent = append(net.sent, m)
	}
	if want, ok := m.(wire.Want); ok && want.N > 0 {
		net.ask(n.name, want)
	}
	if net.cut != nil && net.cut(n.name, to, m) || net.chance.Float64() < net.loss {
		return
	}
	net.travel(n.name, to, m)
	if net.chance.Float64() < net.twice {
		net.travel(n.name, to, m)
	}
}

// ask notes a question for a part, of which there must not be too many.
func (net *network) ask(asker string, m wire.Want) {
	key := fmt.Sprint(asker, m.ID)
	if net.asked[key] == nil {
		net.asked[key] = map[uint64]bool{}
	}
	net.asked[key][m.Offset] = true
	if n := len(net.asked[key]); n > 2 {
		net.t.Errorf("%d parts of a message in flight", n)
	}
}

func (net *network) travel(from, to string, m wire.Message) {
	b := wire.Append(nil, m)
	// No two messages arrive in the same moment, so that they keep their order
	// unless they are to lose it.
	net.count++
	delay := latency + time.Duration(net.count)
	if net.jitter > 0 {
		delay += time.Duration(net.chance.Int64N(int64(net.jitter)))
	}
	time.AfterFunc(delay, func() {
		m, err := wire.Decode(b)
		if err != nil {
			net.t.Error(err)
			return
		}
		net.nodes[to].Receive(from, m)
	})
}

// counted returns how many messages that are not parts were sent so far for which
// is holds.
func (net *network) counted(is func(wire.Message) bool) (n int) {
	net.mu.Lock()
	defer net.mu.Unlock()
	for _, m := range net.sent {
		if is(m) {
			n++
		}
	}
	return n
}

func isOffer(m wire.Message) bool { _, ok := m.(wire.Offer); return ok }

// sever loses what cut says from now on.
func (net *network) sever(cut func(from, to string, m wire.Message) bool) {
	net.mu.Lock()
	defer net.mu.Unlock()
	net.cut = cut
}

func everything(string, string, wire.Message) bool { return true }

func parts(_, _ string, m wire.Message) bool { _, ok := m.(wire.Part); return ok }

func (n *node) deliver(_ string, b []byte) {
	if n.gate != nil {
		<-n.gate
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.arrived = append(n.arrived, b)
}

// Receive takes a message, and notes which part is not asked for any more.
func (n *node) Receive(from string, m wire.Message) {
	n.net.mu.Lock()
	if p, ok := m.(wire.Part); ok {
		delete(n.net.asked[fmt.Sprint(n.name, p.ID)], p.Offset)
	}
	b := n.Bulk
	n.net.mu.Unlock()
	b.Receive(from, m)
}

// swap puts another Bulk in the place of one that was closed.
func (n *node) swap(b *bulk.Bulk) {
	n.net.mu.Lock()
	defer n.net.mu.Unlock()
	n.Bulk = b
}

// got returns what arrived so far.
func (n *node) got() [][]byte {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.arrived[:len(n.arrived):len(n.arrived)]
}

// wants wants just these messages to have arrived, in this order.
func (n *node) wants(messages ...[]byte) {
	n.net.t.Helper()
	got := n.got()
	if len(got) != len(messages) {
		n.net.t.Fatalf("%d messages arrived at %s, want %d", len(got), n.name, len(messages))
	}
	for i := range got {
		if !bytes.Equal(got[i], messages[i]) {
			n.net.t.Errorf("message %d at %s is not what was sent", i, n.name)
		}
	}
}

// metric returns the value of a metric, all of whose labels have those values,
// or the sum where some are left out.
func (n *node) metric(name string, labels ...string) (sum float64) {
	n.net.t.Helper()
	families, err := n.registry.Gather()
	if err != nil {
		n.net.t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != "parlor_bulk_"+name {
			continue
		}
		for _, m := range f.GetMetric() {
			text := fmt.Sprint(m.GetLabel())
			matches := true
			for _, l := range labels {
				matches = matches && strings.Contains(text, `"`+l+`"`)
			}
			if matches {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return sum
}

// expect wants metrics, named with their labels after commas, to have values.
func (n *node) expect(want map[string]float64) {
	n.net.t.Helper()
	for what, value := range want {
		labels := strings.Split(what, ",")
		if got := n.metric(labels[0], labels[1:]...); got != value {
			n.net.t.Errorf("%s at %s is %v, want %v", what, n.name, got, value)
		}
	}
}

// idle wants nothing to be under way at any node.
func (net *network) idle() {
	net.t.Helper()
	for _, n := range net.nodes {
		n.expect(map[string]float64{"sending": 0, "sending_bytes": 0, "receiving": 0, "receiving_bytes": 0, "waiting": 0})
	}
}

// message returns a message of n bytes that is like no other of another seed.
func message(seed uint64, n int) []byte {
	b := make([]byte, n)
	r := rand.New(rand.NewPCG(seed, uint64(n)))
	for i := 0; i < n; i += 8 {
		var word [8]byte
		binary.LittleEndian.PutUint64(word[:], r.Uint64())
		copy(b[i:], word[:])
	}
	return b
}

func room(name string) persistence.RoomKey { return persistence.RoomKey{Kind: "room", Name: name} }
