package pebblestore_test

import (
	"math"
	"reflect"
	"runtime"
	"strings"
	"sync"
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
	turn := &persistence.Turn{Change: &persistence.Change{Puts: []persistence.Item{testItem(0, 1)}, Alarm: &persistence.Alarm{At: 5}}}
	changed := testHead(1).After(turn, persistence.NewStorage(turn.Change.Puts))
	for name, test := range map[string]struct {
		write persistence.Write
		want  persistence.State // the fence and the head that it leaves
	}{
		"a message": {testWrite(0, 2), persistence.State{Head: testHead(2)}},
		"an alarm":  {persistence.Write{Turn: turn, Head: changed}, persistence.State{Head: changed}},
		"a fence":   {persistence.Write{Fence: fence}, persistence.State{Head: testHead(1), Fence: *fence}},
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
	looks := []struct {
		method string
		look   func() (any, error)
		want   any
	}{
		{"Load", func() (any, error) { return loadState(s) }, persistence.State{Head: want.Head, Fence: want.Fence}},
		{"Rooms", func() (any, error) { return lastOf(s, testRoom(0)) }, want.Last},
		{"Alarms", func() (any, error) { return alarmOf(s, testRoom(0)) }, want.Alarm.At},
		{"Find", func() (any, error) { _, ok, err := s.Find("room", testRoom(0).ObjectID()); return ok, err }, want.Turn > 0},
	}
	var seen sync.WaitGroup
	var released atomic.Bool
	for _, l := range looks {
		seen.Go(func() {
			got, err := l.look()
			if err != nil || !reflect.DeepEqual(got, l.want) || !released.Load() {
				t.Errorf("%s shows %+v, %v, after the fsync: %v, want %+v", l.method, got, err, released.Load(), l.want)
			}
		})
	}
	eventually(t, "reader that waits", func() bool { return s.Waiting() == len(looks) })
	released.Store(true)
	release()
	if err := <-committed; err != nil {
		t.Error(err)
	}
	seen.Wait()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// loadState returns the head and the fence of room 0.
func loadState(s *pebblestore.Store) (persistence.State, error) {
	st, err := s.Load(testRoom(0))
	if err != nil {
		return persistence.State{}, err
	}
	return persistence.State{Head: st.Head, Fence: st.Fence}, nil
}

// lastOf returns where a walk over all rooms sees the room end.
func lastOf(s *pebblestore.Store, room persistence.RoomKey) (last persistence.Position, err error) {
	err = s.Rooms(room, func(key persistence.RoomKey, at persistence.Position) bool {
		if key == room {
			last = at
		}
		return key == room
	})
	return last, err
}

// alarmOf returns when the room is called, or 0.
func alarmOf(s *pebblestore.Store, room persistence.RoomKey) (at int64, err error) {
	err = s.Alarms(math.MaxInt64, func(key persistence.RoomKey, due int64) bool {
		if key == room {
			at = due
		}
		return true
	})
	return at, err
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
