package persistencetest

import (
	"errors"
	"reflect"
	"slices"
	"testing"

	"github.com/parlor-sse/parlor/persistence"
)

func testLife(t *testing.T, subject Subject) {
	s := subject.Open(t, 10)
	defer closeStore(t, s)
	life := s.Life()
	if life.Epoch == 0 || len(life.Past) != 0 {
		t.Fatalf("first life is %+v, want an epoch and no past", life)
	}
}

func testEmptyRoom(t *testing.T, subject Subject) {
	s := subject.Open(t, 10)
	defer closeStore(t, s)
	commit(t, s, write(room("a"), epoch7, 1), write(room("abc"), epoch7, 1))
	st := load(t, s, room("ab"))
	if !reflect.DeepEqual(st, &persistence.State{}) {
		t.Fatalf("unknown room is %+v, want a zero state", st)
	}
}

func testHistory(t *testing.T, subject Subject) {
	const history = 10
	s := subject.Open(t, history)
	defer closeStore(t, s)
	key := room("a")
	for seq := uint64(1); seq <= 3*history+1; seq++ {
		commit(t, s, write(key, epoch7, seq))
		first := uint64(1)
		if seq > history {
			first = seq - history + 1
		}
		checkHistory(t, s, key, records(key, 7, first, seq))
	}
	checkHistory(t, s, room("b"), nil)
}

func testHistoryOfOneBatch(t *testing.T, subject Subject) {
	s := subject.Open(t, 10)
	defer closeStore(t, s)
	key := room("a")
	commit(t, s, writes(key, epoch7, 1, 4)...)
	checkHistory(t, s, key, records(key, 7, 1, 4))
	commit(t, s, writes(key, epoch7, 5, 100)...)
	checkHistory(t, s, key, records(key, 7, 91, 100))
}

// testLateStart begins a room in the middle, as a copy that caught up does.
func testLateStart(t *testing.T, subject Subject) {
	s := subject.Open(t, 10)
	defer closeStore(t, s)
	key := room("a")
	commit(t, s, writes(key, epoch7, 1, 5)...)
	commit(t, s, writes(key, epoch7, 501, 503)...)
	checkHistory(t, s, key, records(key, 7, 501, 503))
	commit(t, s, writes(key, epoch7, 504, 520)...)
	checkHistory(t, s, key, records(key, 7, 511, 520))
}

func testLineage(t *testing.T, subject Subject) {
	s := subject.Open(t, 30)
	defer closeStore(t, s)
	key := room("a")
	var lineage persistence.Lineage
	var want []persistence.Record
	for seq := uint64(1); seq <= 2*persistence.MaxSpans; seq++ {
		epoch := 10 * seq
		lineage = lineage.Begin(epoch, seq)
		commit(t, s, write(key, lineage, seq))
		want = append(want, record(key, epoch, seq))
		st := load(t, s, key)
		if !slices.Equal(st.Lineage, lineage) {
			t.Fatalf("lineage is %v, want %v", st.Lineage, lineage)
		}
		// The history may reach further back than the lineage.
		checkHistory(t, s, key, want[max(0, len(want)-30):])
	}
}

func testKeys(t *testing.T, subject Subject) {
	s := subject.Open(t, 10)
	defer closeStore(t, s)
	key := room("a")
	entry := func(slot uint32, seq uint64) persistence.KeyEntry {
		return keyAt(slot, persistence.Position{Epoch: 7, Seq: seq})
	}
	entered := func(slot uint32, seq uint64) persistence.Write {
		return keyed(write(key, epoch7, seq), entry(slot, seq))
	}
	commit(t, s, entered(0, 1), write(key, epoch7, 2), entered(999, 3))
	checkKeys(t, s, key, entry(0, 1), entry(999, 3))
	commit(t, s, entered(0, 4))
	checkKeys(t, s, key, entry(0, 4), entry(999, 3))
	// Twice the same slot in one batch, and more messages than the history.
	commit(t, s, entered(5, 5), entered(5, 6), entered(6, 7))
	commit(t, s, writes(key, epoch7, 8, 40)...)
	checkKeys(t, s, key, entry(0, 4), entry(5, 6), entry(6, 7), entry(999, 3))
	checkKeys(t, s, room("b"))
}

func testManyRooms(t *testing.T, subject Subject) {
	s := subject.Open(t, 10)
	defer closeStore(t, s)
	keys := []persistence.RoomKey{room("a"), room("b"), room("a.b"), {Kind: "rooma", Name: "a"}, {Kind: "roo", Name: "ma"}}
	for first := uint64(1); first < 30; first += 3 {
		var batch []persistence.Write
		for seq := first; seq < first+3; seq++ {
			for i, key := range keys {
				if seq <= uint64(6*(i+1)) { // some rooms fall silent
					batch = append(batch, write(key, epoch7, seq))
				}
			}
		}
		commit(t, s, batch...)
	}
	for i, key := range keys {
		last := uint64(6 * (i + 1))
		checkHistory(t, s, key, records(key, 7, max(10, last)-9, last))
	}
}

func testInvalidRoom(t *testing.T, subject Subject) {
	s := subject.Open(t, 10)
	defer closeStore(t, s)
	for _, key := range []persistence.RoomKey{{}, {Kind: "room"}, {Name: "a"}, room("a\x00b")} {
		if _, err := s.Load(key); !errors.Is(err, persistence.ErrInvalid) {
			t.Errorf("load of %q: %v, want ErrInvalid", key, err)
		}
	}
}
