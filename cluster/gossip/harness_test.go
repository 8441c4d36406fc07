package gossip_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cluster/clustertest/leaks"
	"github.com/parlor-sse/parlor/cluster/gossip"
	"github.com/prometheus/client_golang/prometheus"
)

func TestMain(m *testing.M) { leaks.Main(m) }

// patience bounds every wait, for busy machines.
const patience = 30 * time.Second

// node is a Gossip with what it logs and counts.
type node struct {
	*gossip.Gossip
	t        *testing.T
	log      *logBook
	registry *prometheus.Registry
}

// config returns a configuration of its own for the node of that name. Its
// timings are those of production, but for the seeds, which it asks more often.
func config(name string, join ...string) gossip.Config {
	return gossip.Config{
		Name: name, Bind: "127.0.0.1:0", Join: join, Label: "test",
		RejoinEvery: 400 * time.Millisecond,
		Meta:        gossip.Meta{Started: 1, Roles: gossip.RoleFront | gossip.RoleRoom},
	}
}

// open opens a node that closes with the test.
func open(t *testing.T, cfg gossip.Config) *node {
	t.Helper()
	n := &node{t: t, log: new(logBook), registry: prometheus.NewRegistry()}
	cfg.Logger = slog.New(slog.NewTextHandler(n.log, nil))
	cfg.Registerer = n.registry
	g, err := gossip.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	n.Gossip = g
	t.Cleanup(func() {
		g.Close()
		if t.Failed() {
			t.Logf("log of %s:\n%s", cfg.Name, n.log.String())
		}
	})
	return n
}

// trio opens nodes a, b and c that know each other.
func trio(t *testing.T, change func(*gossip.Config)) (a, b, c *node) {
	t.Helper()
	all := make([]*node, 3)
	var join []string
	for i, name := range []string{"a", "b", "c"} {
		cfg := config(name, join...)
		if change != nil {
			change(&cfg)
		}
		all[i] = open(t, cfg)
		join = []string{all[0].Address()}
	}
	for _, n := range all {
		n.sees("a", "b", "c")
	}
	return all[0], all[1], all[2]
}

// sees waits until those are the peers of n.
func (n *node) sees(names ...string) {
	n.t.Helper()
	want := strings.Join(names, " ")
	eventually(n.t, func() bool { return n.names() == want }, func() string { return "sees " + n.names() + ", not " + want })
}

func (n *node) names() string {
	var names []string
	for _, p := range n.Peers() {
		names = append(names, p.Name)
	}
	return strings.Join(names, " ")
}

// peer returns what n knows of a peer that is alive.
func (n *node) peer(name string) (gossip.Peer, bool) {
	for _, p := range n.Peers() {
		if p.Name == name {
			return p, true
		}
	}
	return gossip.Peer{}, false
}

// gone returns what n knows of a peer that is gone.
func (n *node) gone(name string) (gossip.Departed, bool) {
	for _, d := range n.Gone() {
		if d.Name == name {
			return d, true
		}
	}
	return gossip.Departed{}, false
}

// counts waits until the metric, with that value of its label, is at least min.
func (n *node) counts(metric, label string, min float64) {
	n.t.Helper()
	eventually(n.t, func() bool { return n.count(metric, label) >= min }, func() string { return metric + " " + label + " stays low" })
}

func (n *node) count(metric, label string) float64 {
	families, err := n.registry.Gather()
	if err != nil {
		n.t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != "parlor_gossip_"+metric {
			continue
		}
		for _, m := range f.GetMetric() {
			if label == "" || m.GetLabel()[0].GetValue() == label {
				return m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return 0
}

// eventually waits until the condition holds.
func eventually(t *testing.T, condition func() bool, otherwise func() string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-ctx.Done():
			t.Fatal(otherwise())
		case <-tick.C:
		}
	}
}

// logBook keeps what is logged.
type logBook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logBook) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// lines returns how many lines contain part.
func (l *logBook) lines(part string) int {
	n := 0
	for line := range strings.Lines(l.String()) {
		if strings.Contains(line, part) {
			n++
		}
	}
	return n
}

// quiet returns a logger for nodes that do not open.
func (n *node) quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }
