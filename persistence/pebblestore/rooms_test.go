package pebblestore_test

import (
	"errors"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/pebblestore"
)

// TestRoomsEndsAtAnError has one read of a table after the other fail during a
// walk: what was yielded by then is right, a room whose messages could not be
// looked for is not said to have none.
func TestRoomsEndsAtAnError(t *testing.T) {
	const rooms = 1000
	mem := vfs.NewMem()
	cfg := testConfig(t)
	cfg.FS = mem
	s := open(t, diskDir, cfg)
	var batch []persistence.Write
	for i := range rooms {
		w := testWrite(i, 1)
		w.Fence = &persistence.Fence{Promised: 1}
		batch = append(batch, w)
	}
	if err := errors.Join(s.Commit(batch), s.Close()); err != nil {
		t.Fatal(err)
	}
	failed := 0
	for nth, more := int64(1), true; more; nth++ {
		var seen int
		var err error
		if seen, more, err = walkUntilRead(t, mem, nth); err == nil && seen != rooms {
			t.Errorf("a walk sees %d of %d rooms and no error", seen, rooms)
		}
		if seen > 0 && errors.Is(err, syscall.EIO) {
			failed++
		}
	}
	if failed == 0 {
		t.Error("no walk failed on its way: the test tests nothing")
	}
}

// walkUntilRead walks over all rooms of a store of which the nth read from a
// table fails. It returns how many it saw, and whether that read was reached.
// The store is one that is looked at only: no other work reads its tables.
func walkUntilRead(t *testing.T, mem vfs.FS, nth int64) (seen int, reached bool, err error) {
	t.Helper()
	var left atomic.Int64
	cfg := testConfig(t)
	cfg.FS = errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind == errorfs.OpFileReadAt && strings.HasSuffix(op.Path, ".sst") && left.Add(-1) == 0 {
			return syscall.EIO
		}
		return nil
	}))
	s, err := pebblestore.OpenReadOnly(diskDir, cfg)
	if err != nil {
		t.Fatal(err)
	}
	left.Store(nth)
	err = s.Rooms(persistence.RoomKey{}, func(key persistence.RoomKey, last persistence.Position) bool {
		if last.Seq != 1 {
			t.Errorf("%q is said to end at %v", key, last)
		}
		seen++
		return true
	})
	reached = left.Swap(0) <= 0
	return seen, reached, errors.Join(err, s.Close())
}
