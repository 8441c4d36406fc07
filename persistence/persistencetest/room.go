package persistencetest

import (
	"errors"
	"slices"
	"strings"
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
	if len(st.Lineage) != 0 || st.Last != (persistence.Position{}) || len(st.History) != 0 || len(st.Keys) != 0 || st.Damaged {
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
		return persistence.KeyEntry{
			Slot: slot,
			Hash: [16]byte{1, byte(slot), byte(seq)},
			Body: [16]byte{2, byte(slot), byte(seq)},
			At:   persistence.Position{Epoch: 7, Seq: seq},
			Time: int64(seq),
		}
	}
	keyed := func(slot uint32, seq uint64) persistence.Write {
		w, e := write(key, epoch7, seq), entry(slot, seq)
		w.Key = &e
		return w
	}
	commit(t, s, keyed(0, 1), write(key, epoch7, 2), keyed(999, 3))
	checkKeys(t, s, key, entry(0, 1), entry(999, 3))
	commit(t, s, keyed(0, 4))
	checkKeys(t, s, key, entry(0, 4), entry(999, 3))
	// Twice the same slot in one batch, and more messages than the history.
	commit(t, s, keyed(5, 5), keyed(5, 6), keyed(6, 7))
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

// testInvalidWrite has a batch refused for one of its writes and finds that
// none of it was written.
func testInvalidWrite(t *testing.T, subject Subject) {
	s := subject.Open(t, 10)
	defer closeStore(t, s)
	good := write(room("good"), epoch7, 1)
	for name, spoil := range map[string]func(*persistence.Write){
		"no name":         func(w *persistence.Write) { w.Room.Name = "" },
		"no kind":         func(w *persistence.Write) { w.Room.Kind = "" },
		"NUL in the name": func(w *persistence.Write) { w.Room.Name = "a\x00b" },
		"NUL in the kind": func(w *persistence.Write) { w.Room.Kind = "a\x00b" },
		"long name":       func(w *persistence.Write) { w.Room.Name = strings.Repeat("n", persistence.MaxNameBytes+1) },
		"long event":      func(w *persistence.Write) { w.Record.Event = strings.Repeat("e", persistence.MaxEventBytes+1) },
		"large data":      func(w *persistence.Write) { w.Record.Data = make([]byte, persistence.MaxDataBytes+1) },
		"no seq":          func(w *persistence.Write) { w.Record.Seq = 0 },
		"no lineage":      func(w *persistence.Write) { w.Lineage = nil },
		"another epoch":   func(w *persistence.Write) { w.Record.Epoch = 8 },
		"unsorted lineage": func(w *persistence.Write) {
			w.Lineage = persistence.Lineage{{Epoch: 7, First: 1}, {Epoch: 6, First: 2}}
		},
	} {
		bad := write(room("bad"), epoch7, 1)
		spoil(&bad)
		if err := s.Commit([]persistence.Write{good, bad}); !errors.Is(err, persistence.ErrInvalid) {
			t.Errorf("%s: commit: %v, want ErrInvalid", name, err)
		}
	}
	if st := load(t, s, room("good")); st.Last.Seq != 0 {
		t.Fatalf("a part of a refused batch was written: %v", st.Last)
	}
	commit(t, s, good)
	checkHistory(t, s, room("good"), records(room("good"), 7, 1, 1))
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
