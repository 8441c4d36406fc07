package pebblestore_test

import (
	"errors"
	"slices"
	"strconv"
	"testing"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/pebblestore"
)

// TestDamagedFence damages the fence of a room that has messages, and of one
// that has none: neither passes for a room that promised nothing, until a copy
// takes its place or it is forgotten.
func TestDamagedFence(t *testing.T) {
	fence := persistence.Fence{Promised: 9, Ring: 2, Accepted: 7}
	stored := persistence.AppendFence(nil, &fence)
	for name, change := range map[string]func(*pebble.DB) error{
		"flipped":  flip(fenceKey()),
		"empty":    func(db *pebble.DB) error { return db.Set(fenceKey(), nil, nil) },
		"cut":      func(db *pebble.DB) error { return db.Set(fenceKey(), stored[:len(stored)-1], nil) },
		"a record": set(fenceKey(), testRecord(1, 25)),
	} {
		for _, messages := range []bool{true, false} {
			t.Run(name+"/messages="+strconv.FormatBool(messages), func(t *testing.T) {
				d := newDisk(0, 1)
				if messages {
					fillDamaged(t, d)
				}
				s := d.open(t, 10)
				if err := errors.Join(s.Commit([]persistence.Write{{Room: testRoom(1), Fence: &fence}}), s.Close()); err != nil {
					t.Fatal(err)
				}
				raw(t, d.fs, change)
				s = d.open(t, 10)
				defer s.Close()
				for range 2 { // looking repairs nothing
					if st, err := s.Load(testRoom(1)); !errors.Is(err, persistence.ErrCorrupt) {
						t.Fatalf("loaded %+v, %v, want ErrCorrupt", st, err)
					}
				}
				if got := roomsOf(t, s); !slices.Contains(got, testRoom(1)) {
					t.Errorf("rooms are %v", got)
				}
				healed := persistence.Write{Room: testRoom(1), Fence: &fence, Copy: &persistence.Copy{}}
				for _, w := range []persistence.Write{healed, {Room: testRoom(1), Forget: true}} {
					if err := s.Commit([]persistence.Write{w}); err != nil {
						t.Fatal(err)
					}
					st, err := s.Load(testRoom(1))
					if err != nil || w.Forget != (st.Fence == persistence.Fence{}) || st.Last.Seq != 0 || st.Damaged {
						t.Errorf("after a copy, or an end: %+v, %v", st, err)
					}
				}
			})
		}
	}
}

func roomsOf(t *testing.T, s *pebblestore.Store) []persistence.RoomKey {
	t.Helper()
	var rooms []persistence.RoomKey
	err := s.Rooms(persistence.RoomKey{}, func(key persistence.RoomKey, _ persistence.Position) bool {
		rooms = append(rooms, key)
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return rooms
}
