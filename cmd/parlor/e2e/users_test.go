package e2e_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cmd/proctest"
)

// wantReplaced wants a stream to have ended because its user has opened another.
func (st *stream) wantReplaced(user string) {
	st.t.Helper()
	all := st.rest()
	if len(all) == 0 || all[len(all)-1].Name != "replaced" {
		st.t.Fatalf("the stream of %s ended with %+v", user, all)
	}
	var said struct{ User, By string }
	if err := json.Unmarshal(all[len(all)-1].Data, &said); err != nil || said.User != user || said.By == "" {
		st.t.Errorf("replaced: %s, %v", all[len(all)-1].Data, err)
	}
	if retry, _ := st.parser.Retry(); retry < time.Hour {
		st.t.Errorf("replaced, to come back after %v", retry)
	}
}

// hears wants a message to come, after none but earlier ones: a stream that asks
// for no replay may begin with what its node had yet to hear of.
func (st *stream) hears(r receipt) {
	st.t.Helper()
	for {
		e := st.message()
		if e.ID == r.ID {
			return
		}
		if e.ID == "" || position(st.t, e.ID).Seq > position(st.t, r.ID).Seq {
			st.t.Fatalf("got %s %s %s, want %s", e.ID, e.Name, e.Data, r.ID)
		}
	}
}

// TestOneStreamPerUser has users move from node to node, while the nodes that they
// are not at are killed: the newest stream stays, and only that.
func TestOneStreamPerUser(t *testing.T) {
	t.Parallel()
	is := newIssuer(t)
	f := is.startFleet(3, "--one-stream-per-user")
	room := f.roomOf(f.nodes[1])
	path := "/connect?replay=0&room=" + room
	var users []string // kept track of by different nodes
	for i := range 6 {
		users = append(users, fmt.Sprint("user", i))
	}
	newest := make(map[string]*stream)
	moveTo := func(n *node) {
		t.Helper()
		for _, user := range users {
			st := n.open(path, bearing(is.of(user)))
			if before := newest[user]; before != nil {
				before.wantReplaced(user)
			}
			newest[user] = st
		}
	}
	hear := func() {
		t.Helper()
		r := f.any().publish(room, `{}`)
		for _, st := range newest {
			st.hears(r)
		}
	}
	nobody := f.nodes[0].open(path, bearing(is.of("")))
	moveTo(f.nodes[0])
	moveTo(f.nodes[1])
	moveTo(f.nodes[1])
	hear()
	nobody.message()
	for _, victim := range f.others(f.nodes[1]) {
		f.crash(victim)
		hear()
		f.start(victim)
		f.settled()
		hear()
	}
	moveTo(f.nodes[2])
	hear()
	f.crash(f.nodes[1])
	moveTo(f.nodes[0])
	hear()
}

// TestUserComesAtOnce opens streams of one user at all nodes at the same time, and
// wants all but one of them to end.
func TestUserComesAtOnce(t *testing.T) {
	t.Parallel()
	is := newIssuer(t)
	f := is.startFleet(3, "--one-stream-per-user")
	for i := range 6 {
		user := fmt.Sprint("user", i) // has a room of the same name
		path, token := "/connect?room="+user, is.of(user)
		ended := make(chan string, len(f.nodes)) // the names of their first messages
		for _, n := range f.nodes {
			go func() { ended <- firstMessage(t, n.public, path, bearing(token)) }()
		}
		for range len(f.nodes) - 1 {
			if last := <-ended; last != "replaced" {
				t.Fatalf("a stream of %s ended with %s", user, last)
			}
		}
		f.nodes[i%3].publish(user, `{}`)
		if last := <-ended; last != "broadcast" {
			t.Fatalf("the stream of %s that is left got %s", user, last)
		}
	}
}

// firstMessage opens a stream and returns the name of its first message, or what went
// wrong. It may be called from any goroutine.
func firstMessage(t *testing.T, addr, target, header string) string {
	st, err := tryOpen(t, tcp(addr), target, header)
	if err != nil {
		return err.Error()
	}
	defer st.close()
	e, err := st.readMessage()
	if err != nil {
		return err.Error()
	}
	return e.Name
}

// TestPublishToUser wants all streams of a user to get what is for the user,
// wherever they are, and nobody else to, now or later.
func TestPublishToUser(t *testing.T) {
	t.Parallel()
	is := newIssuer(t)
	f := is.startFleet(3)
	for _, owner := range f.nodes {
		room := f.roomOf(owner)
		path := "/connect?replay=0&room=" + room
		var anns, others []*stream
		for _, n := range f.nodes[:2] {
			anns = append(anns, n.open(path, bearing(is.of("ann"))), n.open(path+"&token="+is.of("ann")))
			others = append(others, n.open(path, bearing(is.of("bob"))), n.open(path+"&client=ann", bearing(is.of(""))))
		}
		from := f.nodes[2]
		proctest.Eventually(f.t, "all streams are known", func() error {
			if n := from.info(room).ConnectionCount; n != len(anns)+len(others) {
				return fmt.Errorf("%d are", n)
			}
			return nil
		})
		r, err := from.post("room="+room+"&user=ann", "", `{"for":"ann"}`)
		if err != nil || r.ID != "" {
			t.Errorf("to ann: %+v, %v", r, err)
		}
		all := from.publish(room, `{"for":"all"}`)
		for _, st := range anns {
			if e := st.message(); e.ID != "" || !strings.Contains(string(e.Data), `"for":"ann"`) {
				t.Errorf("ann got %s %s", e.ID, e.Data)
			}
		}
		for _, st := range append(anns, others...) {
			all.want(t, st.message())
			st.close()
		}
		if kept := from.history(room); len(kept) != 1 || kept[0].ID != all.ID {
			t.Errorf("the room keeps %+v", kept)
		}
	}
}
