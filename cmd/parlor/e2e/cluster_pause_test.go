package e2e_test

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cmd/proctest"
)

// TestClusterZombie stops a room's owner where it stands until others have taken
// the room over and gone on with it, and then lets it go on as if nothing had
// happened. Nothing is acknowledged twice or lost, and its own streams catch up.
func TestClusterZombie(t *testing.T) {
	t.Parallel()
	f := startFleet(t, 3)
	owner := f.ownerOf("a")
	var readers []*follower
	for _, n := range f.nodes {
		readers = append(readers, f.follow(n, "", "a"), f.follow(n, "", "a", "b"))
	}
	l := f.publishTo("a", "load")
	l.flows(t, 50)
	f.freeze(owner)
	proctest.Eventually(f.t, "others have taken over", func() error {
		ring, err := f.any().ring()
		if err != nil {
			return err
		}
		if m := member(ring, owner.name); m != nil && m.State == "full" {
			return fmt.Errorf("%s is %s in ring %d", m.Name, m.State, ring.Version)
		}
		return nil
	})
	l.flows(t, 100)
	f.thaw(owner)
	l.flows(t, 50)
	f.settled()
	l.flows(t, 50)
	sent := l.end()
	last := map[string]string{"a": owner.publish("a", `{"key":"last"}`).ID}
	t.Log(tally(sent))
	for _, r := range readers {
		r.reaches(last)
		t.Logf("%s at %s had %d streams", r.path, f.nodes[r.at%len(f.nodes)].name, r.streams)
	}
	f.audit("a", sent, readers)
}

// TestClusterMinority leaves one node of three. It refuses what it can't commit,
// says that rooms can't be reached, and is well again when the others are back.
func TestClusterMinority(t *testing.T) {
	t.Parallel()
	f := startFleet(t, 3)
	alone, others := f.nodes[0], f.nodes[1:]
	own, theirs := f.roomOf(alone), f.roomOf(others[0])
	rooms := []string{own, theirs}
	before := make(map[string]receipt)
	streams := make(map[string]*stream)
	for _, room := range rooms {
		before[room] = alone.publish(room, `{"key":"before"}`)
		streams[room] = alone.open("/connect?room=" + room)
		before[room].want(t, streams[room].message())
	}
	f.freeze(others...)
	alone.here(true)

	refused := make(map[string][]string)
	for _, room := range rooms {
		begin, early := time.Now(), 0
		for i := range 20 {
			key := fmt.Sprintf("alone-%d", i)
			_, err := alone.post("room="+room, "", fmt.Sprintf(`{"key":%q}`, key))
			var no *refusal
			switch {
			case err == nil:
				t.Fatalf("%s of %s was accepted by one node of three", key, room)
			case !errors.As(err, &no):
				t.Fatalf("publish %s: %v", key, err)
			case no.status == 503 && no.Outcome == "not_accepted":
				refused[room] = append(refused[room], key)
			case no.status == 504 && len(refused[room]) == 0:
				early++ // it may have got to the others
			default:
				t.Errorf("publish %s: %v, after %d refusals", key, no, len(refused[room]))
			}
			if len(refused[room]) == 5 {
				break
			}
		}
		if len(refused[room]) < 5 {
			t.Errorf("only %d publishes were refused for certain", len(refused[room]))
		}
		t.Logf("%s: %d of unknown fate first, %d refused, all in %v", room, early, len(refused[room]), time.Since(begin))
	}
	for room, st := range streams {
		if e := st.message(); e.Name != "unavailable" || e.ID != "" {
			t.Errorf("%s: got %s %q %s", room, e.Name, e.ID, e.Data)
		}
		if rest := st.rest(); len(rest) != 0 {
			t.Errorf("%s: after that came %v", room, rest)
		}
		checkRetry(t, st)
		if id := st.parser.LastEventID(); id != before[room].ID {
			t.Errorf("%s: the last id is %q, not %s", room, id, before[room].ID)
		}
		st = alone.open("/connect?room="+room, resumeAt(before[room].ID))
		if _, err := st.readMessage(); !errors.Is(err, io.EOF) {
			t.Errorf("%s: a new stream brought %v", room, err)
		}
		checkRetry(t, st)
	}

	f.thaw(others...)
	f.settled()
	for _, room := range rooms {
		for _, n := range f.nodes {
			st := n.open("/connect?room="+room, resumeAt(before[room].ID))
			after := n.publish(room, `{"key":"after-`+n.name+`"}`)
			for e := st.message(); e.ID != after.ID; e = st.message() {
				t.Logf("%s: %s %s", room, e.ID, e.Data)
			}
		}
		book := newLedger(t)
		history := alone.history(room)
		book.check(history, 1000)
		for _, m := range history {
			for _, key := range refused[room] {
				if jsonHas(t, m.Data, "key", key) {
					t.Errorf("%s: %s was refused and is %s", room, key, m.ID)
				}
			}
		}
	}
}

// checkRetry wants a stream to have said when to come back.
func checkRetry(t *testing.T, st *stream) {
	t.Helper()
	if retry, ok := st.parser.Retry(); !ok || retry < time.Second || retry > 5*time.Second {
		t.Errorf("the stream ended with retry %v, %v", retry, ok)
	}
}
