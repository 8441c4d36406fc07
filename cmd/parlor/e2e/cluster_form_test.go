package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/cluster/clustertest/ports"
	"github.com/parlor-sse/parlor/cmd/proctest"
)

// TestClusterForms starts nodes in any order: they become one cluster, which
// the program's own client shows, and rooms are spread over them.
func TestClusterForms(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 3)
	f.start(f.nodes[2], f.nodes[0], f.nodes[1])
	ring := f.settled()
	for _, n := range f.nodes {
		p := parlor(t, "members", "--server", n.url(""))
		if state := p.Wait(); state.ExitCode() != 0 {
			t.Fatalf("members ended with %v", state)
		}
		lines := p.Stdout.Lines()
		if len(lines) != 5 || !strings.HasPrefix(lines[0], fmt.Sprintf("ring %d of cluster %s, leader %s, members 3", ring.Version, ring.Cluster, ring.Leader)) {
			t.Fatalf("members at %s: %q", n.name, lines)
		}
		for i, m := range f.nodes {
			columns := strings.Fields(lines[2+i])
			if columns[0] != m.name || columns[2] != m.addr || columns[3] != "front,room" || columns[4] != "full" || (columns[len(columns)-1] == "asked") != (m == n) {
				t.Errorf("members at %s: %q", n.name, lines[2+i])
			}
		}
	}
	for _, n := range f.nodes {
		r := n.publish(f.roomOf(n), `{}`)
		if r.Durability != "quorum-fsync" || !slices.Contains([]string{"2/3", "3/3"}, r.Replicas) {
			t.Errorf("receipt %+v", r)
		}
	}
}

// TestClusterRefuses starts nodes that do not fit a cluster. Each is turned away
// in a sentence, and the cluster goes on as before.
func TestClusterRefuses(t *testing.T) {
	t.Parallel()
	key, otherKey := gossipKey(t), gossipKey(t)
	f := startFleet(t, 3, "--gossip-key-file", key)
	before := f.settled()

	// Those that know the cluster's key end by themselves.
	for name, tc := range map[string]struct {
		flags []string
		says  []string
	}{
		"a name that is taken":  {[]string{"--node", "n1"}, []string{"n1"}},
		"another replica count": {[]string{"--replicas", "2"}, []string{"2", "3", "replicas"}},
		"another history":       {[]string{"--history", "10"}, []string{"10", "1000", "history"}},
	} {
		stranger := f.stranger(append([]string{"--gossip-key-file", key}, tc.flags...)...)
		p := parlor(t, stranger...)
		code, said := p.Wait().ExitCode(), p.Stderr.Lines()
		last := said[len(said)-1]
		if code == 0 {
			t.Errorf("%s: ended with 0", name)
		}
		for _, part := range tc.says {
			if !strings.Contains(last, part) {
				t.Errorf("%s: the last words are %q, without %q", name, last, part)
			}
		}
		t.Logf("%s: %s", name, last)
	}

	// Those that do not are not heard. They go on asking.
	for name, flags := range map[string][]string{
		"another cluster's name": {"--gossip-key-file", key, "--cluster-name", "other"},
		"another gossip key":     {"--gossip-key-file", otherKey},
	} {
		marks := make(map[*node]int)
		for _, n := range f.nodes {
			marks[n] = len(n.Stderr.Lines())
		}
		p := parlor(t, f.stranger(flags...)...)
		proctest.Eventually(f.t, name+" is spoken of by both", func() error {
			if complaint(p.Stderr.Lines()) == "" {
				return fmt.Errorf("the stranger said nothing of it: %s", p.Stderr.String())
			}
			for _, n := range f.nodes {
				if complaint(n.Stderr.Lines()[marks[n]:]) != "" {
					return nil
				}
			}
			return fmt.Errorf("no node said anything of it")
		})
		t.Logf("%s: the stranger: %s", name, complaint(p.Stderr.Lines()))
		t.Logf("%s: a node: %s", name, complaint(f.nodes[0].Stderr.Lines()[marks[f.nodes[0]]:]))
		if strings.Contains(p.Stderr.String(), "msg=ready") {
			t.Errorf("%s: the stranger takes itself for a member", name)
		}
		_ = p.Cmd.Process.Kill()
		p.Wait()
	}
	if after := f.settled(); after.Version != before.Version {
		t.Errorf("ring %d became %d", before.Version, after.Version)
	}
}

// complaint returns the first line of a log that warns of another node.
func complaint(lines []string) string {
	i := slices.IndexFunc(lines, func(line string) bool {
		return strings.Contains(line, "level=WARN") && !strings.Contains(line, "plain text")
	})
	if i < 0 {
		return ""
	}
	return lines[i]
}

// stranger returns the command line of a server that wants to join the fleet.
// Flags come last, and so win.
func (f *fleet) stranger(flags ...string) []string {
	f.t.Helper()
	port := ports.Take(f.t)
	return slices.Concat([]string{
		"serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--data", f.t.TempDir(), "--history", "1000",
		"--node", "stranger", "--cluster", ports.Local(port), "--join", f.nodes[0].cluster, "--join", f.nodes[1].cluster, "--expect", "3",
	}, flags)
}

// gossipKey returns a file with a new key.
func gossipKey(t *testing.T) string { return filepath.Join(certificates(t, "n1"), "gossip.key") }

// certificates makes what the nodes of a cluster need to know each other, and
// returns where it is.
func certificates(t *testing.T, names ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "certs")
	p := parlor(t, append([]string{"cert", "--out", dir}, names...)...)
	if state := p.Wait(); state.ExitCode() != 0 {
		t.Fatalf("cert: %v, %s", state, p.Stderr.String())
	}
	if _, err := os.Stat(filepath.Join(dir, "gossip.key")); err != nil {
		t.Fatal(err)
	}
	return dir
}
