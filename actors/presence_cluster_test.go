package actors_test

import (
	"fmt"
	"testing"
)

// each returns what the behaviour hears of three streams at each of the nodes.
func each(what string, nodes ...string) (all []string) {
	for _, node := range nodes {
		for i := range 3 {
			all = append(all, fmt.Sprint(what, node, ".", i))
		}
	}
	return all
}

// listen opens three streams on a room at each node.
func (f *kindFleet) listen(room string) map[string]*stream {
	f.t.Helper()
	streams := map[string]*stream{}
	for name, b := range f.nodes {
		for i := range 3 {
			client := fmt.Sprint(name, ".", i)
			streams[client] = b.listen(room, client)
		}
	}
	return streams
}

// TestPresenceMovesWithTheRoom has the owner die, and with it streams of its own:
// those at other fronts stay, and are told of no more; those that died are gone.
func TestPresenceMovesWithTheRoom(t *testing.T) {
	w := &watcher{t: t}
	f := newKindFleet(t, kind(w), "n1", "n2", "n3")
	room := f.roomOf("n2")
	streams := f.listen(room)
	n1 := f.nodes["n1"]
	want := each("+", "n1", "n2", "n3")
	w.recalls(f, n1, room, want...)
	f.kill("n2")
	late := n1.listen(room, "late")
	want = append(append(want, "+late"), each("-", "n2")...)
	w.recalls(f, n1, room, want...)
	streams["n1.0"].conn.Close()
	late.conn.Close()
	w.recalls(f, n1, room, append(want, "-late", "-n1.0")...)
	w.agrees(f.nodes["n3"], room, "n1.1", "n1.2", "n3.0", "n3.1", "n3.2")
}

// TestPresenceOfAFrontThatDies has a front die that owns nothing: its streams are
// gone some seconds later, and no others.
func TestPresenceOfAFrontThatDies(t *testing.T) {
	w := &watcher{t: t}
	f := newKindFleet(t, kind(w), "n1", "n2", "n3")
	room := f.roomOf("n2")
	f.listen(room)
	n1 := f.nodes["n1"]
	want := each("+", "n1", "n2", "n3")
	w.recalls(f, n1, room, want...)
	f.kill("n3")
	w.recalls(f, n1, room, append(want, each("-", "n3")...)...)
	w.agrees(n1, room, "n1.0", "n1.1", "n1.2", "n2.0", "n2.1", "n2.2")
}
