package pebblestore_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"maps"
	"math"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/pebblestore"
)

func storedKey(i, at int) []byte {
	return pebblestore.AppendItem(nil, testRoom(i), testItem(at, 0).Key)
}

// storeAs puts what is stored under one key under another.
func storeAs(from, to []byte) func(*pebble.DB) error {
	return func(db *pebble.DB) error {
		value, closer, err := db.Get(from)
		if err != nil {
			return err
		}
		return errors.Join(db.Set(to, bytes.Clone(value), nil), closer.Close())
	}
}

// TestDamagedItems damages what a room stores that holds some messages and the
// items 0 to 6: the messages are there, and of the items none, which is said.
func TestDamagedItems(t *testing.T) {
	good := persistence.AppendItem(nil, storedKey(1, 3), damageItem(1, 3).Value)
	for name, test := range map[string]struct {
		change func(*pebble.DB) error
		torn   bool
	}{
		"nothing":              {func(*pebble.DB) error { return nil }, false},
		"the value once more":  {storeAs(storedKey(1, 3), storedKey(1, 3)), false},
		"a flipped bit":        {flip(storedKey(1, 3)), true},
		"a cut":                {func(db *pebble.DB) error { return db.Set(storedKey(1, 3), good[:len(good)-1], nil) }, true},
		"no value":             {func(db *pebble.DB) error { return db.Set(storedKey(1, 3), nil, nil) }, true},
		"a missing item":       {func(db *pebble.DB) error { return db.Delete(storedKey(1, 3), nil) }, true},
		"the last one missing": {func(db *pebble.DB) error { return db.Delete(storedKey(1, 6), nil) }, true},
		"an item too many": {func(db *pebble.DB) error {
			return db.Set(storedKey(1, 8), persistence.AppendItem(nil, storedKey(1, 8), nil), nil)
		}, true},
		"another item's value": {storeAs(storedKey(1, 4), storedKey(1, 3)), true},
		"another room's item":  {storeAs(storedKey(2, 3), storedKey(1, 3)), true},
		"another size": {func(db *pebble.DB) error {
			return db.Set(storedKey(1, 3), persistence.AppendItem(nil, storedKey(1, 3), []byte("other size")), nil)
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDisk(0, 1)
			fillForDamage(t, d, true)
			raw(t, d.fs, test.change)
			registry := prometheus.NewRegistry()
			cfg := testConfig(t)
			cfg.FS, cfg.History, cfg.Registerer = d.fs, 10, registry
			s := open(t, diskDir, cfg)
			defer s.Close()
			for range 2 { // looking repairs nothing
				st := checkRoom(t, s, 1)
				checkStored(t, 1, st)
				if st.Torn != test.torn || st.Damaged != test.torn || st.Last.Seq != damageSeq || len(st.History) != 10 || st.Items != 7 {
					t.Errorf("torn %v, damaged %v, head %+v, %d messages", st.Torn, st.Damaged, st.Head, len(st.History))
				}
				other := checkRoom(t, s, 2)
				checkStored(t, 2, other)
				if other.Damaged {
					t.Error("the other room counts as damaged")
				}
			}
			if got := gather(t, registry)["parlor_store_damaged_total"]; (got > 0) != test.torn {
				t.Errorf("damage was counted %v times", got)
			}
			healItems(t, s)
		})
	}
}

// healItems puts a copy in the place of room 1, and then nothing.
func healItems(t *testing.T, s *pebblestore.Store) {
	t.Helper()
	c := persistence.Copy{Storage: persistence.NewStorage([]persistence.Item{testItem(3, 1)})}
	c.Head = persistence.Head{Turn: 2, Uneven: true, Items: 1, Bytes: uint64(c.Storage.Bytes())}
	fence := persistence.Fence{Promised: 100}
	for _, w := range []persistence.Write{{Copy: &c, Fence: &fence}, {Forget: true}} {
		w.Room = testRoom(1)
		if err := s.Commit([]persistence.Write{w}); err != nil {
			t.Fatal(err)
		}
		st, err := s.Load(testRoom(1))
		if err != nil {
			t.Fatal(err)
		}
		if st.Damaged || w.Copy != nil && !maps.Equal(itemsOf(st.Storage), itemsOf(c.Storage)) || w.Forget && st.Storage != nil {
			t.Errorf("after a copy, or an end: %+v, %q", st, itemsOf(st.Storage))
		}
	}
}

// TestItemsOfANewerProgram refuses a room that holds an item in a form to come,
// in place of taking it for damaged.
func TestItemsOfANewerProgram(t *testing.T) {
	d := newDisk(0, 1)
	fillForDamage(t, d, true)
	raw(t, d.fs, func(db *pebble.DB) error {
		key := storedKey(1, 3)
		value := persistence.AppendItem(nil, key, []byte("value"))
		value[1] = 200
		body, table := value[:len(value)-crc32.Size], crc32.MakeTable(crc32.Castagnoli)
		sum := crc32.Update(crc32.Checksum(key, table), table, body)
		return db.Set(key, binary.LittleEndian.AppendUint32(body, sum), nil)
	})
	s := d.open(t, 10)
	defer s.Close()
	if st, err := s.Load(testRoom(1)); !errors.Is(err, persistence.ErrFormat) {
		t.Errorf("loaded %+v, %v, want ErrFormat", st, err)
	}
}

// TestCopyOverADamagedMeta puts a copy in the place of a room, and ends one, of
// which nobody can tell when its alarm was: it is called at no other time than
// the new one.
func TestCopyOverADamagedMeta(t *testing.T) {
	d := newDisk(0, 1)
	fillForDamage(t, d, true)
	raw(t, d.fs, func(db *pebble.DB) error {
		return errors.Join(flip(metaKey())(db), flip(pebblestore.AppendRoom(nil, pebblestore.PrefixMeta, testRoom(2)))(db))
	})
	s := d.open(t, 10)
	defer s.Close()
	c := persistence.Copy{Head: persistence.Head{Turn: 1, Uneven: true, Alarm: persistence.Alarm{At: 7}}}
	err := s.Commit([]persistence.Write{
		{Room: testRoom(1), Copy: &c, Fence: &persistence.Fence{Promised: 100}}, {Room: testRoom(2), Forget: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[persistence.RoomKey]int64)
	err = s.Alarms(math.MaxInt64, func(room persistence.RoomKey, at int64) bool {
		if _, twice := got[room]; twice {
			t.Errorf("%q is called twice", room)
		}
		got[room] = at
		return true
	})
	want := map[persistence.RoomKey]int64{testRoom(1): 7}
	for _, i := range []int{0, 3, 4} {
		want[testRoom(i)] = damageSeq
	}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("called are %v, %v, want %v", got, err, want)
	}
}
