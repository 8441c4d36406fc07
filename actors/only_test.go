package actors_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors"
)

// only asks for a stream that is to be its user's only one.
func only(user, client, room string) actors.SubscribeRequest {
	req := whose(user, client, room)
	req.Only = true
	return req
}

// replaced reads the end of a stream that another has replaced, and returns that
// one's id.
func (s *stream) replaced(user string) string {
	s.t.Helper()
	e := s.next()
	for e.Name == "update" {
		e = s.next()
	}
	var said struct{ User, By string }
	if err := json.Unmarshal(e.Data, &said); e.Name != "replaced" || err != nil || said.User != user {
		s.t.Fatalf("event %q %s, %v", e.Name, e.Data, err)
	}
	if retry, _ := s.p.Retry(); retry != time.Hour {
		s.t.Errorf("to come back after %v", retry)
	}
	if len(s.queue) > 0 || s.fill() {
		s.t.Error("the stream goes on")
	}
	return said.By
}

func TestOneStreamAUser(t *testing.T) {
	b := open(t, memory(t, 10), nil)
	several := b.connect(whose("anna", "several", "b")).greeted() // does not mind
	bert := b.connect(only("bert", "", "a")).greeted()
	last := b.connect(only("anna", "first", "a")).greeted()
	for i := range 3 {
		next := b.connect(only("anna", fmt.Sprint(i), "b")).greeted()
		by := last.replaced("anna")
		waitFor(t, "the stream that took its place is there", func() bool {
			list, _, err := b.Subscribers(ctx(t), key("b"))
			return err == nil && len(list) > 0 && list[len(list)-1].ID == by
		})
		last = next
	}
	b.publish("a", 1)
	b.publish("b", 1)
	for _, s := range []*stream{bert, several, last} {
		s.expect(1, 1)
	}
	if rooms, _ := b.Rooms("", 10); len(rooms) != 2 {
		t.Errorf("rooms %+v, want a and b", rooms)
	}
	waitFor(t, "the ended ones are gone", func() bool { return b.System.Stats().Streams == 3 })
}

// userOf returns a user whose room the node owns.
func (f *fleet) userOf(owner string) string {
	ring := f.Node(owner).View().Ring()
	for i := 0; ; i++ {
		user := fmt.Sprint("user-", i)
		sum := sha256.Sum256([]byte(user))
		if ring.Owner("parlor.user", hex.EncodeToString(sum[:16])).Name == owner {
			return user
		}
	}
}

// TestOneStreamAUserInACluster has a user come through one front after the other,
// while the user's room moves.
func TestOneStreamAUserInACluster(t *testing.T) {
	f := newFleet(t, "n1", "n2", "n3")
	n1, n3 := f.nodes["n1"], f.nodes["n3"]
	user := f.userOf("n2")
	room := f.roomOf("n1")
	first := n1.connect(only(user, "", room)).greeted()
	second := n3.connect(only(user, "", room)).greeted()
	first.replaced(user)
	f.nodes["n2"].BreakLinks() // the fronts tell anew who is there
	third := n3.connect(only(user, "", room)).greeted()
	second.replaced(user)
	f.kill("n2")
	fourth := n1.connect(only(user, "", room)).greeted()
	third.replaced(user)
	n3.publish(room, 1)
	fourth.messages(1, 1)
}
