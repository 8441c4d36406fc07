package persistencetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/parlor-sse/parlor/persistence"
)

func testClose(t *testing.T, subject Subject) {
	s := subject.Open(t, 10)
	commit(t, s, write(room("a"), epoch7, 1))
	closeStore(t, s)
	_, loadErr := s.Load(room("a"))
	_, _, findErr := s.Find("room", room("a").ObjectID())
	for call, err := range map[string]error{
		"Load":   loadErr,
		"Commit": s.Commit([]persistence.Write{write(room("a"), epoch7, 2)}),
		"Rooms":  s.Rooms(persistence.RoomKey{}, func(persistence.RoomKey, persistence.Position) bool { return true }),
		"Alarms": s.Alarms(1, func(persistence.RoomKey, int64) bool { return true }),
		"Find":   findErr,
		"Close":  s.Close(),
	} {
		if !errors.Is(err, persistence.ErrClosed) {
			t.Errorf("%s after Close: %v, want ErrClosed", call, err)
		}
	}
}

// testLoadDuringCommit reads rooms while they are written: what is read has no
// hole, is at least what was committed before and at most what was handed in.
func testLoadDuringCommit(t *testing.T, subject Subject) {
	const (
		rooms   = 3
		batches = 100
	)
	s := subject.Open(t, 10)
	defer closeStore(t, s)
	var handedIn, committed atomic.Uint64
	done := make(chan struct{})
	var readers sync.WaitGroup
	for i := range rooms {
		readers.Go(func() {
			key := room(fmt.Sprint(i))
			for running := true; running; {
				select {
				case <-done:
					running = false
				default:
				}
				atLeast := committed.Load()
				st, err := s.Load(key)
				atMost := handedIn.Load()
				if err != nil {
					t.Errorf("load: %v", err)
					return
				}
				if st.Last.Seq < atLeast || st.Last.Seq > atMost {
					t.Errorf("last is %v, want %d to %d", st.Last, atLeast, atMost)
					return
				}
				if want := min(10, int(st.Last.Seq)); len(st.History) != want || want > 0 && st.History[want-1].Position != st.Last {
					t.Errorf("history up to %v is %v", st.Last, positions(st.History))
					return
				}
			}
		})
	}
	for n := range uint64(batches) {
		first, last := 3*n+1, 3*n+3
		var batch []persistence.Write
		for i := range rooms {
			batch = append(batch, writes(room(fmt.Sprint(i)), epoch7, first, last)...)
		}
		handedIn.Store(last)
		commit(t, s, batch...)
		committed.Store(last)
	}
	close(done)
	readers.Wait()
}

func testReopen(t *testing.T, subject Subject) {
	s := subject.Open(t, 10)
	life := s.Life()
	lineage := epoch7.Begin(9, 4)
	e := persistence.KeyEntry{Slot: 3, Hash: [16]byte{1}, Body: [16]byte{2}, Turn: 5, At: persistence.Position{Epoch: 9, Seq: 5}, Time: 4}
	last := keyed(write(room("a"), lineage, 5), e)
	commit(t, s, writes(room("a"), epoch7, 1, 3)...)
	commit(t, s, write(room("a"), lineage, 4), last)
	commit(t, s, writes(room("b"), epoch7, 1, 33)...)
	c := newAuthor(room("c"))
	commit(t, s, c.turn(7, 0, put(item("a", 1), item("b", 1)), alarmAt(5)), c.turn(7, 2, remove("a")))
	for range 3 {
		closeStore(t, s)
		s = subject.Open(t, 10)
		if got := s.Life(); got.Epoch != life.Epoch || len(got.Past) != 0 {
			t.Fatalf("life after a clean close is %+v, want %+v", got, life)
		}
		checkHistory(t, s, room("a"), append(records(room("a"), 7, 1, 3), records(room("a"), 9, 4, 5)...))
		checkHistory(t, s, room("b"), records(room("b"), 7, 24, 33))
		checkKeys(t, s, room("a"), e)
		checkState(t, s, c.key, c.state(10))
		checkAlarms(t, s, called{c.key, 5})
		checkFound(t, s, c.key, true)
		if got := load(t, s, room("a")).Lineage; !slices.Equal(got, lineage) {
			t.Fatalf("lineage is %v, want %v", got, lineage)
		}
	}
	closeStore(t, s)
}

