package persistencetest

import (
	"bytes"
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/parlor-sse/parlor/persistence"
)

func room(name string) persistence.RoomKey {
	return persistence.RoomKey{Kind: "room", Name: name}
}

// record returns a record whose bytes tell its room and position.
func record(key persistence.RoomKey, epoch, seq uint64) persistence.Record {
	return persistence.Record{
		Position: persistence.Position{Epoch: epoch, Seq: seq},
		Time:     1_700_000_000_000 + int64(seq),
		Event:    "broadcast",
		Data:     fmt.Appendf(nil, `{"room":%q,"at":"%d-%d"}`, key, epoch, seq),
	}
}

// write returns the turn that is the message at seq and nothing else, in a room
// of which every turn is one message.
func write(key persistence.RoomKey, lineage persistence.Lineage, seq uint64) persistence.Write {
	r := record(key, lineage.Current(), seq)
	return persistence.Write{
		Room: key,
		Turn: &persistence.Turn{Records: []persistence.Record{r}},
		Head: evenHead(lineage, r.Position),
	}
}

// evenHead returns the head of a room of which every turn is one message.
func evenHead(lineage persistence.Lineage, last persistence.Position) persistence.Head {
	return persistence.Head{Turn: last.Seq, Last: last, Lineage: lineage}
}

// keyed returns the write with the key entry in its turn.
func keyed(w persistence.Write, e persistence.KeyEntry) persistence.Write {
	turn := *w.Turn
	turn.Key = &e
	w.Turn = &turn
	return w
}

// writes returns one write for each seq from first to last.
func writes(key persistence.RoomKey, lineage persistence.Lineage, first, last uint64) []persistence.Write {
	var out []persistence.Write
	for seq := first; seq <= last; seq++ {
		out = append(out, write(key, lineage, seq))
	}
	return out
}

// records returns the records of one epoch from first to last.
func records(key persistence.RoomKey, epoch, first, last uint64) []persistence.Record {
	var out []persistence.Record
	for seq := first; seq <= last; seq++ {
		out = append(out, record(key, epoch, seq))
	}
	return out
}

var epoch7 = persistence.Lineage{{Epoch: 7, First: 1}}

func commit(t *testing.T, s persistence.Store, w ...persistence.Write) {
	t.Helper()
	if err := s.Commit(w); err != nil {
		t.Fatalf("commit: %v", err)
	}
}

func load(t *testing.T, s persistence.Store, key persistence.RoomKey) *persistence.State {
	t.Helper()
	st, err := s.Load(key)
	if err != nil {
		t.Fatalf("load: %v", err)
	}
	return st
}

func closeStore(t *testing.T, s persistence.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
}

// checkHistory fails unless the room's history is exactly want.
func checkHistory(t *testing.T, s persistence.Store, key persistence.RoomKey, want []persistence.Record) {
	t.Helper()
	st := load(t, s, key)
	if !slices.EqualFunc(st.History, want, equalRecords) {
		t.Fatalf("history of %q is %v, want %v", key, positions(st.History), positions(want))
	}
	if len(want) > 0 && st.Last != want[len(want)-1].Position {
		t.Fatalf("last of %q is %v, want %v", key, st.Last, want[len(want)-1].Position)
	}
	if st.Damaged {
		t.Fatalf("%q counts as damaged", key)
	}
}

// checkContiguous fails unless the state's history runs up to Last without a
// hole.
func checkContiguous(t *testing.T, key persistence.RoomKey, st *persistence.State) {
	t.Helper()
	for i, r := range st.History {
		if want := st.Last.Seq - uint64(len(st.History)-1-i); r.Seq != want {
			t.Fatalf("history of %q up to %v has a hole: %v", key, st.Last, positions(st.History))
		}
		if !equalRecords(r, record(key, r.Epoch, r.Seq)) {
			t.Fatalf("record %v of %q is not what was written: %s", r.Position, key, r.Data)
		}
	}
}

func equalRecords(a, b persistence.Record) bool {
	return a.Position == b.Position && a.Time == b.Time && a.Event == b.Event && bytes.Equal(a.Data, b.Data)
}

func positions(rs []persistence.Record) []persistence.Position {
	var out []persistence.Position
	for _, r := range rs {
		out = append(out, r.Position)
	}
	return out
}

// sortedKeys returns the entries in the order of their slots.
func sortedKeys(keys []persistence.KeyEntry) []persistence.KeyEntry {
	keys = slices.Clone(keys)
	slices.SortFunc(keys, func(a, b persistence.KeyEntry) int { return cmp.Compare(a.Slot, b.Slot) })
	return keys
}

func equalKeys(a, b persistence.KeyEntry) bool { return reflect.DeepEqual(a, b) }

func checkKeys(t *testing.T, s persistence.Store, key persistence.RoomKey, want ...persistence.KeyEntry) {
	t.Helper()
	if got := sortedKeys(load(t, s, key).Keys); !slices.EqualFunc(got, want, equalKeys) {
		t.Fatalf("keys of %q are %v, want %v", key, got, want)
	}
}
