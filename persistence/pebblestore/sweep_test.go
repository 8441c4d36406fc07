package pebblestore_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/pebblestore"
)

// TestNothingIsLeftBehind looks at the keys of a store after copies, ends and
// the like: there are those of the room as it is, and no others.
func TestNothingIsLeftBehind(t *testing.T) {
	fence := &persistence.Fence{Promised: 9}
	short := persistence.Copy{Head: testHead(4), Keys: []persistence.KeyEntry{{Slot: 5, Turn: 4, At: testHead(4).Last}}}
	for seq := uint64(2); seq <= 4; seq++ {
		short.History = append(short.History, testRecord(1, seq))
	}
	stored := persistence.Copy{Storage: persistence.NewStorage([]persistence.Item{testItem(0, 1), testItem(9, 1)})}
	stored.Head = persistence.Head{Turn: 1, Uneven: true, Alarm: persistence.Alarm{At: 3}, Items: 2, Bytes: uint64(stored.Storage.Bytes())}
	cleared := &persistence.Turn{Change: &persistence.Change{Clear: true, Alarm: &persistence.Alarm{}}}
	for name, test := range map[string]struct {
		write func(persistence.Head) persistence.Write // after that head
		keys  int
	}{
		"a copy":       {func(persistence.Head) persistence.Write { return persistence.Write{Copy: &short, Fence: fence} }, 3 + 3 + 1},
		"stored items": {func(persistence.Head) persistence.Write { return persistence.Write{Copy: &stored, Fence: fence} }, 3 + 1 + 2},
		"no message": {func(persistence.Head) persistence.Write {
			return persistence.Write{Copy: &persistence.Copy{}, Fence: fence}
		}, 1},
		"a turn": {func(h persistence.Head) persistence.Write {
			return persistence.Write{Turn: cleared, Head: h.After(cleared, nil)}
		}, 3 + 17 + 30},
		"the room end": {func(persistence.Head) persistence.Write { return persistence.Write{Forget: true} }, 0},
	} {
		for _, items := range []int{1, 2 * pebblestore.MaxSweptItems} {
			d := newDisk(0, 1)
			head := fillToSweep(t, d, items, fence)
			w := test.write(head)
			w.Room = testRoom(1)
			s := d.open(t, 10)
			if err := errors.Join(s.Commit([]persistence.Write{w}), s.Close()); err != nil {
				t.Fatal(err)
			}
			if n := countKeys(t, d); n != test.keys {
				t.Errorf("%s instead of %d items: %d keys are left, want %d", name, items, n, test.keys)
			}
		}
	}
}

// fillToSweep makes a room with 30 messages, as many keys, so many items and an
// alarm, and returns its head. Its records lie in more slots than a history of
// 10 has.
func fillToSweep(t *testing.T, d *disk, items int, fence *persistence.Fence) persistence.Head {
	t.Helper()
	s := d.open(t, 17)
	var batch []persistence.Write
	for seq := uint64(1); seq <= 30; seq++ {
		w := keyedWrite(1, seq, uint32(seq)<<27)
		w.Fence = fence
		batch = append(batch, w)
	}
	turn := &persistence.Turn{Change: &persistence.Change{Alarm: &persistence.Alarm{At: 5}}}
	for n := range items {
		it := testItem(0, n)
		it.Key += fmt.Sprintf(" %05d", n)
		turn.Change.Puts = append(turn.Change.Puts, it)
	}
	head := testHead(30).After(turn, persistence.NewStorage(turn.Change.Puts))
	batch = append(batch, persistence.Write{Room: testRoom(1), Turn: turn, Head: head})
	if err := errors.Join(s.Commit(batch), s.Close()); err != nil {
		t.Fatal(err)
	}
	return head
}

// countKeys returns how many keys a closed store holds, but its own.
func countKeys(t *testing.T, d *disk) (n int) {
	t.Helper()
	raw(t, d.fs, func(db *pebble.DB) error {
		it, err := db.NewIter(&pebble.IterOptions{LowerBound: []byte{1}})
		if err != nil {
			return err
		}
		for valid := it.First(); valid; valid = it.Next() {
			n++
		}
		return it.Close()
	})
	return n
}

// TestCopyOverDamage puts copies in the place of rooms whose tables were
// damaged: what can't be read stops no copy, and is never served with it.
func TestCopyOverDamage(t *testing.T) {
	d := newDisk(100, 1)
	fillForDamage(t, d, true)
	rng := rand.New(rand.NewPCG(6, 6))
	unreadable := 0
	for _, name := range files(t, d.fs, func(name string) bool { return path.Ext(name) == ".sst" }) {
		for range 20 {
			d := &disk{fs: d.fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: d.rng})}
			b := readFile(t, d.fs, name)
			b[rng.IntN(len(b))] ^= 1 << rng.IntN(8)
			writeFile(t, d.fs, name, b)
			cfg := testConfig(t)
			cfg.FS, cfg.History = d.fs, 10
			s, err := pebblestore.Open(diskDir, cfg)
			if err != nil {
				continue
			}
			for i := range damageRooms {
				if st, err := s.Load(testRoom(i)); err != nil || st.Damaged {
					unreadable++
				}
				copyOverDamage(t, s, i)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	if unreadable == 0 {
		t.Error("all rooms could be read: the test tests nothing")
	}
}

func copyOverDamage(t *testing.T, s *pebblestore.Store, i int) {
	t.Helper()
	c := persistence.Copy{Head: testHead(9)}
	for seq := uint64(3); seq <= 9; seq++ {
		c.History = append(c.History, testRecord(i, seq))
	}
	fence := persistence.Fence{Promised: 100}
	if err := s.Commit([]persistence.Write{{Room: testRoom(i), Copy: &c, Fence: &fence}}); err != nil {
		t.Fatal(err)
	}
	st, err := s.Load(testRoom(i))
	if err != nil {
		t.Fatal(err)
	}
	want := persistence.State{Head: c.Head, History: c.History, Fence: fence}
	if st.Damaged { // the table may still be in the way of some
		want.Damaged = true
		want.History = c.History[len(c.History)-len(st.History):]
	}
	if !sameState(st, &want) {
		t.Errorf("room %d is %+v, want the copy", i, st)
	}
}
