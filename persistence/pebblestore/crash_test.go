package pebblestore_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"path"
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

func testWrite(i int, seq uint64) persistence.Write {
	return persistence.Write{Room: testRoom(i), Record: testRecord(i, seq), Lineage: testLineage}
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
// pause.
type tracker struct {
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
			batch = append(batch, testWrite(i, w.next[i]))
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

// TestCrashWhileCommitting cuts the power at moments picked at random, and
// wants everything that was acknowledged by then.
func TestCrashWhileCommitting(t *testing.T) {
	const (
		rooms = 5
		cuts  = 15
	)
	for _, unsynced := range []int{0, 50, 100} {
		t.Run(fmt.Sprintf("unsynced=%d", unsynced), func(t *testing.T) {
			d := newDisk(unsynced, uint64(unsynced))
			s := d.open(t, 10)
			life := s.Life()
			w := &tracker{acked: make([]uint64, rooms), next: make([]uint64, rooms)}
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
				checkAfterCut(t, after, life, acked, handedIn)
			}
		})
	}
}

func checkAfterCut(t *testing.T, d *disk, before persistence.Life, acked, handedIn []uint64) {
	t.Helper()
	s := d.open(t, 10)
	defer s.Close()
	if life := s.Life(); life.Epoch <= before.Epoch || !slices.Contains(life.Past, before.Epoch) {
		t.Errorf("life is %+v, before the crash it was %+v", life, before)
	}
	for i := range acked {
		st := checkRoom(t, s, i)
		if st.Damaged || st.Last.Seq < acked[i] || st.Last.Seq > handedIn[i] {
			t.Errorf("room %d ends at %v, want %d to %d (damaged: %v)", i, st.Last, acked[i], handedIn[i], st.Damaged)
		}
	}
}

// damageRooms and damageSeq are what fillForDamage writes.
const (
	damageRooms = 5
	damageSeq   = 40
)

// fillForDamage writes the same messages every time, one commit each, and
// leaves a store that ended cleanly or crashed. The life is the one it had.
func fillForDamage(t *testing.T, d *disk, clean bool) persistence.Life {
	t.Helper()
	const sessions = 4
	for session := uint64(0); ; session++ {
		s := d.open(t, 10)
		for seq := session*damageSeq/sessions + 1; seq <= (session+1)*damageSeq/sessions; seq++ {
			for i := range damageRooms {
				if err := s.Commit([]persistence.Write{testWrite(i, seq)}); err != nil {
					t.Fatal(err)
				}
			}
		}
		if !clean && session == sessions-1 {
			d.crash(t)
			return s.Life()
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if session == sessions-1 {
			return s.Life()
		}
	}
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
	for try := range 40 {
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
		for range 15 {
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
