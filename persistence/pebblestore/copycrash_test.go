package pebblestore_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/pebblestore"
)

// script is a life of one room that is told over and over: writes of all
// kinds, of which the first forgets the room.
type script struct {
	writes []persistence.Write
	states []*persistence.State // states[i] is the room after writes[i]
}

// newScript makes a script of n writes to room i. A store in memory tells what
// they come to.
func newScript(t *testing.T, i, n int) *script {
	t.Helper()
	rng := rand.New(rand.NewPCG(uint64(i), 6))
	oracle := persistence.NewMemoryStore(persistence.MemoryConfig{History: 10})
	defer oracle.Close()
	s := &script{}
	last := &persistence.State{}
	for len(s.writes) < n {
		w := scriptWrite(rng, i, len(s.writes), last)
		if err := oracle.Commit([]persistence.Write{w}); err != nil {
			t.Fatal(err)
		}
		var err error
		if last, err = oracle.Load(testRoom(i)); err != nil {
			t.Fatal(err)
		}
		s.writes = append(s.writes, w)
		s.states = append(s.states, last)
	}
	return s
}

// scriptWrite picks write n to room i, which is in state st.
func scriptWrite(rng *rand.Rand, i, n int, st *persistence.State) persistence.Write {
	w := persistence.Write{Room: testRoom(i)}
	fence := &persistence.Fence{Promised: uint64(n), Ring: 1, Accepted: uint64(n) / 2}
	kind := rng.IntN(20)
	switch {
	case n == 0, kind == 0:
		w.Forget = true
	case kind < 4:
		w.Fence = fence
	case kind < 8:
		w.Fence = fence
		w.Copy = scriptCopy(rng, i, n, st)
	default:
		t := scriptTurn(rng, i, n, st)
		storage := st.Storage.Clone()
		if t.Change != nil {
			storage.Apply(t.Change)
		}
		w.Turn, w.Head = t, st.Head.After(t, storage)
		if kind < 12 {
			w.Fence = fence
		}
	}
	return w
}

// scriptCopy picks a copy near to the state: with messages, items, both or
// nothing.
func scriptCopy(rng *rand.Rand, i, n int, st *persistence.State) *persistence.Copy {
	c := &persistence.Copy{}
	if last := rng.Uint64N(st.Last.Seq + 20); last > 0 {
		c.Head = testHead(last)
		for seq := last - rng.Uint64N(min(last, 12)); seq <= last; seq++ {
			c.History = append(c.History, testRecord(i, seq))
		}
		c.Keys = []persistence.KeyEntry{{Slot: rng.Uint32N(3) << 16, Turn: last, At: c.Last, Time: int64(n)}}
	}
	if rng.IntN(2) == 0 {
		c.Turn, c.Uneven = c.Turn+1, true
		c.Alarm.At = rng.Int64N(4)
		c.Storage = persistence.NewStorage([]persistence.Item{testItem(rng.IntN(6), n), testItem(9, n)})
		c.Items, c.Bytes = uint64(c.Storage.Len()), uint64(c.Storage.Bytes())
	}
	return c
}

// scriptTurn picks a turn on top of the state.
func scriptTurn(rng *rand.Rand, i, n int, st *persistence.State) *persistence.Turn {
	t := &persistence.Turn{}
	for range []int{1, 1, 1, 1, 0, 2}[rng.IntN(6)] {
		t.Records = append(t.Records, testRecord(i, st.Last.Seq+1+uint64(len(t.Records))))
	}
	t.Key = &persistence.KeyEntry{Slot: rng.Uint32N(3) << 16, Turn: st.Turn + 1, Time: int64(n)}
	if rng.IntN(2) == 0 {
		t.Change = &persistence.Change{Clear: rng.IntN(6) == 0}
		for at := range 6 {
			switch rng.IntN(4) {
			case 0:
				t.Change.Puts = append(t.Change.Puts, testItem(at, n))
			case 1:
				t.Change.Deletes = append(t.Change.Deletes, testItem(at, n).Key)
			}
		}
		if rng.IntN(3) == 0 {
			t.Change.Alarm = &persistence.Alarm{At: rng.Int64N(4)}
		}
	}
	return t
}

// testItem returns the item that write n puts under key number at.
func testItem(at, n int) persistence.Item {
	return persistence.Item{Key: fmt.Sprintf("item %d", at), Value: fmt.Appendf(nil, "%d%s", n, strings.Repeat("v", n%300))}
}

// TestCrashWhileCopying cuts the power while copies, fences, turns and ends
// follow on each other. A room is afterwards as one of its writes left it: not
// one that is older than what was acknowledged, and nothing in between.
func TestCrashWhileCopying(t *testing.T) {
	const length = 500
	var scripts []*script
	for i := range crashRooms {
		scripts = append(scripts, newScript(t, i, length))
	}
	write := func(i int, n uint64) persistence.Write { return scripts[i].writes[(n-1)%length] }
	crashWhileWriting(t, write, func(t *testing.T, s *pebblestore.Store, i int, acked, handedIn uint64) {
		st, err := s.Load(testRoom(i))
		if err != nil {
			t.Fatal(err)
		}
		checkIndexes(t, s, i, st)
		if acked == 0 && sameState(st, &persistence.State{}) {
			return
		}
		for n := max(acked, 1); n <= handedIn; n++ {
			if sameState(st, scripts[i].states[(n-1)%length]) {
				return
			}
		}
		t.Errorf("room %d is as none of the writes %d to %d left it: %+v", i, acked, handedIn, st)
	})
}

// checkIndexes fails unless room i, which is in state st, is found by its id and
// called at its time, and in no other way.
func checkIndexes(t *testing.T, s *pebblestore.Store, i int, st *persistence.State) {
	t.Helper()
	room, ok, err := s.Find("room", testRoom(i).ObjectID())
	if known := st.Turn > 0; err != nil || ok != known || known && room != testRoom(i) {
		t.Errorf("room %d of %d turns: found %q, %v, %v", i, st.Turn, room, ok, err)
	}
	var at []int64
	err = s.Alarms(math.MaxInt64, func(room persistence.RoomKey, time int64) bool {
		if room == testRoom(i) {
			at = append(at, time)
		}
		return true
	})
	var want []int64
	if st.Alarm.At > 0 {
		want = append(want, st.Alarm.At)
	}
	if err != nil || !slices.Equal(at, want) {
		t.Errorf("room %d has the alarm %+v and is called at %v, %v", i, st.Alarm, at, err)
	}
}

func sameState(a, b *persistence.State) bool {
	bySlot := func(a, b persistence.KeyEntry) int { return int(a.Slot) - int(b.Slot) }
	return a.Fence == b.Fence && reflect.DeepEqual(a.Head, b.Head) && a.Damaged == b.Damaged && a.Torn == b.Torn &&
		reflect.DeepEqual(slices.SortedFunc(slices.Values(a.Keys), bySlot), slices.SortedFunc(slices.Values(b.Keys), bySlot)) &&
		slices.EqualFunc(a.History, b.History, func(a, b persistence.Record) bool {
			return a.Position == b.Position && a.Event == b.Event && bytes.Equal(a.Data, b.Data)
		}) && reflect.DeepEqual(itemsOf(a.Storage), itemsOf(b.Storage))
}

func itemsOf(s *persistence.Storage) map[string]string {
	items := make(map[string]string)
	s.Ascend("", func(it persistence.Item) bool {
		items[it.Key] = string(it.Value)
		return true
	})
	return items
}
