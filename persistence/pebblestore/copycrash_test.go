package pebblestore_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
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
		w.Copy = &persistence.Copy{}
		if last := rng.Uint64N(st.Last.Seq + 20); last > 0 {
			w.Copy.Lineage, w.Copy.Last = testLineage, testRecord(i, last).Position
			for seq := last - rng.Uint64N(min(last, 12)); seq <= last; seq++ {
				w.Copy.History = append(w.Copy.History, testRecord(i, seq))
			}
			w.Copy.Keys = []persistence.KeyEntry{{Slot: rng.Uint32N(3) << 16, At: w.Copy.Last, Time: int64(n)}}
		}
	default:
		w.Record, w.Lineage = testRecord(i, st.Last.Seq+1), testLineage
		w.Key = &persistence.KeyEntry{Slot: rng.Uint32N(3) << 16, At: w.Record.Position, Time: int64(n)}
		if kind < 12 {
			w.Fence = fence
		}
	}
	return w
}

// TestCrashWhileCopying cuts the power while copies, fences, messages and ends
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

func sameState(a, b *persistence.State) bool {
	bySlot := func(a, b persistence.KeyEntry) int { return int(a.Slot) - int(b.Slot) }
	return a.Fence == b.Fence && a.Last == b.Last && a.Damaged == b.Damaged && slices.Equal(a.Lineage, b.Lineage) &&
		slices.Equal(slices.SortedFunc(slices.Values(a.Keys), bySlot), slices.SortedFunc(slices.Values(b.Keys), bySlot)) &&
		slices.EqualFunc(a.History, b.History, func(a, b persistence.Record) bool {
			return a.Position == b.Position && a.Event == b.Event && bytes.Equal(a.Data, b.Data)
		})
}
