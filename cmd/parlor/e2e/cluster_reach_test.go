package e2e_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/parlor-sse/parlor/cmd/proctest"
)

// TestClusterResumeElsewhere has a client come back to another node than the one
// it had before: an id means the same everywhere.
func TestClusterResumeElsewhere(t *testing.T) {
	t.Parallel()
	f := startFleet(t, 3)
	for _, home := range f.nodes {
		room := f.roomOf(home)
		sent := f.nodes[0].publishN(room, 1, 20)
		for i, n := range f.nodes {
			st := n.open("/connect?room=" + room + "&replay=0")
			st.next()
			if e := st.next(); e.Data != nil || e.ID != sent[len(sent)-1].ID {
				t.Fatalf("%s at %s begins at %q, want %s", room, n.name, e.ID, sent[len(sent)-1].ID)
			}
			st.close()
			next := f.nodes[(i+1)%len(f.nodes)]
			for _, at := range []int{0, 7, len(sent) - 1} {
				back := next.open("/connect?room="+room, resumeAt(sent[at].ID))
				for _, r := range sent[at+1:] {
					r.want(t, back.message())
				}
				live := n.publish(room, fmt.Sprintf(`{"n":%d}`, len(sent)+1))
				live.want(t, back.message())
				sent = append(sent, live)
				back.close()
			}
		}
	}
}

// TestClusterAudience counts the streams of all nodes and reaches one client of
// them. When a node dies, those that it had are gone.
func TestClusterAudience(t *testing.T) {
	t.Parallel()
	f := startFleet(t, 3)
	owner := f.ownerOf("a")
	front := f.others(owner)[0]
	streams := make(map[*node][]*stream)
	for i, n := range f.nodes {
		for k := range i + 2 {
			st := n.open(fmt.Sprintf("/connect?room=a&client=c%d", k))
			st.next()
			streams[n] = append(streams[n], st)
		}
	}
	counted := func(want int) {
		t.Helper()
		for _, n := range f.up() {
			proctest.Eventually(f.t, fmt.Sprintf("%s counts %d", n.name, want), func() error {
				if got := n.info("a").ConnectionCount; got != want {
					return fmt.Errorf("it counts %d", got)
				}
				return nil
			})
		}
		if r := f.any().publish("a", `{}`); r.Subscribers != want {
			t.Errorf("the receipt counts %d, want %d", r.Subscribers, want)
		}
	}
	counted(2 + 3 + 4)
	for _, n := range f.nodes {
		for k, want := range []int{3, 3, 2, 1} {
			r, err := n.post(fmt.Sprintf("room=a&client=c%d&event=whisper", k), "", fmt.Sprintf(`{"from":%q,"to":%d}`, n.name, k))
			if err != nil || r.ID != "" || r.Subscribers != want {
				t.Errorf("%s to c%d: %+v, %v", n.name, k, r, err)
			}
		}
	}
	for _, all := range streams {
		for k, st := range all {
			heard := make(map[string]bool)
			for len(heard) < len(f.nodes) {
				e := st.message()
				if e.Name != "whisper" {
					continue
				}
				var whisper struct {
					From string
					To   int
				}
				if err := json.Unmarshal(e.Data, &whisper); err != nil {
					t.Fatal(err)
				}
				if e.ID != "" || whisper.To != k || heard[whisper.From] {
					t.Errorf("c%d got %q %s", k, e.ID, e.Data)
				}
				heard[whisper.From] = true
			}
		}
	}
	gone := len(streams[front])
	f.crash(front)
	counted(2 + 3 + 4 - gone)
	delete(streams, front)
	for n, all := range streams {
		for _, st := range all {
			st.close()
			gone++
		}
		counted(2 + 3 + 4 - gone)
		t.Logf("%s is empty", n.name)
	}
}

// TestClusterFront runs a node that only talks to clients.
func TestClusterFront(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 4)
	front := f.nodes[3]
	front.flags = append(front.flags, "--roles", "front")
	f.start(f.nodes...)
	ring := f.settled()
	if roles := member(ring, front.name).Roles; len(roles) != 1 || roles[0] != "front" {
		t.Errorf("%s is %v", front.name, roles)
	}
	for i := range 50 {
		room := fmt.Sprintf("room%d", i)
		if owner := front.info(room).Owner; owner == front.name {
			t.Errorf("%s owns %s", owner, room)
		}
	}
	near, far := f.follow(front, "", "a"), f.follow(f.nodes[0], "", "a")
	l := f.publishTo("a", "load")
	l.flows(t, 50)
	f.crash(f.ownerOf("a"))
	l.flows(t, 50)
	sent := l.end()
	last := map[string]string{"a": front.publish("a", `{"key":"last"}`).ID}
	near.reaches(last)
	far.reaches(last)
	if near.streams != 1 {
		t.Errorf("the stream at the front came back %d times", near.streams-1)
	}
	t.Log(tally(sent))
	f.audit("a", sent, []*follower{near, far})
}
