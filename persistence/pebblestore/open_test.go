package pebblestore_test

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/pebblestore"
)

func TestOpenCreatesDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	s := open(t, dir, testConfig(t))
	defer s.Close()
	info, err := os.Stat(dir)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o700 {
		t.Errorf("mode is %v, want 0700", info.Mode().Perm())
	}
}

// TestOpenSurvivesPowerCut wants a directory whose creation a power cut cannot
// undo.
func TestOpenSurvivesPowerCut(t *testing.T) {
	d := newDisk(0, 1)
	s := d.open(t, 10)
	life := s.Life()
	d.crash(t)
	s = d.open(t, 10)
	defer s.Close()
	if got := s.Life(); !slices.Equal(got.Past, []uint64{life.Epoch}) {
		t.Errorf("life is %+v, want one after %d", got, life.Epoch)
	}
}

func TestOpenLockedByThisProcess(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, testConfig(t))
	if _, err := pebblestore.Open(dir, testConfig(t)); !errors.Is(err, persistence.ErrLocked) {
		t.Errorf("second Open: %v, want ErrLocked", err)
	}
	if _, err := pebblestore.OpenReadOnly(dir, testConfig(t)); !errors.Is(err, persistence.ErrLocked) {
		t.Errorf("OpenReadOnly: %v, want ErrLocked", err)
	}
	// The first is none the worse for it.
	if err := s.Commit([]persistence.Write{testWrite(1, 1)}); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// lockedDir names, to the process that TestOpenLockedByAnotherProcess starts,
// the directory to try.
const lockedDir = "PARLOR_TEST_LOCKED_DIR"

func TestOpenLockedByAnotherProcess(t *testing.T) {
	if dir := os.Getenv(lockedDir); dir != "" {
		if _, err := pebblestore.Open(dir, testConfig(t)); !errors.Is(err, persistence.ErrLocked) {
			t.Errorf("Open: %v, want ErrLocked", err)
		}
		return
	}
	dir := t.TempDir()
	s := open(t, dir, testConfig(t))
	defer s.Close()
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), lockedDir+"="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("the other process: %v\n%s", err, out)
	}
}

func TestOpenUnusableDirectory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, dir := range map[string]string{"a file": file, "below a file": filepath.Join(file, "data")} {
		if _, err := pebblestore.Open(dir, testConfig(t)); err == nil || !strings.Contains(err.Error(), dir) {
			t.Errorf("%s: %v, want an error that names it", name, err)
		}
	}
}

func TestOpenUnwritableDirectory(t *testing.T) {
	mem := vfs.NewMem()
	if err := mem.MkdirAll(diskDir, 0o700); err != nil {
		t.Fatal(err)
	}
	cfg := testConfig(t)
	cfg.FS = errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind.ReadOrWrite() == errorfs.OpIsWrite {
			return &fs.PathError{Op: "open", Path: op.Path, Err: fs.ErrPermission}
		}
		return nil
	}))
	_, err := pebblestore.Open(diskDir, cfg)
	if !errors.Is(err, fs.ErrPermission) || errors.Is(err, persistence.ErrLocked) || !strings.Contains(err.Error(), "not writable") {
		t.Errorf("got %v, want one that says so", err)
	}
}

// raw opens the Pebble store behind a closed Store.
func raw(t *testing.T, fsys vfs.FS, change func(*pebble.DB) error) {
	t.Helper()
	db, err := pebble.Open(diskDir, &pebble.Options{FS: fsys, FormatMajorVersion: pebble.FormatNewest, Logger: quiet{}})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(change(db), db.Flush(), db.Close()); err != nil {
		t.Fatal(err)
	}
}

type quiet struct{}

func (quiet) Infof(string, ...any)  {}
func (quiet) Errorf(string, ...any) {}
func (quiet) Fatalf(string, ...any) {}

func TestOpenNewerFormat(t *testing.T) {
	d := newDisk(0, 1)
	if err := d.open(t, 10).Close(); err != nil {
		t.Fatal(err)
	}
	raw(t, d.fs, func(db *pebble.DB) error {
		return db.Set([]byte(pebblestore.KeyFormat), strconv.AppendInt(nil, pebblestore.FormatVersion+1, 10), pebble.Sync)
	})
	cfg := testConfig(t)
	cfg.FS = d.fs
	if _, err := pebblestore.Open(diskDir, cfg); !errors.Is(err, persistence.ErrFormat) {
		t.Errorf("Open: %v, want ErrFormat", err)
	}
	if _, err := pebblestore.OpenReadOnly(diskDir, cfg); !errors.Is(err, persistence.ErrFormat) {
		t.Errorf("OpenReadOnly: %v, want ErrFormat", err)
	}
}

func TestOpenNewerPebble(t *testing.T) {
	d := newDisk(0, 1)
	if err := d.open(t, 10).Close(); err != nil {
		t.Fatal(err)
	}
	newer := strconv.Itoa(int(pebble.FormatNewest) + 1)
	writeFile(t, d.fs, diskDir+"/marker.format-version.000999."+newer, nil)
	cfg := testConfig(t)
	cfg.FS = d.fs
	if _, err := pebblestore.Open(diskDir, cfg); !errors.Is(err, persistence.ErrFormat) {
		t.Errorf("Open: %v, want ErrFormat", err)
	}
	if _, err := pebblestore.OpenReadOnly(diskDir, cfg); !errors.Is(err, persistence.ErrFormat) {
		t.Errorf("OpenReadOnly: %v, want ErrFormat", err)
	}
}

