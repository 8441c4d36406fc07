package e2e_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/cmd/proctest"
)

// TestClusterRollingRestart stops each node in good order and starts it again,
// while messages pour in at all of them. No answer is a failure: at most a
// connection ends, and another node has to be asked. Streams come back elsewhere
// and miss nothing.
func TestClusterRollingRestart(t *testing.T) {
	t.Parallel()
	f := startFleet(t, 3)
	var readers []*follower
	for _, n := range f.nodes {
		readers = append(readers, f.follow(n, "", "a"), f.follow(n, "", "b", "a"))
	}
	a, b := f.publishTo("a", "load-a"), f.publishTo("b", "load-b")
	for _, n := range f.nodes {
		a.flows(t, 50)
		b.flows(t, 50)
		f.retire(n)
		a.flows(t, 50)
		f.start(n)
		f.settled()
	}
	last := make(map[string]string)
	for _, l := range []*load{a, b} {
		sent := l.end()
		t.Logf("%s: %s", l.room, tally(sent))
		for _, p := range sent {
			if len(p.failed) > 0 {
				t.Errorf("publish %s: %q", p.key, p.failed)
			}
		}
		last[l.room] = f.any().publish(l.room, `{"key":"last"}`).ID
	}
	for _, r := range readers {
		r.reaches(last)
	}
	f.audit("a", a.sent, readers)
	f.audit("b", b.sent, readers)
}

// TestClusterPowerCut kills all nodes at once, under load, and starts them
// again. Everything that was answered is there under its id, and clients with
// old ids get exactly what follows.
func TestClusterPowerCut(t *testing.T) {
	t.Parallel()
	f := startFleet(t, 3)
	r := f.follow(f.nodes[1], "", "a")
	var sent []publication
	for round := range 2 {
		l := f.publishTo("a", fmt.Sprintf("round%d", round))
		l.flows(t, 100)
		f.crash(f.nodes...)
		f.start(f.nodes...)
		f.settled()
		l.flows(t, 20)
		sent = append(sent, l.end()...)
	}
	t.Log(tally(sent))
	last := f.any().publish("a", `{"key":"last"}`).ID
	r.reaches(map[string]string{"a": last})
	f.audit("a", sent, []*follower{r})
	for _, n := range f.nodes {
		history := n.history("a")
		for _, at := range []int{0, len(history) / 3, len(history) / 2, len(history) - 2, len(history) - 1} {
			resume(t, n.server, history[at].ID, history[at+1:])
		}
	}
}

// TestClusterEmptyDisk starts a node again whose disk was lost. It learns what it
// has to hold before anybody counts on it: when the room's owner dies for good
// after that, nothing is missing.
func TestClusterEmptyDisk(t *testing.T) {
	t.Parallel()
	f := startFleet(t, 3)
	owner := f.ownerOf("a")
	victim, third := f.others(owner)[0], f.others(owner)[1]
	r := f.follow(third, "", "a")
	l := f.publishTo("a", "load")
	l.flows(t, 100)
	before := f.settled()
	f.crash(victim)
	if err := os.RemoveAll(victim.data); err != nil {
		t.Fatal(err)
	}
	l.flows(t, 50)
	f.start(victim)
	after := f.settled()
	if was, is := member(before, victim.name).Life, member(after, victim.name).Life; was == is {
		t.Errorf("%s has the life %d with an empty disk as well", victim.name, is)
	}
	learned := false
	for _, n := range f.nodes {
		learned = learned || strings.Contains(n.Stderr.String(), victim.name+" (learner)")
	}
	if !learned {
		t.Errorf("no ring had %s as a learner", victim.name)
	}
	l.flows(t, 50)
	owner = f.ownerOf("a")
	f.crash(owner)
	if owner == third {
		t.Log("the owner was the reader's node")
	}
	l.flows(t, 50)
	f.settled()
	sent := l.end()
	last := f.any().publish("a", `{"key":"last"}`).ID
	r.reaches(map[string]string{"a": last})
	t.Log(tally(sent))
	f.audit("a", sent, []*follower{r})
}

// TestClusterShrinks kills two nodes of five for good, one after the other. What
// they held has new homes before the second one goes.
func TestClusterShrinks(t *testing.T) {
	t.Parallel()
	f := startFleet(t, 5)
	r := f.follow(f.nodes[0], "", "a")
	l := f.publishTo("a", "load")
	for range 2 {
		l.flows(t, 50)
		f.crash(f.ownerOf("a"))
		l.flows(t, 50)
		f.settled()
	}
	sent := l.end()
	last := f.any().publish("a", `{"key":"last"}`)
	if last.Replicas != "3/3" && last.Replicas != "2/3" {
		t.Errorf("the last receipt says %s", last.Replicas)
	}
	r.reaches(map[string]string{"a": last.ID})
	t.Log(tally(sent))
	f.audit("a", sent, []*follower{r})
}

// TestClusterLastOfThree kills one node of three and has another one leave
// before anybody has had time to tidy up. The third goes on alone, also when it
// starts again.
func TestClusterLastOfThree(t *testing.T) {
	t.Parallel()
	f := startFleet(t, 3)
	sent := f.nodes[0].publishN("a", 1, 5)
	f.crash(f.nodes[2])
	proctest.Eventually(f.t, "the ring is without the dead node", func() error {
		ring, err := f.nodes[1].ring()
		if err == nil && member(ring, "n3") != nil {
			err = fmt.Errorf("it is not")
		}
		return err
	})
	f.retire(f.nodes[0])
	f.settled()
	sent = append(sent, f.nodes[1].publishN("a", 6, 10)...)
	f.crash(f.nodes[1])
	f.start(f.nodes[1])
	f.settled()
	st := f.nodes[1].open("/connect?room=a")
	for _, r := range append(sent, f.nodes[1].publish("a", `{"n":11}`)) {
		r.want(t, st.message())
	}
}
