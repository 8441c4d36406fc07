package pebblestore_test

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/pebblestore"
)

func inspect(t *testing.T, d *disk) *pebblestore.Inspection {
	t.Helper()
	cfg := testConfig(t)
	cfg.FS = d.fs
	in, err := pebblestore.OpenReadOnly(diskDir, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// contents returns the bytes of every file of the store.
func contents(t *testing.T, fsys vfs.FS) map[string]string {
	t.Helper()
	names, err := fsys.List(diskDir)
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[string]string)
	for _, name := range names {
		out[name] = string(readFile(t, fsys, diskDir+"/"+name))
	}
	return out
}

func TestInspect(t *testing.T) {
	for name, clean := range map[string]bool{"after a clean end": true, "after a crash": false} {
		t.Run(name, func(t *testing.T) {
			d := newDisk(0, 1)
			s := d.open(t, 25)
			var batch []persistence.Write
			for i := range 3 {
				for seq := range uint64(30) {
					batch = append(batch, testWrite(i, seq+1))
				}
			}
			if err := s.Commit(batch); err != nil {
				t.Fatal(err)
			}
			if !clean {
				d.crash(t)
			} else if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			before := contents(t, d.fs)
			in := inspect(t, d)
			if in.Format() != pebblestore.FormatVersion || in.Clean() != clean || in.Life().Epoch != s.Life().Epoch {
				t.Errorf("format %d, clean %v, life %+v, want %d, %v, %+v", in.Format(), in.Clean(), in.Life(), pebblestore.FormatVersion, clean, s.Life())
			}
			var rooms []persistence.RoomKey
			err := in.Rooms(testRoom(1), func(key persistence.RoomKey, last persistence.Position) bool {
				rooms = append(rooms, key)
				return last.Seq == 30
			})
			if want := []persistence.RoomKey{testRoom(1), testRoom(2)}; err != nil || !slices.Equal(rooms, want) {
				t.Errorf("rooms are %v, %v, want %v", rooms, err, want)
			}
			st, err := in.Load(testRoom(2))
			if err != nil || len(st.History) != 25 || st.Last.Seq != 30 {
				t.Errorf("loaded %+v, %v", st, err)
			}
			if st, err := in.Load(testRoom(9)); err != nil || st.Last.Seq != 0 {
				t.Errorf("unknown room: %+v, %v", st, err)
			}
			if _, err := in.Load(persistence.RoomKey{}); !errors.Is(err, persistence.ErrInvalid) {
				t.Errorf("no room: %v, want ErrInvalid", err)
			}
			if err := in.Close(); err != nil {
				t.Error(err)
			}
			if after := contents(t, d.fs); !maps.Equal(before, after) {
				t.Errorf("files were changed: before %v, after %v", slices.Sorted(maps.Keys(before)), slices.Sorted(maps.Keys(after)))
			}
		})
	}
}

func TestInspectNothing(t *testing.T) {
	empty := t.TempDir()
	for name, dir := range map[string]string{"no directory": filepath.Join(empty, "none"), "no store": empty} {
		if _, err := pebblestore.OpenReadOnly(dir, testConfig(t)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v, want fs.ErrNotExist", name, err)
		}
	}
	if entries, err := os.ReadDir(empty); err != nil || len(entries) != 0 {
		t.Errorf("looking left %v behind, %v", entries, err)
	}
}
