package e2e_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"syscall"
	"testing"

	"github.com/parlor-sse/parlor/cmd/proctest"
)

// churnRounds is how often something happens to a node.
const churnRounds = 8

// TestClusterChurn lets things happen to nodes one after the other, at random. A
// node that is back at once may have gone while the last one's return has not
// been made good; one that stays away for a while is the only one that does.
func TestClusterChurn(t *testing.T) {
	t.Parallel()
	f := startFleet(t, 3)
	var readers []*follower
	for _, n := range f.nodes {
		readers = append(readers, f.follow(n, "", "a"), f.follow(n, "", "a", "b"))
	}
	l := f.publishTo("a", "load")
	for range churnRounds {
		l.flows(t, 10)
		n := f.nodes[rand.IntN(len(f.nodes))]
		what := rand.IntN(4)
		if what > 0 {
			f.settled()
		}
		switch what {
		case 0:
			t.Logf("%s is killed and back at once", n.name)
			f.crash(n)
			f.start(n)
		case 1:
			t.Logf("%s is killed", n.name)
			f.crash(n)
			l.flows(t, 1)
			f.start(n)
		case 2:
			t.Logf("%s stands still", n.name)
			f.freeze(n)
			l.flows(t, 1)
			f.thaw(n)
		case 3:
			t.Logf("%s stops, and is killed while it does", n.name)
			n.here(false)
			n.sudden = true
			n.Signal(syscall.SIGTERM)
			l.flows(t, 1)
			_ = n.Cmd.Process.Kill() // it may have ended already
			n.Wait()
			n.sudden = n.Cmd.ProcessState.ExitCode() != 0
			f.start(n)
		}
	}
	l.flows(t, 10)
	f.settled()
	sent := l.end()
	t.Log(tally(sent))
	last := f.any().publish("a", `{"key":"last"}`).ID
	for _, r := range readers {
		r.reaches(map[string]string{"a": last})
	}
	f.audit("a", sent, readers)
}

// TestClusterRetries sends messages again under their keys after the owner that
// accepted them has died: each keeps its one place.
func TestClusterRetries(t *testing.T) {
	t.Parallel()
	f := startFleet(t, 3)
	first := make(map[string]receipt)
	post := func(n *node, key string) (r receipt) {
		t.Helper()
		proctest.Eventually(f.t, fmt.Sprintf("%s is answered at %s", key, n.name), func() (err error) {
			r, err = n.post("room=a", key, fmt.Sprintf(`{"key":%q}`, key))
			return err
		})
		return r
	}
	for i := range 30 {
		key := fmt.Sprintf("key-%d", i)
		first[key] = post(f.nodes[i%3], key)
	}
	for round := range 2 {
		owner := f.ownerOf("a")
		f.crash(owner)
		for key, was := range first {
			for _, n := range f.up() {
				if is := post(n, key); !is.Duplicate || is.ID != was.ID || string(is.Data) != string(was.Data) {
					t.Errorf("round %d: %s at %s: got %+v, was %+v", round, key, n.name, is, was)
				}
			}
		}
		var no *refusal
		if _, err := f.any().post("room=a", "key-0", `{"key":"another"}`); !errors.As(err, &no) || no.status != 409 {
			t.Errorf("another body under a key: %v", err)
		}
		key := fmt.Sprintf("round-%d", round)
		first[key] = post(f.any(), key)
		f.start(owner)
		f.settled()
	}
	if kept := f.any().history("a"); len(kept) != len(first) {
		t.Errorf("%d messages of %d keys", len(kept), len(first))
	}
}

// TestClusterManyRooms moves many rooms, of which most sleep: one disk is lost,
// and then two others are killed, one after the other. Every room has everything
// all the time.
func TestClusterManyRooms(t *testing.T) {
	t.Parallel()
	const rooms = 100
	f := startFleet(t, 4, "--idle", "100ms")
	history := make(map[string][]receipt)
	for i := range rooms {
		room := fmt.Sprintf("room%d", i)
		history[room] = f.nodes[i%len(f.nodes)].publishN(room, 1, 1+i%4)
	}
	check := func() {
		t.Helper()
		for room, sent := range history {
			is := f.up()[rand.IntN(len(f.up()))].history(room)
			if !slices.EqualFunc(is, sent, func(k kept, r receipt) bool { return k.ID == r.ID && string(k.Data) == string(r.Data) }) {
				t.Errorf("%s has %v, want %v", room, is, sent)
			}
		}
	}
	lost := f.nodes[rand.IntN(len(f.nodes))]
	f.crash(lost)
	lost.data = t.TempDir()
	f.start(lost)
	f.settled()
	check()
	for _, victim := range f.others(lost)[:2] {
		f.crash(victim)
		f.settled()
		check()
		f.start(victim)
		f.settled()
		check()
	}
	for room := range history {
		history[room] = append(history[room], f.any().publish(room, `{"n":"more"}`))
	}
	check()
}
