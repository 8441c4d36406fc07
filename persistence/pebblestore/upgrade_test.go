package pebblestore_test

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"
	"path"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/pebblestore"
)

// oldRooms is how many rooms an old store holds: more than one batch of an
// upgrade takes.
const oldRooms = 2500

// TestReadsOlderFormats opens stores as programs wrote them that knew no fences,
// or no turns: all of it is there, and from then on the store has the present
// format, so that such a program leaves it alone.
func TestReadsOlderFormats(t *testing.T) {
	for _, format := range []int{1, 2} {
		t.Run(strconv.Itoa(format), func(t *testing.T) {
			life := persistence.Life{Epoch: 5, Past: []uint64{2, 3}}
			d := oldStore(t, format, life)
			in := inspect(t, d)
			if in.Format() != format || in.Life().Epoch != life.Epoch {
				t.Errorf("it is of format %d and life %+v", in.Format(), in.Life())
			}
			st, err := in.Load(testRoom(1))
			if err != nil {
				t.Fatal(err)
			}
			checkOldRoom(t, format, st)
			if err := in.Close(); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				s := d.open(t, 10)
				if got := s.Life(); !slices.Contains(got.Past, life.Epoch) {
					t.Errorf("life is %+v, want one after %d", got, life.Epoch)
				}
				checkUpgraded(t, s, format)
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
		})
	}
}

// TestUpgradeSurvivesPowerCuts cuts the power before each of the writes to the
// log that an upgrade makes: the store is of the old format, and is upgraded anew,
// or it is complete.
func TestUpgradeSurvivesPowerCuts(t *testing.T) {
	before := oldStore(t, 2, persistence.Life{Epoch: 5})
	for n := 0; ; n++ {
		d := &disk{fs: before.fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: before.rng}), rng: before.rng}
		if d.fs = cutUpgrade(t, d, n); d.fs == nil {
			if n == 0 {
				t.Error("an upgrade writes nothing: the test tests nothing")
			}
			return
		}
		named, format := 0, 0
		raw(t, d.fs, func(db *pebble.DB) (err error) {
			named, format, err = lookInside(db)
			return err
		})
		if format != 2 && (format != pebblestore.FormatVersion || named != oldRooms) {
			t.Errorf("before write %d: format %d, and %d of %d rooms are known by their ids", n, format, named, oldRooms)
		}
		s := d.open(t, 10)
		checkFound(t, s, map[int]bool{0: true, 1: true, oldRooms - 1: true})
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestUpgradeBeginsAnew upgrades a store of which an earlier upgrade was broken
// off, and in which the older program then ended a room.
func TestUpgradeBeginsAnew(t *testing.T) {
	d := oldStore(t, 2, persistence.Life{Epoch: 5})
	raw(t, d.fs, func(db *pebble.DB) error {
		var err error
		for i := range 10 {
			room := testRoom(i)
			err = errors.Join(err, db.Set(pebblestore.AppendID(nil, room.Kind, room.ObjectID()), []byte(room.Name), nil))
		}
		return errors.Join(err, db.Delete(pebblestore.AppendRoom(nil, pebblestore.PrefixMeta, testRoom(1)), nil))
	})
	s := d.open(t, 10)
	defer s.Close()
	checkFound(t, s, map[int]bool{0: true, 1: false, 2: true, oldRooms - 1: true})
}

func checkFound(t *testing.T, s *pebblestore.Store, want map[int]bool) {
	t.Helper()
	for i, known := range want {
		room, ok, err := s.Find("room", testRoom(i).ObjectID())
		if ok != known || err != nil || ok && room != testRoom(i) {
			t.Errorf("room %d: found %q, %v, %v, want %v", i, room, ok, err, known)
		}
	}
}

// cutUpgrade opens the store and returns the disk as it was before write number
// n to the log, or nil if there was none.
func cutUpgrade(t *testing.T, d *disk, n int) (cut *vfs.MemFS) {
	t.Helper()
	var mu sync.Mutex
	writes := 0
	cfg := testConfig(t)
	cfg.FS = errorfs.Wrap(d.fs, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind == errorfs.OpFileWrite && path.Ext(op.Path) == ".log" {
			mu.Lock()
			defer mu.Unlock()
			if writes == n {
				cut = d.fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: d.rng})
			}
			writes++
		}
		return nil
	}))
	if err := open(t, diskDir, cfg).Close(); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	return cut
}

