package actors_test

import (
	"testing"

	"github.com/parlor-sse/parlor/actors"
)

// TestUsersAcrossFronts has streams of a user at all nodes, and asks of them at
// each.
func TestUsersAcrossFronts(t *testing.T) {
	f := newFleet(t, "n1", "n2", "n3")
	room := f.roomOf("n2")
	mine := map[string]*stream{}
	others := map[string]*stream{}
	for name, b := range f.nodes {
		mine[name] = b.connect(whose("anna", "a-"+name, room)).greeted()
		others[name] = b.connect(whose("bert", "b-"+name, room)).greeted()
	}
	for name, b := range f.nodes {
		f.Eventually("all are there", func() bool { return len(b.clients(key(room))) == 6 })
		list, _, err := b.Subscribers(ctx(t), key(room))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range list {
			if user := map[byte]string{'a': "anna", 'b': "bert"}[s.Client[0]]; s.User != user || s.Client[2:] != s.Node {
				t.Errorf("%s says %+v", name, s)
			}
		}
	}
	r, err := f.nodes["n1"].Publish(ctx(t), actors.Publication{Room: key(room), User: "anna", Body: []byte(`{"n":1}`)})
	if err != nil || r.Subscribers != 3 {
		t.Errorf("receipt %+v, %v", r, err)
	}
	f.nodes["n3"].publish(room, 2)
	for name := range f.nodes {
		for e := mine[name].next(); ; e = mine[name].next() {
			if e.Name == "broadcast" {
				if numberOf(t, e) != 1 {
					t.Errorf("at %s: %s first", name, e.Data)
				}
				break
			}
		}
		mine[name].messages(2, 2)
		others[name].messages(2, 2)
	}
	if n, err := f.nodes["n1"].Disconnect(ctx(t), key(room), "a-n3"); n != 1 || err != nil {
		t.Errorf("%d are disconnected, %v", n, err)
	}
	for mine["n3"].fill() {
	}
}

// TestPresenceAcrossFronts has a stream at each node be told of those at all, one
// front break its links and one node, which owns the room, die.
func TestPresenceAcrossFronts(t *testing.T) {
	f := newFleet(t, "n1", "n2", "n3")
	room := f.roomOf("n2")
	n1, n3 := f.nodes["n1"], f.nodes["n3"]
	at1 := n1.watch(watching("w1", room))
	n3.connect(whose("", "x3", room)).greeted()
	f.nodes["n2"].connect(whose("", "x2", room)).greeted()
	at3 := n3.watch(watching("w3", room))
	want := []string{"w1", "w3", "x2", "x3"}
	at1.sees(want...)
	at3.sees(want...)

	f.nodes["n2"].BreakLinks()
	late := n3.connect(whose("", "late", room)).greeted()
	at1.sees(append(want, "late")...)
	at3.sees(append(want, "late")...)
	late.conn.Close()
	at1.sees(want...)
	at1.counted(t, "leave", 1) // a link that breaks ends no stream

	f.kill("n2")
	want = []string{"w1", "w3", "x3"}
	at1.sees(want...)
	at3.sees(want...)
	n1.connect(whose("", "x1", room)).greeted()
	at1.sees(append(want, "x1")...)
	at3.sees(append(want, "x1")...)
}

// TestPresenceOfAFrontThatIsGone has a front die that owns nothing, and that the
// ring leaves out at once.
func TestPresenceOfAFrontThatIsGone(t *testing.T) {
	f := newFleet(t, "n1", "n2", "n3")
	room := f.roomOf("n2")
	at1, at2 := f.nodes["n1"].watch(watching("w1", room)), f.nodes["n2"].watch(watching("w2", room))
	for _, client := range []string{"x", "y", "z"} {
		f.nodes["n3"].connect(whose("", client, room)).greeted()
	}
	at1.sees("w1", "w2", "x", "y", "z")
	at2.sees("w1", "w2", "x", "y", "z")
	f.kill("n3")
	at1.sees("w1", "w2")
	at2.sees("w1", "w2")
}
