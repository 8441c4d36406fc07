package pebblestore_test

import (
	"math/rand/v2"
	"path"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/pebblestore"
)

// TestNothingIsLeftBehind looks at the keys of a store after copies and ends:
// there are those of the room as it is, and no others.
func TestNothingIsLeftBehind(t *testing.T) {
	d := newDisk(0, 1)
	fence := &persistence.Fence{Promised: 9}
	short := persistence.Copy{Lineage: testLineage, Last: testRecord(1, 4).Position}
	for seq := uint64(2); seq <= 4; seq++ {
		short.History = append(short.History, testRecord(1, seq))
	}
	short.Keys = []persistence.KeyEntry{{Slot: 5, At: short.Last}}
	for name, test := range map[string]struct {
		write persistence.Write
		keys  int
	}{
		"a copy":       {persistence.Write{Copy: &short, Fence: fence}, 1 + 1 + 3 + 1},
		"no message":   {persistence.Write{Copy: &persistence.Copy{}, Fence: fence}, 1},
		"the room end": {persistence.Write{Forget: true}, 0},
	} {
		test.write.Room = testRoom(1)
		s := d.open(t, 17) // so that records lie in more slots than a history of 10 has
		var batch []persistence.Write
		for seq := uint64(1); seq <= 30; seq++ {
			w := testWrite(1, seq)
			w.Fence = fence
			w.Key = &persistence.KeyEntry{Slot: uint32(seq) << 27, At: w.Record.Position}
			batch = append(batch, w)
		}
		if err := s.Commit(batch); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = d.open(t, 10)
		if err := s.Commit([]persistence.Write{test.write}); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		raw(t, d.fs, func(db *pebble.DB) error {
			it, err := db.NewIter(&pebble.IterOptions{LowerBound: []byte{1}}) // past what is the store's own
			if err != nil {
				return err
			}
			n := 0
			for valid := it.First(); valid; valid = it.Next() {
				n++
			}
			if n != test.keys {
				t.Errorf("%s: %d keys are left, want %d", name, n, test.keys)
			}
			return it.Close()
		})
	}
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
	c := persistence.Copy{Lineage: testLineage, Last: testRecord(i, 9).Position}
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
	want := persistence.State{Lineage: c.Lineage, Last: c.Last, History: c.History, Fence: fence}
	if st.Damaged { // the table may still be in the way of some
		want.Damaged = true
		want.History = c.History[len(c.History)-len(st.History):]
	}
	if !sameState(st, &want) {
		t.Errorf("room %d is %+v, want the copy", i, st)
	}
}
