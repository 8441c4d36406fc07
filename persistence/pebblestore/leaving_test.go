package pebblestore_test

import (
	"fmt"
	"maps"
	"testing"

	"github.com/parlor-sse/parlor/persistence"
)

// TestLeaving opens a store with smaller and smaller histories: of the records that
// are dropped what Config.Leaving returns stays, beside what the room had stored.
func TestLeaving(t *testing.T) {
	dir, key := t.TempDir(), testRoom(1)
	cfg := testConfig(t)
	cfg.History = 10
	s := open(t, dir, cfg)
	commit := func(w persistence.Write) {
		t.Helper()
		w.Head.Uneven, w.Head.Items, w.Head.Bytes = true, 1, 4
		if err := s.Commit([]persistence.Write{w}); err != nil {
			t.Fatal(err)
		}
	}
	own := persistence.Item{Key: "own", Value: []byte("1")}
	commit(persistence.Write{
		Room: key, Turn: &persistence.Turn{Change: &persistence.Change{Puts: []persistence.Item{own}}},
		Head: persistence.Head{Turn: 1},
	})
	for seq := uint64(1); seq <= 10; seq++ {
		w := testWrite(1, seq)
		w.Head.Turn++
		commit(w)
	}
	want := map[string]string{"own": "1"}
	cfg.Leaving = func(records []persistence.Record, storage *persistence.Storage) (items []persistence.Item) {
		if v, ok := storage.Get("own"); !ok || string(v) != "1" {
			t.Errorf("what the room had stored is %q, %v", v, ok)
		}
		for _, r := range records {
			if r.Seq%2 == 0 {
				items = append(items, persistence.Item{Key: fmt.Sprint("seq", r.Seq), Value: []byte("{}")})
			}
		}
		return items
	}
	seq := uint64(1)
	for _, history := range []int{7, 6, 2, 2} {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		cfg.History = history
		s = open(t, dir, cfg)
		for ; seq <= 10-uint64(history); seq++ {
			if seq%2 == 0 {
				want[fmt.Sprint("seq", seq)] = "{}"
			}
		}
		for _, when := range []string{"laid out anew", "read again"} {
			st, err := s.Load(key)
			if err != nil || st.Damaged || len(st.History) != history {
				t.Fatalf("%d, %s: %+v, %v", history, when, st, err)
			}
			got := make(map[string]string)
			st.Storage.Ascend("", func(it persistence.Item) bool {
				got[it.Key] = string(it.Value)
				return true
			})
			if !maps.Equal(got, want) || st.Items != uint64(len(want)) || st.Bytes != uint64(st.Storage.Bytes()) {
				t.Errorf("%d, %s: %v, %d items of %d bytes", history, when, got, st.Items, st.Bytes)
			}
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
