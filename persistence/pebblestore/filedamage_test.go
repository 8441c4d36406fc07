package pebblestore_test

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"math/rand/v2"
	"path"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/pebblestore"
)

// damageRooms and damageSeq are what fillForDamage writes.
const (
	damageRooms = 5
	damageSeq   = 40
)

// fillForDamage writes the same turns every time, one commit each, every one of
// them a message, an item and an alarm at its seq, with a fence that promises it.
// It leaves a store that ended cleanly or crashed. The life is the one it had.
func fillForDamage(t *testing.T, d *disk, clean bool) persistence.Life {
	t.Helper()
	const runs = 4
	for run := uint64(0); ; run++ {
		s := d.open(t, 10)
		for seq := run*damageSeq/runs + 1; seq <= (run+1)*damageSeq/runs; seq++ {
			for i := range damageRooms {
				w := damageWrite(i, seq)
				if err := s.Commit([]persistence.Write{w}); err != nil {
					t.Fatal(err)
				}
			}
		}
		if !clean && run == runs-1 {
			d.crash(t)
			return s.Life()
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if run == runs-1 {
			return s.Life()
		}
	}
}

// damageWrite returns turn number seq of room i.
func damageWrite(i int, seq uint64) persistence.Write {
	w := testWrite(i, seq)
	w.Fence = &persistence.Fence{Promised: seq}
	at := persistence.Alarm{At: int64(seq)}
	w.Turn.Change = &persistence.Change{Puts: []persistence.Item{damageItem(i, seq)}, Alarm: &at}
	before := testHead(seq - 1)
	before.Uneven = true
	w.Head = before.After(w.Turn, damageStorage(i, seq))
	return w
}

// damageItem returns the item that turn number seq of room i puts in the place
// of an older one.
func damageItem(i int, seq uint64) persistence.Item { return testItem(int(seq%7), int(seq)*100+i) }

// damageStorage returns what room i stores after turn number seq.
func damageStorage(i int, seq uint64) *persistence.Storage {
	var items []persistence.Item
	for n := uint64(1); n <= seq; n++ {
		items = append(items, damageItem(i, n))
	}
	return persistence.NewStorage(items)
}

func readFile(t *testing.T, fs vfs.FS, name string) []byte {
	t.Helper()
	f, err := fs.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func writeFile(t *testing.T, fs vfs.FS, name string, b []byte) {
	t.Helper()
	f, err := fs.Create(name, vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := f.Sync(); err != nil {
		t.Fatal(err)
	}
}

// files returns the paths of the store's files that hold bytes.
func files(t *testing.T, fs vfs.FS, match func(name string) bool) []string {
	t.Helper()
	names, err := fs.List(diskDir)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	var out []string
	for _, name := range names {
		full := path.Join(diskDir, name)
		if match(name) && len(readFile(t, fs, full)) > 0 {
			out = append(out, full)
		}
	}
	return out
}

func isLog(name string) bool { return path.Ext(name) == ".log" }

// outcome is what became of a store after damage.
type outcome struct {
	refused  bool // Open said no
	newLife  bool
	damaged  int // rooms of which Load said that something is missing
	lostAt   int // rooms that are shorter than they were
	complete bool
}

// openDamaged opens what is left of a store that fillForDamage filled, and
// fails the test if anything it serves is not what was written.
func openDamaged(t *testing.T, fs *vfs.MemFS, before persistence.Life) outcome {
	t.Helper()
	cfg := testConfig(t)
	cfg.FS, cfg.History = fs, 10
	s, err := pebblestore.Open(diskDir, cfg)
	if err != nil {
		return outcome{refused: true}
	}
	defer s.Close()
	var o outcome
	o.newLife = s.Life().Epoch > before.Epoch
	alarms := make(map[persistence.RoomKey]int64)
	alarmErr := s.Alarms(math.MaxInt64, func(room persistence.RoomKey, at int64) bool {
		alarms[room] = at
		return true
	})
	for i := range damageRooms {
		st, err := s.Load(testRoom(i))
		if errors.Is(err, persistence.ErrCorrupt) {
			o.damaged++
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		checkState(t, i, st)
		if st.Fence.Promised != st.Last.Seq {
			t.Errorf("room %d ends at %v under a promise of %d", i, st.Last, st.Fence.Promised)
		}
		if alarmErr == nil && alarms[testRoom(i)] != st.Alarm.At {
			t.Errorf("room %d has the alarm %+v and is called at %d", i, st.Alarm, alarms[testRoom(i)])
		}
		checkStored(t, i, st)
		if st.Damaged {
			o.damaged++
		}
		if st.Last.Seq < damageSeq {
			o.lostAt++
			checkLostIDs(t, s.Life(), st)
		}
	}
	o.complete = o.damaged == 0 && o.lostAt == 0
	return o
}

// checkStored fails unless room i stores what its turns left, or nothing and says
// so.
func checkStored(t *testing.T, i int, st *persistence.State) {
	t.Helper()
	want := itemsOf(damageStorage(i, st.Turn))
	if st.Torn {
		want = itemsOf(nil)
	}
	if got := itemsOf(st.Storage); !maps.Equal(got, want) || st.Torn && (!st.Damaged || st.Storage != nil) {
		t.Errorf("room %d of %d turns stores %q, torn %v, want %q", i, st.Turn, got, st.Torn, want)
	}
}

// checkLostIDs takes the room over under the store's life, as its owner does,
// and wants no id that the disk forgot to be taken for one of the room's.
func checkLostIDs(t *testing.T, life persistence.Life, st *persistence.State) {
	t.Helper()
	lineage := st.Lineage.Begin(life.Epoch, st.Last.Seq+1)
	for seq := st.Last.Seq + 1; seq <= damageSeq; seq++ {
		if lineage.Admits(persistence.Position{Epoch: testEpoch, Seq: seq}) {
			t.Fatalf("%d-%d was lost and is taken for a known id", testEpoch, seq)
		}
	}
}

// noticed reports whether a store that lost something says so.
func (o outcome) noticed() bool { return o.refused || o.complete || o.newLife || o.lostAt == 0 }

// TestTornLog cuts bytes off the log of a store that crashed: the messages
// whose bytes are gone are lost, and a new life tells of it.
func TestTornLog(t *testing.T) {
	d := newDisk(100, 1)
	life := fillForDamage(t, d, false)
	rng := rand.New(rand.NewPCG(3, 3))
	lost := 0
	for try := range 25 {
		fs := d.fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: d.rng})
		logs := files(t, fs, isLog)
		name := logs[len(logs)-1]
		b := readFile(t, fs, name)
		cut := 1 + rng.IntN(4096)
		if try == 0 {
			cut = 1
		}
		writeFile(t, fs, name, b[:max(0, len(b)-cut)])
		o := openDamaged(t, fs, life)
		if !o.refused && !o.newLife {
			t.Errorf("a log cut by %d bytes goes unnoticed: %+v", cut, o)
		}
		if o.lostAt > 0 {
			lost++
		}
	}
	if lost == 0 {
		t.Error("no cut lost anything: the test tests nothing")
	}
}

// TestFirstLogIsMarked flips bits in the middle of the log of a store that was
// never opened before. Pebble finds such damage only in a log with sync marks,
// which its very first log has not; finding it, it refuses to open.
func TestFirstLogIsMarked(t *testing.T) {
	d := newDisk(100, 1)
	s := d.open(t, 10)
	life := s.Life()
	w := testWrite(0, 1)
	w.Turn.Records[0].Data = make([]byte, 1000)
	// Much more than the 32 KiB at the log's end that stay unguarded, and less
	// than the 256 KiB after which Pebble begins another log by itself.
	for range 150 {
		if err := s.Commit([]persistence.Write{w}); err != nil {
			t.Fatal(err)
		}
	}
	d.crash(t)
	rng := rand.New(rand.NewPCG(5, 5))
	const flips = 20
	refused := 0
	for range flips {
		fs := d.fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: d.rng})
		logs := files(t, fs, isLog)
		name := logs[len(logs)-1]
		b := readFile(t, fs, name)
		b[len(b)/4+rng.IntN(len(b)/4)] ^= 1 << rng.IntN(8)
		writeFile(t, fs, name, b)
		cfg := testConfig(t)
		cfg.FS = fs
		s, err := pebblestore.Open(diskDir, cfg)
		switch {
		case errors.Is(err, persistence.ErrCorrupt):
			refused++
		case err != nil:
			t.Error(err)
		default:
			if s.Life().Epoch <= life.Epoch {
				t.Errorf("life is %+v, before the crash it was %+v", s.Life(), life)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	if refused < flips*3/4 {
		t.Errorf("%d of %d flips were found: the log has no sync marks", refused, flips)
	}
}

// TestFlippedBits flips one bit of any file, after a crash and after a clean
// end: the loss of a message is noticed, and nothing false is served.
func TestFlippedBits(t *testing.T) {
	for _, clean := range []bool{false, true} {
		t.Run(fmt.Sprintf("clean=%v", clean), func(t *testing.T) {
			testDamage(t, clean, func(t *testing.T, fs vfs.FS, name string, rng *rand.Rand) string {
				b := readFile(t, fs, name)
				bit := rng.IntN(8 * len(b))
				b[bit/8] ^= 1 << (bit % 8)
				writeFile(t, fs, name, b)
				return fmt.Sprintf("bit %d of %s flipped", bit, name)
			})
		})
	}
}

// TestCutFiles cuts the end off any file.
func TestCutFiles(t *testing.T) {
	for _, clean := range []bool{false, true} {
		t.Run(fmt.Sprintf("clean=%v", clean), func(t *testing.T) {
			testDamage(t, clean, func(t *testing.T, fs vfs.FS, name string, rng *rand.Rand) string {
				b := readFile(t, fs, name)
				keep := rng.IntN(len(b))
				writeFile(t, fs, name, b[:keep])
				return fmt.Sprintf("%s cut from %d bytes to %d", name, len(b), keep)
			})
		})
	}
}

// testDamage applies damage to every file of a store in turn, several times.
func testDamage(t *testing.T, clean bool, damage func(*testing.T, vfs.FS, string, *rand.Rand) string) {
	d := newDisk(100, 1)
	life := fillForDamage(t, d, clean)
	rng := rand.New(rand.NewPCG(4, 4))
	var refused, newLife, complete, damaged int
	for _, name := range files(t, d.fs, func(name string) bool { return name != "LOCK" }) {
		for range 8 {
			fs := d.fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: d.rng})
			what := damage(t, fs, name, rng)
			o := openDamaged(t, fs, life)
			if !o.noticed() {
				t.Errorf("%s: goes unnoticed: %+v", what, o)
			}
			if !clean && !o.refused && !o.newLife {
				t.Errorf("%s: the crash went unnoticed: %+v", what, o)
			}
			switch {
			case o.refused:
				refused++
			case o.complete:
				complete++
			case o.damaged > 0:
				damaged++
			case o.newLife:
				newLife++
			}
		}
	}
	t.Logf("refused by Open %d, complete %d, told by Load %d, told by a new life %d", refused, complete, damaged, newLife)
}
