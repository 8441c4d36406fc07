package pebblestore_test

import (
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/pebblestore"
)

// stuckStore returns a store whose next fsync of the log waits for release,
// having told of itself on begun.
func stuckStore(t *testing.T) (s *pebblestore.Store, begun <-chan struct{}, release func()) {
	t.Helper()
	var stuck atomic.Bool
	reached, free := make(chan struct{}), make(chan struct{})
	cfg := testConfig(t)
	cfg.FS = errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
		if isSync(op.Kind) && strings.HasSuffix(op.Path, ".log") && stuck.CompareAndSwap(true, false) {
			close(reached)
			<-free
		}
		return nil
	}))
	s = open(t, diskDir, cfg)
	for i := range 2 {
		if err := s.Commit([]persistence.Write{testWrite(i, 1)}); err != nil {
			t.Fatal(err)
		}
	}
	stuck.Store(true)
	return s, reached, func() { close(free) }
}

// eventually waits for a condition that other goroutines bring about.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !ok(); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("no %s within 30 s", what)
		}
	}
}

// TestNothingIsSeenBeforeItsFsync looks at a store while an fsync is under
// way: who would see the write waits until it is durable, nobody else does.
func TestNothingIsSeenBeforeItsFsync(t *testing.T) {
	s, begun, release := stuckStore(t)
	committed := make(chan error)
	go func() { committed <- s.Commit([]persistence.Write{testWrite(0, 2)}) }()
	<-begun

	if st := checkRoom(t, s, 1); st.Last.Seq != 1 {
		t.Errorf("a room that is not written to ends at %v", st.Last)
	}
	if st := checkRoom(t, s, 9); st.Last.Seq != 0 {
		t.Errorf("an unknown room ends at %v", st.Last)
	}
	loaded := make(chan uint64)
	go func() {
		st, err := s.Load(testRoom(0))
		if err != nil {
			t.Errorf("load: %v", err)
			loaded <- 0
			return
		}
		loaded <- st.Last.Seq
	}()
	walked := make(chan uint64)
	go func() {
		var seq uint64
		err := s.Rooms(testRoom(0), func(_ persistence.RoomKey, last persistence.Position) bool {
			seq = last.Seq
			return false
		})
		if err != nil {
			t.Errorf("rooms: %v", err)
		}
		walked <- seq
	}()
	eventually(t, "reader that waits", func() bool { return s.Waiting() == 2 })
	select {
	case seq := <-loaded:
		t.Errorf("Load showed seq %d before its fsync", seq)
	case seq := <-walked:
		t.Errorf("Rooms showed seq %d before its fsync", seq)
	default:
	}
	release()
	if err := <-committed; err != nil {
		t.Error(err)
	}
	if seq := <-loaded; seq != 2 {
		t.Errorf("Load shows seq %d after the fsync, want 2", seq)
	}
	if seq := <-walked; seq != 2 {
		t.Errorf("Rooms shows seq %d after the fsync, want 2", seq)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestCloseWaits has Close wait for a commit under way.
func TestCloseWaits(t *testing.T) {
	s, begun, release := stuckStore(t)
	committed, closed := make(chan error, 1), make(chan error, 1)
	go func() { committed <- s.Commit([]persistence.Write{testWrite(0, 2)}) }()
	<-begun
	go func() { closed <- s.Close() }()
	eventually(t, "Close that was begun", func() bool {
		_, err := s.Load(testRoom(1))
		return err != nil
	})
	select {
	case err := <-closed:
		t.Errorf("Close did not wait: %v", err)
	default:
	}
	release()
	if err := <-committed; err != nil {
		t.Error(err)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

// TestCloseWaitsForReaders has Close wait for a walk over the rooms, which ends
// as if nothing were closing.
func TestCloseWaitsForReaders(t *testing.T) {
	s := open(t, t.TempDir(), testConfig(t))
	const rooms = 5
	for i := range rooms {
		if err := s.Commit([]persistence.Write{testWrite(i, 1)}); err != nil {
			t.Fatal(err)
		}
	}
	closed := make(chan error, 1)
	walked := 0
	err := s.Rooms(persistence.RoomKey{}, func(persistence.RoomKey, persistence.Position) bool {
		if walked == 0 {
			go func() { closed <- s.Close() }()
			eventually(t, "Close that was begun", func() bool {
				_, err := s.Load(testRoom(1))
				return err != nil
			})
		}
		walked++
		return true
	})
	if err != nil || walked != rooms {
		t.Errorf("the walk saw %d rooms, %v, want %d", walked, err, rooms)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
}