func testHistoryChange(t *testing.T, subject Subject) {
	key, other := room("a"), room("b")
	s := subject.Open(t, 10)
	commit(t, s, writes(key, epoch7, 1, 25)...)
	commit(t, s, writes(other, epoch7, 1, 7)...)
	closeStore(t, s)

	s = subject.Open(t, 17)
	checkHistory(t, s, key, records(key, 7, 16, 25))
	commit(t, s, writes(key, epoch7, 26, 28)...)
	checkHistory(t, s, key, records(key, 7, 16, 28))
	commit(t, s, writes(key, epoch7, 29, 60)...)
	checkHistory(t, s, key, records(key, 7, 44, 60))
	closeStore(t, s)

	s = subject.Open(t, 4)
	checkHistory(t, s, key, records(key, 7, 57, 60))
	checkHistory(t, s, other, records(other, 7, 4, 7)) // two changes at once
	commit(t, s, write(key, epoch7, 61))
	checkHistory(t, s, key, records(key, 7, 58, 61))
	closeStore(t, s)

	// What a smaller history dropped does not come back.
	s = subject.Open(t, 10)
	checkHistory(t, s, key, records(key, 7, 58, 61))
	checkHistory(t, s, other, records(other, 7, 4, 7))
	commit(t, s, writes(key, epoch7, 62, 80)...)
	checkHistory(t, s, key, records(key, 7, 71, 80))
	closeStore(t, s)
}

// testHistoryChangeUnloaded writes to a room that was not loaded since the
// history changed: the history may be shorter than it could be, never wrong.
func testHistoryChangeUnloaded(t *testing.T, subject Subject) {
	key := room("a")
	s := subject.Open(t, 10)
	commit(t, s, writes(key, epoch7, 1, 25)...)
	closeStore(t, s)
	seq := uint64(25)
	for _, history := range []int{17, 3, 100, 10, 7} {
		s = subject.Open(t, history)
		for range 5 {
			commit(t, s, writes(key, epoch7, seq+1, seq+2)...)
			seq += 2
		}
		st := load(t, s, key)
		if st.Last.Seq != seq || len(st.History) == 0 || len(st.History) > history || st.Damaged {
			t.Fatalf("history of %d up to %d is %v", history, seq, positions(st.History))
		}
		checkContiguous(t, key, st)
		commit(t, s, writes(key, epoch7, seq+1, seq+200)...)
		seq += 200
		checkHistory(t, s, key, records(key, 7, seq-uint64(history)+1, seq))
		closeStore(t, s)
	}
}

// testReopenCopies finds copies and fences, and the ends of some, as they were
// when the store was closed, under a history that grows and shrinks.
func testReopenCopies(t *testing.T, subject Subject) {
	s := subject.Open(t, 10)
	for name, c := range orders(room("x")) {
		c = orders(room(name))[name]
		commit(t, s, writes(room(name), epoch7, 1, 30)...)
		commit(t, s, copyWrite(room(name), 1, c))
	}
	commit(t, s, fenceWrite(room("fence"), 2))
	commit(t, s, writes(room("gone"), epoch7, 1, 30)...)
	commit(t, s, fenceWrite(room("gone"), 3))
	commit(t, s, forgetWrite(room("gone")))
	kept := 10
	for _, history := range []int{10, 25, 4, 10} {
		closeStore(t, s)
		s = subject.Open(t, history)
		kept = min(kept, history)
		for name := range orders(room("x")) {
			checkState(t, s, room(name), stateOf(1, orders(room(name))[name], kept))
		}
		checkState(t, s, room("fence"), persistence.State{Fence: fenceAt(2)})
		checkState(t, s, room("gone"), persistence.State{})
	}
	// Records that a larger history had laid out elsewhere are swept too.
	key := room("more than is kept")
	closeStore(t, s)
	s = subject.Open(t, 17)
	commit(t, s, copyWrite(key, 4, orders(key)["a short history"]))
	checkState(t, s, key, stateOf(4, orders(key)["a short history"], 17))
	commit(t, s, forgetWrite(key))
	checkState(t, s, key, persistence.State{})
	closeStore(t, s)
}
