package pebblestore_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"

	"github.com/parlor-sse/parlor/persistence"
)

// largeItems returns items of the largest values that make up so many bytes.
func largeItems(rng *rand.Rand, size int) []persistence.Item {
	var items []persistence.Item
	for at := 0; size > 0; at++ {
		key := fmt.Sprintf("item %05d", at)
		value := make([]byte, min(persistence.MaxValueBytes, max(0, size-len(key))))
		for i := 0; i < len(value); i += 512 { // hard to compress, as stored data may be
			value[i] = byte(rng.Uint32())
		}
		items = append(items, persistence.Item{Key: key, Value: value})
		size -= len(key) + len(value)
	}
	return items
}

// TestLargeWrites commits a copy that fits in no memtable, or hardly in one, and
// the largest turn there may be on top of it, and cuts the power after each: they
// are there as a whole, as is what removes them.
func TestLargeWrites(t *testing.T) {
	for name, memTable := range map[string]int64{"small memtable": 1 << 20, "default": 0} {
		t.Run(name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(7, 7))
			d := newDisk(0, 1)
			st := &persistence.State{}
			commit := func(w persistence.Write) {
				t.Helper()
				cfg := testConfig(t)
				cfg.FS, cfg.MemTableBytes, cfg.History = d.fs, memTable, 2000
				d.store = open(t, diskDir, cfg)
				w.Room = testRoom(1)
				if err := d.store.Commit([]persistence.Write{w}); err != nil {
					t.Fatal(err)
				}
				d.crash(t)
				cfg.FS = d.fs
				s := open(t, diskDir, cfg)
				st = checkRoom(t, s, 1)
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
			}
			c := &persistence.Copy{Storage: persistence.NewStorage(largeItems(rng, 24<<20))}
			c.Head = persistence.Head{Turn: 1, Uneven: true, Items: uint64(c.Storage.Len()), Bytes: uint64(c.Storage.Bytes())}
			commit(persistence.Write{Copy: c, Fence: &persistence.Fence{Promised: 1}})
			if st.Damaged || !maps.Equal(itemsOf(st.Storage), itemsOf(c.Storage)) {
				t.Fatalf("after the copy: %+v, damaged %v", st.Head, st.Damaged)
			}

			turn := &persistence.Turn{Change: &persistence.Change{Puts: largeItems(rng, persistence.MaxChangeBytes)}}
			for seq := range uint64(persistence.MaxTurnRecords) {
				turn.Records = append(turn.Records, testRecord(1, seq+1))
			}
			storage := c.Storage.Clone()
			storage.Apply(turn.Change)
			commit(persistence.Write{Turn: turn, Head: c.Head.After(turn, storage)})
			if st.Damaged || len(st.History) != persistence.MaxTurnRecords || !maps.Equal(itemsOf(st.Storage), itemsOf(storage)) {
				t.Fatalf("after the turn: %+v, %d messages, damaged %v", st.Head, len(st.History), st.Damaged)
			}

			cleared := &persistence.Turn{Change: &persistence.Change{Clear: true}}
			commit(persistence.Write{Turn: cleared, Head: st.Head.After(cleared, nil)})
			if st.Damaged || st.Storage != nil || len(st.History) != persistence.MaxTurnRecords {
				t.Fatalf("after all was removed: %+v, %d messages, damaged %v", st.Head, len(st.History), st.Damaged)
			}
		})
	}
}
