package persistencetest

import (
	"testing"

	"github.com/parlor-sse/parlor/persistence"
)

// checkFound fails unless the room is found by its object id, or is not.
func checkFound(t *testing.T, s persistence.Store, key persistence.RoomKey, want bool) {
	t.Helper()
	got, ok, err := s.Find(key.Kind, key.ObjectID())
	if err != nil {
		t.Fatalf("find %q: %v", key, err)
	}
	if ok != want || ok && got != key || !ok && got != (persistence.RoomKey{}) {
		t.Fatalf("found %q, %v, want %q, %v", got, ok, key, want)
	}
}

// testFind looks for rooms by their object ids as they come and go.
func testFind(t *testing.T, subject Subject) {
	s := subject.Open(t, 10)
	defer closeStore(t, s)
	nameless := persistence.RoomKey{Kind: "kind", Name: persistence.NewObjectID("kind")}
	for _, key := range []persistence.RoomKey{room("a"), {Kind: "kind", Name: "a"}, nameless} {
		for _, test := range []struct {
			what  string
			write persistence.Write
			want  bool
		}{
			{"nothing", forgetWrite(key), false},
			{"a fence", fenceWrite(key, 1), false},
			{"an empty copy", copyWrite(key, 2, persistence.Copy{}), false},
			{"a message", write(key, epoch7, 1), true},
			{"another", write(key, epoch7, 2), true},
			{"a fence besides", fenceWrite(key, 3), true},
			{"a copy", copyWrite(key, 4, orders(key)["more than is kept"]), true},
			{"a copy without messages", copyWrite(key, 5, orders(key)["an alarm alone"]), true},
			{"an empty copy instead", copyWrite(key, 6, persistence.Copy{}), false},
			{"a turn without a message", newAuthor(key).turn(7, 0), true},
			{"the end", forgetWrite(key), false},
			{"a copy of what ended", copyWrite(key, 7, orders(key)["items alone"]), true},
		} {
			t.Log(test.what)
			commit(t, s, test.write)
			checkFound(t, s, key, test.want)
		}
		commit(t, s, forgetWrite(key), write(key, epoch7, 1)) // of one batch
		checkFound(t, s, key, true)
	}
	// An id of one kind finds nothing in another, nor does a text that is none.
	a := room("a").ObjectID()
	for _, test := range []struct{ kind, id string }{
		{"kind", a}, {"other", a}, {"", a}, {"room\x00", a}, {"room", ""}, {"room", "a"}, {"room", a[:63]}, {"room", a + "0"},
		{"room", room("b").ObjectID()}, {"kind", persistence.NewObjectID("kind")},
	} {
		if got, ok, err := s.Find(test.kind, test.id); ok || err != nil {
			t.Errorf("%q of kind %q: found %q, %v, %v", test.id, test.kind, got, ok, err)
		}
	}
	// Looking for rooms makes none.
	if got := list(t, s, persistence.RoomKey{}, 10); len(got) != 3 {
		t.Errorf("rooms are %v", got)
	}
}
