package pebblestore_test

import (
	"errors"
	"slices"
	"strconv"
	"testing"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/pebblestore"
)

// TestDamagedFence damages the fence of a room that has messages, and of one
// that has none: neither passes for a room that promised nothing, until a copy
// takes its place or it is forgotten.
func TestDamagedFence(t *testing.T) {
	fence := persistence.Fence{Promised: 9, Ring: 2, Accepted: 7}
	stored := persistence.AppendFence(nil, &fence)
	for name, change := range map[string]func(*pebble.DB) error{
		"flipped":  flip(fenceKey()),
		"empty":    func(db *pebble.DB) error { return db.Set(fenceKey(), nil, nil) },
		"cut":      func(db *pebble.DB) error { return db.Set(fenceKey(), stored[:len(stored)-1], nil) },
		"a record": set(fenceKey(), testRecord(1, 25)),
	} {
		for _, messages := range []bool{true, false} {
			t.Run(name+"/messages="+strconv.FormatBool(messages), func(t *testing.T) {
				d := newDisk(0, 1)
				if messages {
					fillDamaged(t, d)
				}
				s := d.open(t, 10)
				if err := errors.Join(s.Commit([]persistence.Write{{Room: testRoom(1), Fence: &fence}}), s.Close()); err != nil {
					t.Fatal(err)
				}
				raw(t, d.fs, change)
				s = d.open(t, 10)
				defer s.Close()
				for range 2 { // looking repairs nothing
					if st, err := s.Load(testRoom(1)); !errors.Is(err, persistence.ErrCorrupt) {
						t.Fatalf("loaded %+v, %v, want ErrCorrupt", st, err)
					}
				}
				if got := roomsOf(t, s); !slices.Contains(got, testRoom(1)) {
					t.Errorf("rooms are %v", got)
				}
				healed := persistence.Write{Room: testRoom(1), Fence: &fence, Copy: &persistence.Copy{}}
				for _, w := range []persistence.Write{healed, {Room: testRoom(1), Forget: true}} {
					if err := s.Commit([]persistence.Write{w}); err != nil {
						t.Fatal(err)
					}
					st, err := s.Load(testRoom(1))
					if err != nil || w.Forget != (st.Fence == persistence.Fence{}) || st.Last.Seq != 0 || st.Damaged {
						t.Errorf("after a copy, or an end: %+v, %v", st, err)
					}
				}
			})
		}
	}
}

func roomsOf(t *testing.T, s *pebblestore.Store) []persistence.RoomKey {
	t.Helper()
	var rooms []persistence.RoomKey
	err := s.Rooms(persistence.RoomKey{}, func(key persistence.RoomKey, _ persistence.Position) bool {
		rooms = append(rooms, key)
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return rooms
}

// TestReadsFormat1 opens a store as a program wrote it that knew no fences: all
// of it is there, and from then on the store has the present format, so that
// such a program leaves it alone.
func TestReadsFormat1(t *testing.T) {
	d := newDisk(0, 1)
	if err := d.fs.MkdirAll(diskDir, 0o700); err != nil {
		t.Fatal(err)
	}
	life := persistence.Life{Epoch: 5, Past: []uint64{2, 3}}
	raw(t, d.fs, func(db *pebble.DB) error { return writeFormat1(db, life) })

	in := inspect(t, d)
	if in.Format() != 1 || in.Life().Epoch != life.Epoch {
		t.Errorf("it is of format %d and life %+v", in.Format(), in.Life())
	}
	st, err := in.Load(testRoom(1))
	if err != nil {
		t.Fatal(err)
	}
	checkFormat1(t, st)
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}

	for range 2 {
		s := d.open(t, 10)
		if got := s.Life(); !slices.Contains(got.Past, life.Epoch) {
			t.Errorf("life is %+v, want one after %d", got, life.Epoch)
		}
		if got := roomsOf(t, s); !slices.Equal(got, []persistence.RoomKey{testRoom(1), testRoom(2)}) {
			t.Errorf("rooms are %v", got)
		}
		st := checkRoom(t, s, 1)
		checkFormat1(t, st)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		in := inspect(t, d)
		if in.Format() != pebblestore.FormatVersion {
			t.Errorf("after it was opened it is of format %d, want %d", in.Format(), pebblestore.FormatVersion)
		}
		if err := in.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// writeFormat1 writes two rooms with the messages 16 to 25 and one key each.
func writeFormat1(db *pebble.DB, life persistence.Life) error {
	err := errors.Join(
		db.Set([]byte("\x00format"), []byte("1"), nil),
		db.Set([]byte("\x00life"), persistence.AppendLife(nil, life), nil),
	)
	for _, i := range []int{1, 2} {
		name := "room\x00" + testRoom(i).Name
		slot := func(n uint64) string { return "\x00\x00\x00\x00" + string(rune(n)) }
		meta := persistence.Meta{Last: testRecord(i, 25).Position, Slots: 10, Lineage: testLineage}
		entry := persistence.KeyEntry{Slot: 3, At: testRecord(i, 20).Position}
		err = errors.Join(err,
			db.Set([]byte("m"+name), persistence.AppendMeta(nil, &meta), nil),
			db.Set([]byte("k"+name+slot(3)), persistence.AppendKeyEntry(nil, &entry), nil),
		)
		for seq := uint64(16); seq <= 25; seq++ {
			r := testRecord(i, seq)
			err = errors.Join(err, db.Set([]byte("r"+name+slot(seq%10)), persistence.AppendRecord(nil, &r), nil))
		}
	}
	return err
}

func checkFormat1(t *testing.T, st *persistence.State) {
	t.Helper()
	checkState(t, 1, st)
	if st.Damaged || st.Last != testRecord(1, 25).Position || len(st.History) != 10 || len(st.Keys) != 1 || st.Fence != (persistence.Fence{}) {
		t.Errorf("the room is %+v", st)
	}
}
