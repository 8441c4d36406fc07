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
	fence := &persistence.Fence{Promised: 9}
	for name, test := range map[string]struct {
		write persistence.Write
		want  persistence.State // the fence and the last position that it leaves
	}{
		"a message": {testWrite(0, 2), persistence.State{Last: testRecord(0, 2).Position}},
		"a fence":   {persistence.Write{Fence: fence}, persistence.State{Last: testRecord(0, 1).Position, Fence: *fence}},
		"a copy":    {persistence.Write{Fence: fence, Copy: &persistence.Copy{}}, persistence.State{Fence: *fence}},
		"an end":    {persistence.Write{Forget: true}, persistence.State{}},
	} {
		t.Run(name, func(t *testing.T) {
			test.write.Room = testRoom(0)
			seenAfterFsync(t, test.write, test.want)
		})
	}
}

// seenAfterFsync writes to room 0 and wants it as want says, but not before
// the write is durable.
func seenAfterFsync(t *testing.T, w persistence.Write, want persistence.State) {
	s, begun, release := stuckStore(t)
	committed := make(chan error)
	go func() { committed <- s.Commit([]persistence.Write{w}) }()
	<-begun

	if st := checkRoom(t, s, 1); st.Last.Seq != 1 {
		t.Errorf("a room that is not written to ends at %v", st.Last)
	}
	if st := checkRoom(t, s, 9); st.Last.Seq != 0 {
		t.Errorf("an unknown room ends at %v", st.Last)
	}
	loaded := make(chan *persistence.State)
	go func() {
		st, err := s.Load(testRoom(0))
		if err != nil {
			t.Errorf("load: %v", err)
			st = &persistence.State{}
		}
		loaded <- st
	}()
	walked := make(chan persistence.Position)
	go func() {
		var at persistence.Position
		err := s.Rooms(testRoom(0), func(key persistence.RoomKey, last persistence.Position) bool {
			if key == testRoom(0) {
				at = last
			}
			return true
		})
		if err != nil {
			t.Errorf("rooms: %v", err)
		}
		walked <- at
	}()
	eventually(t, "reader that waits", func() bool { return s.Waiting() == 2 })
	select {
	case st := <-loaded:
		t.Errorf("Load showed %+v before its fsync", st)
	case at := <-walked:
		t.Errorf("Rooms showed %v before its fsync", at)
	default:
	}
	release()
	if err := <-committed; err != nil {
		t.Error(err)
	}
	if st := <-loaded; st.Last != want.Last || st.Fence != want.Fence {
		t.Errorf("Load shows %+v after the fsync, want %+v", st, want)
	}
	if at := <-walked; at != want.Last {
		t.Errorf("Rooms shows %v after the fsync, want %v", at, want.Last)
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
