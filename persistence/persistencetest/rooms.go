package persistencetest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/parlor-sse/parlor/persistence"
)

// inOrder are rooms in the order of (kind, name), picked so that the order of
// "kind/name", or of any other joined text, is another one.
var inOrder = []persistence.RoomKey{
	{Kind: "a", Name: "b"},
	{Kind: "a", Name: "z"},
	{Kind: "a!", Name: "a"},
	{Kind: "a-b", Name: "a"},
	{Kind: "ab", Name: "0"},
	{Kind: "ab", Name: "00"},
	{Kind: "ab", Name: "00:"},
	{Kind: "ab", Name: "01"},
	{Kind: "ab", Name: "\u00e9"},
	{Kind: "b", Name: "\x01"},
	{Kind: "b", Name: "a"},
	{Kind: "b", Name: "~"},
	{Kind: "\u00e9", Name: "a"},
}

type listed struct {
	key  persistence.RoomKey
	last persistence.Position
}

// list returns at most limit rooms.
func list(t *testing.T, s persistence.Store, from persistence.RoomKey, limit int) []listed {
	t.Helper()
	var out []listed
	err := s.Rooms(from, func(key persistence.RoomKey, last persistence.Position) bool {
		out = append(out, listed{key, last})
		return len(out) < limit
	})
	if err != nil {
		t.Fatalf("rooms: %v", err)
	}
	return out
}

func testRooms(t *testing.T, subject Subject) {
	s := subject.Open(t, 10)
	defer closeStore(t, s)
	if got := list(t, s, persistence.RoomKey{}, 100); len(got) != 0 {
		t.Fatalf("an empty store lists %v", got)
	}
	var want []listed
	for i, key := range inOrder {
		last := uint64(1 + i%3)
		want = append(want, listed{key, persistence.Position{Epoch: 7, Seq: last}})
	}
	for _, i := range []int{5, 0, 12, 3, 9, 7, 1, 11, 2, 10, 4, 8, 6} {
		commit(t, s, writes(inOrder[i], epoch7, 1, want[i].last.Seq)...)
	}
	if got := list(t, s, persistence.RoomKey{}, 100); !slices.Equal(got, want) {
		t.Fatalf("rooms are %v, want %v", got, want)
	}
	for i, key := range inOrder {
		if got := list(t, s, key, 100); !slices.Equal(got, want[i:]) {
			t.Fatalf("rooms from %q are %v, want %v", key, got, want[i:])
		}
		// The place just after the room, where no room is.
		after := persistence.RoomKey{Kind: key.Kind, Name: key.Name + "\x01"}
		if got := list(t, s, after, 100); !slices.Equal(got, want[i+1:]) {
			t.Fatalf("rooms from %q are %v, want %v", after, got, want[i+1:])
		}
	}
	if got := list(t, s, persistence.RoomKey{Kind: "b"}, 100); !slices.Equal(got, want[9:]) {
		t.Fatalf("rooms from kind b are %v, want %v", got, want[9:])
	}
}

func testRoomsPaged(t *testing.T, subject Subject) {
	s := subject.Open(t, 10)
	defer closeStore(t, s)
	const rooms = 95
	var batch []persistence.Write
	for i := range rooms {
		batch = append(batch, write(room(fmt.Sprintf("%03d", i)), epoch7, 1))
	}
	commit(t, s, batch...)
	var got []persistence.RoomKey
	from := persistence.RoomKey{}
	for {
		page := list(t, s, from, 11)
		for _, l := range page[:min(10, len(page))] {
			got = append(got, l.key)
		}
		if len(page) < 11 {
			break
		}
		from = page[10].key
	}
	for i, key := range got {
		if want := room(fmt.Sprintf("%03d", i)); key != want {
			t.Fatalf("room %d is %q, want %q", i, key, want)
		}
	}
	if len(got) != rooms {
		t.Fatalf("pages hold %d rooms, want %d", len(got), rooms)
	}
}

// testRoomsCallsStore loads and writes rooms from within a walk, which sees
// none of what is written meanwhile.
func testRoomsCallsStore(t *testing.T, subject Subject) {
	s := subject.Open(t, 10)
	defer closeStore(t, s)
	commit(t, s, write(room("a"), epoch7, 1), write(room("b"), epoch7, 1))
	var got []listed
	err := s.Rooms(persistence.RoomKey{}, func(key persistence.RoomKey, last persistence.Position) bool {
		got = append(got, listed{key, last})
		checkHistory(t, s, key, records(key, 7, 1, 1))
		if key == room("a") {
			commit(t, s, write(room("aa"), epoch7, 1), write(room("c"), epoch7, 1))
		}
		return true
	})
	if err != nil {
		t.Fatalf("rooms: %v", err)
	}
	at := persistence.Position{Epoch: 7, Seq: 1}
	if want := []listed{{room("a"), at}, {room("b"), at}}; !slices.Equal(got, want) {
		t.Fatalf("the walk saw %v, want %v", got, want)
	}
}