// lookInside returns how many rooms are known by their ids, and the format.
func lookInside(db *pebble.DB) (named, format int, err error) {
	value, closer, err := db.Get([]byte(pebblestore.KeyFormat))
	if err != nil {
		return 0, 0, err
	}
	format, err = strconv.Atoi(string(value))
	if err := errors.Join(err, closer.Close()); err != nil {
		return 0, 0, err
	}
	it, err := db.NewIter(&pebble.IterOptions{
		LowerBound: []byte{pebblestore.PrefixID}, UpperBound: []byte{pebblestore.PrefixID + 1},
	})
	if err != nil {
		return 0, 0, err
	}
	for valid := it.First(); valid; valid = it.Next() {
		named++
	}
	return named, format, it.Close()
}

// oldStore returns a disk with a store of that format.
func oldStore(t *testing.T, format int, life persistence.Life) *disk {
	t.Helper()
	d := newDisk(100, 1)
	if err := d.fs.MkdirAll(diskDir, 0o700); err != nil {
		t.Fatal(err)
	}
	raw(t, d.fs, func(db *pebble.DB) error {
		batch := db.NewBatch()
		err := errors.Join(
			batch.Set([]byte("\x00format"), strconv.AppendInt(nil, int64(format), 10), nil),
			batch.Set([]byte("\x00life"), persistence.AppendLife(nil, life), nil),
		)
		for i := range oldRooms {
			err = errors.Join(err, writeOldRoom(batch, format, i))
		}
		return errors.Join(err, batch.Commit(nil))
	})
	return d
}

// writeOldRoom writes a room with the messages 16 to 25 and one key, and with a
// fence if the format has them.
func writeOldRoom(batch *pebble.Batch, format, i int) error {
	name := "room\x00" + testRoom(i).Name
	slot := func(n uint64) string { return "\x00\x00\x00\x00" + string(rune(n)) }
	meta := oldFrame('M', testEpoch, 25, 10, 1, testEpoch, 1)
	entry := oldFrame('K', append(append([]uint64{3}, make([]uint64, 32)...), testEpoch, 20, 2)...)
	err := errors.Join(
		batch.Set([]byte("m"+name), meta, nil),
		batch.Set([]byte("k"+name+slot(3)), entry, nil),
	)
	for seq := uint64(16); seq <= 25; seq++ {
		r := testRecord(i, seq)
		err = errors.Join(err, batch.Set([]byte("r"+name+slot(seq%10)), persistence.AppendRecord(nil, &r), nil))
	}
	if format > 1 {
		err = errors.Join(err, batch.Set([]byte("f"+name), persistence.AppendFence(nil, &persistence.Fence{Promised: 9}), nil))
	}
	return err
}

// oldFrame returns a stored value of the first version, of numbers alone.
func oldFrame(tag byte, fields ...uint64) []byte {
	b := []byte{tag, 1}
	for _, v := range fields {
		b = binary.AppendUvarint(b, v)
	}
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)))
}

func checkOldRoom(t *testing.T, format int, st *persistence.State) {
	t.Helper()
	checkState(t, 1, st)
	want := persistence.State{
		Head: testHead(25),
		Keys: []persistence.KeyEntry{{Slot: 3, Turn: 20, At: testRecord(1, 20).Position, Time: 1}},
	}
	for seq := uint64(16); seq <= 25; seq++ {
		want.History = append(want.History, testRecord(1, seq))
	}
	if format > 1 {
		want.Fence.Promised = 9
	}
	if !sameState(st, &want) {
		t.Errorf("the room is %+v, want %+v", st, want)
	}
}

func checkUpgraded(t *testing.T, s *pebblestore.Store, format int) {
	t.Helper()
	if got := roomsOf(t, s); len(got) != oldRooms {
		t.Errorf("there are %d rooms, want %d", len(got), oldRooms)
	}
	checkOldRoom(t, format, checkRoom(t, s, 1))
	for i := range oldRooms {
		if room, ok, err := s.Find("room", testRoom(i).ObjectID()); !ok || err != nil || room != testRoom(i) {
			t.Fatalf("room %d: found %q, %v, %v", i, room, ok, err)
		}
	}
	err := s.Alarms(math.MaxInt64, func(room persistence.RoomKey, at int64) bool {
		t.Errorf("%q is called at %d", room, at)
		return false
	})
	if err != nil {
		t.Error(err)
	}
}