func TestOpenForeignStore(t *testing.T) {
	d := newDisk(0, 1)
	raw(t, d.fs, func(db *pebble.DB) error { return db.Set([]byte("somebody's"), []byte("data"), pebble.Sync) })
	cfg := testConfig(t)
	cfg.FS = d.fs
	if _, err := pebblestore.Open(diskDir, cfg); !errors.Is(err, persistence.ErrCorrupt) {
		t.Errorf("got %v, want ErrCorrupt", err)
	}
}

func TestOpenDamagedNodeState(t *testing.T) {
	for name, change := range map[string]func(*pebble.DB) error{
		"format": func(db *pebble.DB) error { return db.Set([]byte(pebblestore.KeyFormat), []byte("one"), nil) },
		"life":   func(db *pebble.DB) error { return db.Set([]byte(pebblestore.KeyLife), []byte("long"), nil) },
		"nolife": func(db *pebble.DB) error { return db.Delete([]byte(pebblestore.KeyLife), nil) },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDisk(0, 1)
			if err := d.open(t, 10).Close(); err != nil {
				t.Fatal(err)
			}
			raw(t, d.fs, change)
			cfg := testConfig(t)
			cfg.FS = d.fs
			if _, err := pebblestore.Open(diskDir, cfg); !errors.Is(err, persistence.ErrCorrupt) {
				t.Errorf("got %v, want ErrCorrupt", err)
			}
		})
	}
}

// TestLifeFollowsClock opens a store again and again under a clock that goes
// forward, stands and goes back.
func TestLifeFollowsClock(t *testing.T) {
	d := newDisk(0, 1)
	openAt := func(ms int64) persistence.Life {
		t.Helper()
		cfg := testConfig(t)
		cfg.FS, cfg.Now = d.fs, func() time.Time { return time.UnixMilli(ms) }
		d.store = open(t, diskDir, cfg)
		return d.store.Life()
	}
	check := func(got persistence.Life, epoch uint64, past ...uint64) {
		t.Helper()
		if got.Epoch != epoch || !slices.Equal(got.Past, past) {
			t.Fatalf("life is %+v, want %d after %v", got, epoch, past)
		}
	}
	check(openAt(1000), 1000)
	if err := d.store.Close(); err != nil {
		t.Fatal(err)
	}
	check(openAt(2000), 1000)
	d.crash(t)
	check(openAt(3000), 3000, 1000)
	d.crash(t)
	check(openAt(3000), 3001, 1000, 3000)
	d.crash(t)
	check(openAt(5), 3002, 1000, 3000, 3001)
	if err := d.store.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestCleanMarkSurvivesPowerCut cuts the power right after Close.
func TestCleanMarkSurvivesPowerCut(t *testing.T) {
	d := newDisk(0, 1)
	s := d.open(t, 10)
	life := s.Life()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	d.fs = d.fs.CrashClone(vfs.CrashCloneCfg{})
	s = d.open(t, 10)
	defer s.Close()
	if got := s.Life(); got.Epoch != life.Epoch {
		t.Errorf("life is %+v, want %+v as before", got, life)
	}
}

// TestCleanMarkIsOfOneState takes a mark of a clean end for nothing when the
// manifest is another one, or when a later end was none.
func TestCleanMarkIsOfOneState(t *testing.T) {
	d := newDisk(100, 1)
	s := d.open(t, 10)
	life := s.Life()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	mark := readFile(t, d.fs, diskDir+"/"+pebblestore.CleanName)
	s = d.open(t, 10)
	if got := s.Life().Epoch; got != life.Epoch {
		t.Fatalf("life is %d after a clean end, want %d", got, life.Epoch)
	}
	if names, _ := d.fs.List(diskDir); slices.Contains(names, pebblestore.CleanName) {
		t.Error("the mark is there while the store is open")
	}
	d.crash(t)
	writeFile(t, d.fs, diskDir+"/"+pebblestore.CleanName, mark)
	s = d.open(t, 10)
	defer s.Close()
	if got := s.Life(); got.Epoch <= life.Epoch {
		t.Errorf("life is %+v: an old mark was taken for a clean end", got)
	}
}

func TestConfigValidate(t *testing.T) {
	for name, cfg := range map[string]pebblestore.Config{
		"negative history": {History: -1},
		"large history":    {History: persistence.MaxHistory + 1},
		"negative cache":   {CacheBytes: -1},
		"small memtable":   {MemTableBytes: 1},
		"large memtable":   {MemTableBytes: math.MaxInt64},
	} {
		if err := cfg.Validate(); err == nil {
			t.Errorf("%s was taken", name)
		}
		if _, err := pebblestore.Open(t.TempDir(), cfg); err == nil {
			t.Errorf("%s was opened", name)
		}
	}
	if err := (pebblestore.Config{}).Validate(); err != nil {
		t.Error(err)
	}
}
