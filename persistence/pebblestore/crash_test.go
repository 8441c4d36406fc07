package pebblestore_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/pebblestore"
)

const testEpoch = 7

var testLineage = persistence.Lineage{{Epoch: testEpoch, First: 1}}

func testRoom(i int) persistence.RoomKey {
	return persistence.RoomKey{Kind: "room", Name: fmt.Sprintf("room-%d", i)}
}

// testRecord returns the one record that room i may hold at seq.
func testRecord(i int, seq uint64) persistence.Record {
	return persistence.Record{
		Position: persistence.Position{Epoch: testEpoch, Seq: seq},
		Time:     int64(seq),
		Event:    "broadcast",
		Data:     fmt.Appendf(nil, `{"room":%d,"seq":%d,"fill":%q}`, i, seq, strings.Repeat("x", int(seq*13%200))),
	}
}

// testHead returns the head of a room of which every turn is one message, seq
// the newest.
func testHead(seq uint64) persistence.Head {
	return persistence.Head{Turn: seq, Last: persistence.Position{Epoch: testEpoch, Seq: seq}, Lineage: testLineage}
}

func testWrite(i int, seq uint64) persistence.Write {
	return persistence.Write{
		Room: testRoom(i), Turn: &persistence.Turn{Records: []persistence.Record{testRecord(i, seq)}}, Head: testHead(seq),
	}
}

// keyedWrite is testWrite with a key in its turn.
func keyedWrite(i int, seq uint64, slot uint32) persistence.Write {
	w := testWrite(i, seq)
	w.Turn.Key = &persistence.KeyEntry{Slot: slot, Turn: seq, At: w.Head.Last}
	return w
}

// checkRoom fails if what the store serves of room i is not part of what was
// written: a contiguous run up to Last, byte for byte. It returns the state.
func checkRoom(t *testing.T, s *pebblestore.Store, i int) *persistence.State {
	t.Helper()
	st, err := s.Load(testRoom(i))
	if err != nil {
		t.Fatal(err)
	}
	checkState(t, i, st)
	return st
}

func checkState(t *testing.T, i int, st *persistence.State) {
	t.Helper()
	for at, r := range st.History {
		if want := st.Last.Seq - uint64(len(st.History)-1-at); r.Seq != want {
			t.Fatalf("room %d: record %d of a history up to %v is %v", i, at, st.Last, r.Position)
		}
		want := testRecord(i, r.Seq)
		if r.Position != want.Position || r.Time != want.Time || r.Event != want.Event || !bytes.Equal(r.Data, want.Data) {
			t.Fatalf("room %d: %v is not what was written: %q", i, r.Position, r.Data)
		}
	}
	if whole := min(10, int(st.Last.Seq)); len(st.History) < whole && !st.Damaged {
		t.Fatalf("room %d: history up to %v holds %d records and nothing is said", i, st.Last, len(st.History))
	}
}

// tracker notes what was acknowledged of rooms that are written to without
// pause: of room i the writes 1, 2, 3 and so on that write tells.
type tracker struct {
	write func(i int, n uint64) persistence.Write

	mu    sync.Mutex
	acked []uint64 // by room
	next  []uint64
}

// run commits batches picked at random until stop is closed.
func (w *tracker) run(t *testing.T, s *pebblestore.Store, rng *rand.Rand, stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		default:
		}
		var batch []persistence.Write
		w.mu.Lock()
		for range 1 + rng.IntN(20) {
			i := rng.IntN(len(w.next))
			w.next[i]++
			batch = append(batch, w.write(i, w.next[i]))
		}
		done := slices.Clone(w.next)
		w.mu.Unlock()
		if err := s.Commit(batch); err != nil {
			t.Errorf("commit: %v", err)
			return
		}
		w.mu.Lock()
		w.acked = done
		w.mu.Unlock()
	}
}

// crashRooms is how many rooms are written to while the power is cut.
const crashRooms = 5

// roomCheck fails the test unless the store shows of room i all of its writes
// up to some one that is not below acked and not above handedIn.
type roomCheck func(t *testing.T, s *pebblestore.Store, i int, acked, handedIn uint64)

// crashWhileWriting cuts the power at moments picked at random while the
// writes go on, and has every room checked each time.
func crashWhileWriting(t *testing.T, write func(i int, n uint64) persistence.Write, check roomCheck) {
	const cuts = 8
	for _, unsynced := range []int{0, 50, 100} {
		t.Run(fmt.Sprintf("unsynced=%d", unsynced), func(t *testing.T) {
			d := newDisk(unsynced, uint64(unsynced))
			s := d.open(t, 10)
			life := s.Life()
			w := &tracker{write: write, acked: make([]uint64, crashRooms), next: make([]uint64, crashRooms)}
			stop := make(chan struct{})
			var writer sync.WaitGroup
			writer.Go(func() { w.run(t, s, rand.New(rand.NewPCG(1, 1)), stop) })
			defer func() {
				close(stop)
				writer.Wait()
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}()
			for range cuts {
				w.mu.Lock()
				acked := slices.Clone(w.acked)
				w.mu.Unlock()
				after := &disk{fs: d.fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: unsynced, RNG: d.rng})}
				w.mu.Lock()
				handedIn := slices.Clone(w.next)
				w.mu.Unlock()
				checkAfterCut(t, after, life, func(s *pebblestore.Store) {
					for i := range crashRooms {
						check(t, s, i, acked[i], handedIn[i])
					}
				})
			}
		})
	}
}

func checkAfterCut(t *testing.T, d *disk, before persistence.Life, check func(*pebblestore.Store)) {
	t.Helper()
	s := d.open(t, 10)
	defer s.Close()
	if life := s.Life(); life.Epoch <= before.Epoch || !slices.Contains(life.Past, before.Epoch) {
		t.Errorf("life is %+v, before the crash it was %+v", life, before)
	}
	check(s)
}

// TestCrashWhileCommitting wants every message that was acknowledged when the
// power was cut.
func TestCrashWhileCommitting(t *testing.T) {
	crashWhileWriting(t, testWrite, func(t *testing.T, s *pebblestore.Store, i int, acked, handedIn uint64) {
		st := checkRoom(t, s, i)
		if st.Damaged || st.Last.Seq < acked || st.Last.Seq > handedIn {
			t.Errorf("room %d ends at %v, want %d to %d (damaged: %v)", i, st.Last, acked, handedIn, st.Damaged)
		}
	})
}
