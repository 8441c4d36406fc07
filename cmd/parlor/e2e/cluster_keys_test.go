package e2e_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/cmd/proctest"
)

// secured returns the flags of a node that has its own of the files that parlor
// cert made for it.
func secured(dir, name string) []string {
	return []string{
		"--cluster-cert", filepath.Join(dir, name+".pem"), "--cluster-key", filepath.Join(dir, name+"-key.pem"),
		"--cluster-ca", filepath.Join(dir, "ca.pem"), "--gossip-key-file", filepath.Join(dir, "gossip.key"),
	}
}

// TestClusterKeys runs a cluster whose nodes know each other and encrypt. It
// works as one without, and a node that has all but the right certificate is
// kept out.
func TestClusterKeys(t *testing.T) {
	t.Parallel()
	dir, foreign := certificates(t, "n1", "n2", "n3"), certificates(t, "stranger")
	f := newFleet(t, 3)
	for _, n := range f.nodes {
		n.flags = append(n.flags, secured(dir, n.name)...)
	}
	f.start(f.nodes...)
	f.settled()
	killInTurn(f, []*node{f.ownerOf("a")})

	// Its authority is another one's, its gossip key is the right one.
	before := f.settled()
	flags := append(secured(foreign, "stranger"), "--gossip-key-file", filepath.Join(dir, "gossip.key"))
	p := parlor(t, f.stranger(flags...)...)
	said := func() string {
		i := slices.IndexFunc(p.Stderr.Lines(), func(line string) bool {
			return strings.Contains(line, "certificate") && strings.Contains(line, "authority")
		})
		if i < 0 {
			return ""
		}
		return p.Stderr.Lines()[i]
	}
	proctest.Until(t, "the stranger says what is wrong", func() bool { return said() != "" })
	t.Logf("the stranger: %s", said())
	if strings.Contains(p.Stderr.String(), "msg=ready") {
		t.Error("the stranger takes itself for a member")
	}
	_ = p.Cmd.Process.Kill()
	p.Wait()
	proctest.Eventually(f.t, "the stranger is forgotten", func() error {
		for _, n := range f.nodes {
			ring, err := n.ring()
			if err != nil {
				return err
			}
			if m := member(ring, "stranger"); m != nil {
				return fmt.Errorf("%s knows it as %s", n.name, m.State)
			}
		}
		return nil
	})
	if after := f.settled(); after.Version != before.Version {
		t.Errorf("ring %d became %d", before.Version, after.Version)
	}
}
