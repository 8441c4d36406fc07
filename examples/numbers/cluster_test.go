package main

import (
	"strings"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cmd/proctest/nodetest"
)

// threeNodes has clients of one id at three nodes.
func threeNodes(t *testing.T, program string) {
	c := nodetest.StartCluster(t, program, 3, "--interval", "200ms")
	var all []*listener
	for _, n := range c.Nodes {
		all = append(all, listen(t, n, "test1"))
	}
	other := listen(t, c.Nodes[1], "test2")
	wantTheSameHeard(t, 5, all...)
	if s := other.next(); s.ID != "test2" {
		t.Errorf("stream test2 says %s", s.data)
	}
	for _, n := range c.Nodes {
		untilListeners(t, n, "test1", 3)
	}
	all[0].close()
	untilListeners(t, c.Nodes[0], "test1", 2)
	wantTheSameHeard(t, 2, all[1:]...)

	// A room whose name does not tell its id knows it wherever it moves.
	for _, id := range []string{"test1", strings.Repeat("long ", maxID/5)} {
		ownerDies(t, c, id)
	}
}

// ownerDies kills the node that a stream's room is on, and starts it again.
// Clients at the others stay connected and go on to hear the same.
func ownerDies(t *testing.T, c *nodetest.Cluster, id string) {
	t.Helper()
	owner := c.Owner(kindName, nameOf(id))
	var left []*listener
	for _, n := range c.Others(owner) {
		l := listen(t, n, id)
		l.next()
		left = append(left, l)
	}
	owner.Kill()
	// Who has heard of the new owner hears all that it says from then on.
	first := left[0].from(stamp(time.Now()))
	second := left[1].from(first.Timestamp)
	if second != first && left[0].from(second.Timestamp) != second {
		t.Errorf("only one of two gets %s", second.data)
	}
	wantTheSameHeard(t, 3, left...)
	if s := left[0].next(); s.ID != id {
		t.Errorf("stream %q says %s", id, s.data)
	}
	owner.Run()
	c.Settle()
}
