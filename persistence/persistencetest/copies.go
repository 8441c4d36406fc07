package persistencetest

import (
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"

	"github.com/parlor-sse/parlor/persistence"
)

// fenceAt returns a fence that promised n and differs from that of any other n
// in every part.
func fenceAt(n uint64) persistence.Fence {
	return persistence.Fence{
		Promised: 10*n + 9, Holder: 10*n + 1, Ring: 10*n + 8, Accepted: 10*n + 2, AcceptedRing: 10*n + 3, Birth: 10*n + 4,
	}
}

func fenceWrite(key persistence.RoomKey, n uint64) persistence.Write {
	f := fenceAt(n)
	return persistence.Write{Room: key, Fence: &f}
}

func copyWrite(key persistence.RoomKey, n uint64, c persistence.Copy) persistence.Write {
	f := fenceAt(n)
	return persistence.Write{Room: key, Fence: &f, Copy: &c}
}

func forgetWrite(key persistence.RoomKey) persistence.Write {
	return persistence.Write{Room: key, Forget: true}
}

// keyAt returns an entry that tells its slot and message.
func keyAt(slot uint32, at persistence.Position) persistence.KeyEntry {
	return persistence.KeyEntry{
		Slot: slot, Hash: [16]byte{1, byte(slot), byte(at.Seq)}, Body: [16]byte{2, byte(slot), byte(at.Epoch)},
		Turn: at.Seq, At: at, Time: int64(at.Seq),
	}
}

// copyOf returns a copy of an order that the lineage tells: the records from
// first to last, and a key of the last one in each slot.
func copyOf(key persistence.RoomKey, lineage persistence.Lineage, first, last uint64, slots ...uint32) persistence.Copy {
	var c persistence.Copy
	for seq := first; seq <= last; seq++ {
		epoch, ok := lineage.EpochOf(seq)
		if !ok {
			epoch = lineage[0].Epoch - 1
		}
		c.History = append(c.History, record(key, epoch, seq))
	}
	c.Head = evenHead(lineage, c.History[len(c.History)-1].Position)
	for _, slot := range slots {
		c.Keys = append(c.Keys, keyAt(slot, c.Last))
	}
	return c
}

// checkState fails unless the room is exactly what is wanted, down to what a
// store may hide.
func checkState(t *testing.T, s persistence.Store, key persistence.RoomKey, want persistence.State) {
	t.Helper()
	if diff := differ(load(t, s, key), &want); diff != "" {
		t.Fatalf("%q: %s", key, diff)
	}
}

// differ tells in what got is not want, or returns "".
func differ(got, want *persistence.State) string {
	switch {
	case got.Damaged || got.Torn:
		return "it counts as damaged"
	case got.Fence != want.Fence:
		return fmt.Sprintf("fence is %+v, want %+v", got.Fence, want.Fence)
	case !slices.Equal(got.Lineage, want.Lineage):
		return fmt.Sprintf("lineage is %v, want %v", got.Lineage, want.Lineage)
	case !equalHeads(got.Head, want.Head):
		return fmt.Sprintf("head is %+v, want %+v", got.Head, want.Head)
	case !slices.EqualFunc(got.History, want.History, equalRecords):
		return fmt.Sprintf("history is %v, want %v", positions(got.History), positions(want.History))
	case !slices.EqualFunc(sortedKeys(got.Keys), sortedKeys(want.Keys), equalKeys):
		return fmt.Sprintf("keys are %v, want %v", sortedKeys(got.Keys), sortedKeys(want.Keys))
	}
	return differStored(got.Storage, want.Storage)
}

// equalHeads compares all of two heads but their lineages.
func equalHeads(a, b persistence.Head) bool {
	a.Lineage, b.Lineage = nil, nil
	return reflect.DeepEqual(a, b)
}

// stateOf returns the state of a room that holds c under the fence of n, in a
// store of that history size.
func stateOf(n uint64, c persistence.Copy, history int) persistence.State {
	return persistence.State{
		Head: c.Head, History: c.History[max(0, len(c.History)-history):], Keys: c.Keys, Storage: c.Storage, Fence: fenceAt(n),
	}
}

// orders are copies that differ in where they end, how much of the history they
// bring, how far back their lineage goes, and what is stored.
func orders(key persistence.RoomKey) map[string]persistence.Copy {
	long := persistence.Lineage{}
	for i := range uint64(persistence.MaxSpans) {
		long = append(long, persistence.Span{Epoch: 100 + 10*i, First: 200 + 2*i})
	}
	high := ^uint64(0) - 5
	return map[string]persistence.Copy{
		"nothing":              {},
		"one message":          copyOf(key, epoch7, 1, 1, 0),
		"a short history":      copyOf(key, epoch7, 1, 4),
		"lower than before":    copyOf(key, persistence.Lineage{{Epoch: 5, First: 1}, {Epoch: 6, First: 8}}, 3, 12, 0, 1<<16, 1<<16+4095),
		"a part of before":     copyOf(key, epoch7, 26, 28),
		"higher than before":   copyOf(key, persistence.Lineage{{Epoch: 7, First: 1}, {Epoch: 9, First: 31}}, 491, 500, 2),
		"more than is kept":    copyOf(key, persistence.Lineage{{Epoch: 8, First: 40}}, 41, 90),
		"older than its spans": copyOf(key, persistence.Lineage{{Epoch: 7, First: 1}}.Begin(9, 18), 9, 17),
		"before all spans":     copyOf(key, persistence.Lineage{{Epoch: 7, First: 18}}, 9, 17, 3),
		"into its spans":       copyOf(key, persistence.Lineage{{Epoch: 7, First: 18}}, 13, 22),
		"many spans":           copyOf(key, long, 221, 230, 1<<32-1),
		"the last numbers":     copyOf(key, persistence.Lineage{{Epoch: high, First: high - 20}}, high-9, high),
		"messages and items":   storing(copyOf(key, epoch7, 5, 14, 1), 90, item("a", 1), item("b", 2), item("b\x00", 3)),
		"other items":          storing(copyOf(key, epoch7, 16, 17), 40, item("", 1)),
		"items alone":          storing(persistence.Copy{}, 3, item("b", 4), item("c", 5)),
		"an alarm alone":       storing(persistence.Copy{}, 1),
	}
}

