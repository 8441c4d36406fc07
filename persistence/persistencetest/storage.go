package persistencetest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/persistence"
)

// testStorage changes what a room stores, turn by turn, next to rooms whose keys
// begin alike.
func testStorage(t *testing.T, subject Subject) {
	s := subject.Open(t, 10)
	defer closeStore(t, s)
	a := newAuthor(room("a"))
	var others []*author
	for _, name := range []string{"", "a", "a\x01", "b"} {
		others = append(others, newAuthor(room("a"+name)), newAuthor(persistence.RoomKey{Kind: "room" + name + "x", Name: "a"}))
	}
	others = slices.DeleteFunc(others, func(o *author) bool { return o.key == a.key })
	for _, o := range others {
		commit(t, s, o.turn(7, 0, put(item("a", 1), item("b", 2))))
	}
	odd := []persistence.Item{ // in order
		{Key: "\x00", Value: []byte{0}},
		{Key: "\x00\x00", Value: []byte{}},
		{Key: "\x01", Value: []byte("\x00\xff")},
		{Key: strings.Repeat("k", persistence.MaxKeyBytes), Value: bytes.Repeat([]byte("v"), persistence.MaxValueBytes)},
		{Key: "\xff\xff", Value: []byte("last")},
	}
	for name, edits := range map[string][]edit{
		"nothing":       {},
		"put":           {put(item("a", 1), item("b", 1))},
		"put again":     {put(item("b", 2), item("c", 1))},
		"remove":        {remove("a")},
		"remove absent": {remove("a", "x")},
		"both":          {put(item("a", 3)), remove("c")},
		"odd keys":      {put(odd...)},
		"clear":         {removeAll},
		"clear and put": {removeAll, put(item("d", 1))},
		"clear it too":  {removeAll, remove("d"), put(item("c", 4))},
	} {
		commit(t, s, a.turn(7, len(name)%2, edits...))
		checkState(t, s, a.key, a.state(10))
		commit(t, s, a.message(7))
		checkState(t, s, a.key, a.state(10))
		commit(t, s, a.turn(7, 0, put(slices.Concat(odd[:2], []persistence.Item{item("c", 9), item("d", 9)})...)))
		checkState(t, s, a.key, a.state(10))
	}
	for _, o := range others {
		checkState(t, s, o.key, o.state(10))
	}
}

// testStorageOfOneBatch puts all kinds of changes to one room into one batch, in
// every order there is of them, after what was there before.
func testStorageOfOneBatch(t *testing.T, subject Subject) {
	s := subject.Open(t, 10)
	defer closeStore(t, s)
	a := newAuthor(room("a"))
	changes := [][]edit{
		{put(item("a", 1), item("b", 1))},
		{put(item("b", 2), item("c", 2)), remove("a")},
		{removeAll},
		{removeAll, put(item("c", 4), item("d", 4))},
		{remove("b", "d")},
	}
	permute(len(changes), func(order []int) {
		commit(t, s, a.turn(7, 0, removeAll, put(item("", 0), item("a", 0), item("d", 0))))
		var batch []persistence.Write
		for _, i := range order {
			batch = append(batch, a.turn(7, i%2, changes[i]...))
		}
		commit(t, s, batch...)
		checkState(t, s, a.key, a.state(10))
	})
}

// testStorageOfManyItems has storages of so many items, and so large, that they
// are removed in another way than small ones, and are written in several files.
func testStorageOfManyItems(t *testing.T, subject Subject) {
	const many, size = 5000, 60
	s := subject.Open(t, 10)
	defer closeStore(t, s)
	a, b := newAuthor(room("a")), newAuthor(room("b"))
	items := func(round int) []persistence.Item {
		var out []persistence.Item
		for n := range many {
			out = append(out, persistence.Item{
				Key: fmt.Sprintf("%d %05d", round%2, n), Value: fmt.Appendf(nil, "%0*d", size, round),
			})
		}
		return out
	}
	commit(t, s, b.turn(7, 0, put(items(0)...)))
	for round, w := range []func(int) persistence.Write{
		func(n int) persistence.Write { return a.turn(7, 1, put(items(n)...)) },
		func(n int) persistence.Write { return a.turn(7, 1, put(items(n)...)) },
		func(n int) persistence.Write { return a.turn(7, 1, removeAll, put(items(n)...)) },
		func(n int) persistence.Write { return a.turn(7, 1, put(items(n)...), removeAll) },
		func(n int) persistence.Write { return copyWrite(a.key, 1, storing(persistence.Copy{}, 1, items(n)...)) },
		func(n int) persistence.Write { return copyWrite(a.key, 2, storing(persistence.Copy{}, 1, items(n)...)) },
		func(int) persistence.Write { return copyWrite(a.key, 3, storing(persistence.Copy{}, 1, item("a", 1))) },
		func(n int) persistence.Write { return a.turn(7, 0, put(items(n)...)) },
		func(int) persistence.Write { return forgetWrite(a.key) },
		func(n int) persistence.Write { return a.turn(7, 0, put(items(n)...)) },
		func(int) persistence.Write { return a.turn(7, 0, removeAll) },
	} {
		next := w(round)
		if next.Turn == nil {
			a.take(next)
		}
		commit(t, s, next)
		checkState(t, s, a.key, a.state(10))
	}
	checkState(t, s, b.key, b.state(10))
}

// testStorageIsTheCallers changes storages that were handed to the store or
// received from it: neither is what the store holds.
func testStorageIsTheCallers(t *testing.T, subject Subject) {
	s := subject.Open(t, 10)
	defer closeStore(t, s)
	key := room("a")
	c := storing(persistence.Copy{}, 1, item("a", 1), item("b", 1))
	commit(t, s, copyWrite(key, 1, c))
	want := stateOf(1, c, 10)
	for range 2 {
		got := load(t, s, key)
		got.Storage.Apply(&persistence.Change{Clear: true, Puts: []persistence.Item{item("x", 1)}})
		checkState(t, s, key, want)
	}
	a := newAuthor(key)
	a.take(copyWrite(key, 1, c))
	commit(t, s, a.turn(7, 0, put(item("c", 1)), remove("a")))
	checkState(t, s, key, a.state(10))
	if c.Storage.Len() != 2 {
		t.Errorf("the copy's storage holds %d items", c.Storage.Len())
	}
}
