package nodetest

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/cmd/proctest"
)

// Cluster is some nodes that are one, n1 to nN, on loopback. Its methods are for
// the test's goroutine.
type Cluster struct {
	Nodes []*Node
	t     *testing.T
}

// StartCluster starts a program on that many nodes, and returns when all of them
// hold rooms. Flags count for all; {node} in them stands for the node's name.
func StartCluster(t *testing.T, program string, size int, flags ...string) *Cluster {
	t.Helper()
	return StartClusterWithToken(t, program, "", size, flags...)
}

// StartClusterWithToken is StartCluster of nodes that want a token, which is what
// all requests to them show. It has to allow everything.
func StartClusterWithToken(t *testing.T, program, token string, size int, flags ...string) *Cluster {
	t.Helper()
	c := &Cluster{t: t}
	var join []string
	for i := range size {
		n := newNode(t, program, fmt.Sprintf("n%d", i+1), flags)
		n.Token = token
		for f := range n.flags {
			n.flags[f] = strings.ReplaceAll(n.flags[f], "{node}", n.Name)
		}
		c.Nodes = append(c.Nodes, n)
		join = append(join, n.cluster)
	}
	for _, n := range c.Nodes {
		n.flags = append(n.flags, "--node", n.Name, "--cluster", n.cluster,
			"--join", strings.Join(join, ","), "--expect", strconv.Itoa(size))
		n.launch()
	}
	for _, n := range c.Nodes {
		n.untilReady()
	}
	c.Settle()
	return c
}

// Settle waits until every node that runs, and no other, holds rooms, as all of
// them know, and none has rooms left to hand over.
func (c *Cluster) Settle() {
	c.t.Helper()
	running := c.running()
	proctest.Eventually(c.t, "the ring is settled", func() error {
		for _, n := range running {
			a, err := n.Ask(http.MethodGet, "/members", "", "")
			if err != nil {
				return err
			}
			var ring actors.RingInfo
			a.JSON(c.t, &ring)
			if !settled(ring, running) {
				return fmt.Errorf("%s knows %v", n.Name, a)
			}
		}
		return nil
	})
}

// settled reports whether the ring is that of these nodes.
func settled(ring actors.RingInfo, nodes []*Node) bool {
	if len(ring.Members) != len(nodes) || ring.Rings != 1 || !ring.Handover.Done || !ring.Quorate {
		return false
	}
	for _, n := range nodes {
		full := func(m actors.MemberInfo) bool { return m.Name == n.Name && m.State == "full" && m.Handover }
		if !slices.ContainsFunc(ring.Members, full) {
			return false
		}
	}
	return true
}

func (c *Cluster) running() []*Node {
	return slices.DeleteFunc(slices.Clone(c.Nodes), func(n *Node) bool { return !n.Running() })
}

// Owner returns the node that owns a room, once a node that runs does.
func (c *Cluster) Owner(kind, room string) *Node {
	c.t.Helper()
	var owner *Node
	path := "/rooms/" + room + "?" + url.Values{"kind": {kind}}.Encode()
	proctest.Eventually(c.t, "somebody owns "+room, func() error {
		a, err := c.running()[0].Ask(http.MethodGet, path, "", "")
		if err != nil || a.Status != http.StatusOK {
			return fmt.Errorf("%v, %w", a, err)
		}
		var info actors.RoomInfo
		a.JSON(c.t, &info)
		i := slices.IndexFunc(c.Nodes, func(n *Node) bool { return n.Name == info.Owner })
		if i < 0 || !c.Nodes[i].Running() {
			return fmt.Errorf("it is %q", info.Owner)
		}
		owner = c.Nodes[i]
		return nil
	})
	return owner
}

// Others returns all nodes but these, in their order.
func (c *Cluster) Others(but ...*Node) []*Node {
	return slices.DeleteFunc(slices.Clone(c.Nodes), func(n *Node) bool { return slices.Contains(but, n) })
}