// testCopy puts each of the orders in the place of nothing and of each other.
func testCopy(t *testing.T, subject Subject) {
	const history = 10
	s := subject.Open(t, history)
	defer closeStore(t, s)
	n := uint64(0)
	for from := range orders(room("x")) {
		for to := range orders(room("x")) {
			key := room(from + ", then " + to)
			before, after := orders(key)[from], orders(key)[to]
			n += 2
			commit(t, s, copyWrite(key, n, before))
			checkState(t, s, key, stateOf(n, before, history))
			commit(t, s, copyWrite(key, n+1, after))
			checkState(t, s, key, stateOf(n+1, after, history))
		}
	}
}

// testCopyReplacesEverything has each of the orders follow on a room that was
// written to message by message.
func testCopyReplacesEverything(t *testing.T, subject Subject) {
	const history = 10
	s := subject.Open(t, history)
	defer closeStore(t, s)
	other := room("anothera") // of nearly the same name
	commit(t, s, writes(other, epoch7, 1, 30)...)
	for name := range orders(room("x")) {
		key := room("another" + name)
		c := orders(key)[name]
		for seq := uint64(1); seq <= 30; seq++ {
			w := write(key, epoch7, seq)
			commit(t, s, keyed(w, keyAt(uint32(seq)<<12, w.Head.Last)))
		}
		commit(t, s, copyWrite(key, 1, c))
		checkState(t, s, key, stateOf(1, c, history))
	}
	checkHistory(t, s, other, records(other, 7, 21, 30))
}

// testCopyContinues writes turns on after each of the orders.
func testCopyContinues(t *testing.T, subject Subject) {
	const history = 10
	s := subject.Open(t, history)
	defer closeStore(t, s)
	for name := range orders(room("x")) {
		key := room(name)
		c := copyWrite(key, 1, orders(key)[name])
		commit(t, s, writes(key, epoch7, 1, 30)...)
		commit(t, s, c)
		want := newAuthor(key)
		want.take(c)
		epoch := want.head.Lineage.Current() + 1
		for n := range 4 {
			if n%2 == 0 {
				commit(t, s, want.message(epoch))
			} else {
				commit(t, s, want.turn(epoch, n, put(item("a", n))))
			}
			checkState(t, s, key, want.state(history))
		}
	}
}

func testForget(t *testing.T, subject Subject) {
	s := subject.Open(t, 10)
	defer closeStore(t, s)
	key, other := room("a"), room("ab")
	last := write(key, epoch7, 31)
	last = keyed(last, keyAt(1<<16, last.Head.Last))
	for name, before := range map[string][]persistence.Write{
		"nothing":        nil,
		"a fence":        {fenceWrite(key, 1)},
		"messages":       append(writes(key, epoch7, 1, 30), last),
		"a copy":         {copyWrite(key, 2, orders(key)["lower than before"])},
		"an empty copy":  {copyWrite(key, 2, persistence.Copy{})},
		"items":          {newAuthor(key).turn(7, 0, put(item("a", 1)), alarmAt(5))},
		"a copied item":  {copyWrite(key, 2, orders(key)["messages and items"])},
		"all of it":      append(writes(key, epoch7, 1, 30), last, fenceWrite(key, 3)),
		"it, once again": {forgetWrite(key)},
	} {
		commit(t, s, append(slices.Clone(before), write(other, epoch7, 1))...)
		commit(t, s, forgetWrite(key))
		checkState(t, s, key, persistence.State{})
		checkFound(t, s, key, false)
		checkAlarms(t, s)
		if got := list(t, s, persistence.RoomKey{}, 10); len(got) != 1 || got[0].key != other {
			t.Fatalf("%s is forgotten, and listed are %v", name, got)
		}
		// What comes afterwards is alone there.
		lineage := persistence.Lineage{{Epoch: 9, First: 1}}
		commit(t, s, write(key, lineage, 3))
		checkState(t, s, key, persistence.State{
			Head: evenHead(lineage, persistence.Position{Epoch: 9, Seq: 3}), History: records(key, 9, 3, 3),
		})
		commit(t, s, forgetWrite(key))
	}
}

// testLoadDuringCopy reads a room while copies of two orders replace each
// other: what is read is one of them, whole.
func testLoadDuringCopy(t *testing.T, subject Subject) {
	s := subject.Open(t, 10)
	defer closeStore(t, s)
	key := room("a")
	var states [2]persistence.State
	var copies [2]persistence.Write
	for i, name := range []string{"many spans", "messages and items"} {
		copies[i] = copyWrite(key, uint64(i), orders(key)[name])
		states[i] = stateOf(uint64(i), orders(key)[name], 10)
	}
	commit(t, s, copies[0])
	done := make(chan struct{})
	var reader sync.WaitGroup
	reader.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			st, err := s.Load(key)
			if err != nil {
				t.Errorf("load: %v", err)
				return
			}
			if a, b := differ(st, &states[0]), differ(st, &states[1]); a != "" && b != "" {
				t.Errorf("neither the one copy (%s) nor the other (%s)", a, b)
				return
			}
		}
	})
	for i := range 100 {
		commit(t, s, copies[(i+1)%2])
	}
	close(done)
	reader.Wait()
}
