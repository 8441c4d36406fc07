package pebblestore_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/pebblestore"
)

func recordKey(seq uint64) []byte {
	return pebblestore.AppendSlot(nil, pebblestore.PrefixRecord, testRoom(1), uint32(seq%10))
}

func metaKey() []byte { return pebblestore.AppendRoom(nil, pebblestore.PrefixMeta, testRoom(1)) }

func fenceKey() []byte { return pebblestore.AppendRoom(nil, pebblestore.PrefixFence, testRoom(1)) }

func entryKey(slot uint32) []byte {
	return pebblestore.AppendSlot(nil, pebblestore.PrefixKeyEntry, testRoom(1), slot)
}

// flip changes one bit of the value under key.
func flip(key []byte) func(*pebble.DB) error {
	return func(db *pebble.DB) error {
		value, closer, err := db.Get(key)
		if err != nil {
			return err
		}
		value = bytes.Clone(value)
		if err := closer.Close(); err != nil {
			return err
		}
		value[len(value)/2] ^= 4
		return db.Set(key, value, nil)
	}
}

func set(key []byte, r persistence.Record) func(*pebble.DB) error {
	return func(db *pebble.DB) error { return db.Set(key, persistence.AppendRecord(nil, &r), nil) }
}

// TestDamagedValues damages one value of a room that holds the messages 16 to
// 25 and two keys.
func TestDamagedValues(t *testing.T) {
	for name, test := range map[string]struct {
		change  func(*pebble.DB) error
		first   uint64 // of the history that is left; 26: none
		keys    int
		damaged bool
	}{
		"nothing":              {func(*pebble.DB) error { return nil }, 16, 2, false},
		"a record":             {flip(recordKey(20)), 21, 2, true},
		"the oldest record":    {flip(recordKey(16)), 17, 2, true},
		"the newest record":    {flip(recordKey(25)), 26, 2, true},
		"no newest record":     {func(db *pebble.DB) error { return db.Delete(recordKey(25), nil) }, 26, 2, true},
		"a key":                {flip(entryKey(3)), 16, 1, true},
		"a key of the future":  {setEntry(4, 4, 26), 16, 2, true},
		"a key in wrong slot":  {setEntry(5, 4, 7), 16, 2, true},
		"a record of old":      {set(recordKey(20), testRecord(1, 10)), 21, 2, false},
		"a record of the end":  {set(recordKey(20), testRecord(1, 30)), 21, 2, false},
		"a record of no epoch": {set(recordKey(20), foreign(20, 6)), 21, 2, false},
		"a record to come":     {set(recordKey(20), foreign(20, 8)), 21, 2, false},
		"a key of odd length":  {func(db *pebble.DB) error { return db.Set(append(recordKey(20), 'x'), nil, nil) }, 16, 2, false},
		"a record as meta":     {flip(metaKey()), 0, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDisk(0, 1)
			fillDamaged(t, d)
			raw(t, d.fs, test.change)
			registry := prometheus.NewRegistry()
			cfg := testConfig(t)
			cfg.FS, cfg.History, cfg.Registerer = d.fs, 10, registry
			s := open(t, diskDir, cfg)
			defer s.Close()
			checkDamaged(t, s, test.first, test.keys, test.damaged)
			checkDamaged(t, s, test.first, test.keys, test.damaged) // looking repairs nothing
			if got := gather(t, registry)["parlor_store_damaged_total"]; (got > 0) != test.damaged {
				t.Errorf("damage was counted %v times", got)
			}
		})
	}
}

func foreign(seq, epoch uint64) persistence.Record {
	r := testRecord(1, seq)
	r.Epoch = epoch
	return r
}

func setEntry(at, slot uint32, seq uint64) func(*pebble.DB) error {
	e := persistence.KeyEntry{Slot: slot, Turn: seq, At: persistence.Position{Epoch: testEpoch, Seq: seq}}
	return func(db *pebble.DB) error { return db.Set(entryKey(at), persistence.AppendKeyEntry(nil, &e), nil) }
}

func fillDamaged(t *testing.T, d *disk) {
	t.Helper()
	s := d.open(t, 10)
	var batch []persistence.Write
	for seq := uint64(1); seq <= 25; seq++ {
		w := testWrite(1, seq)
		if seq == 2 || seq == 3 {
			w = keyedWrite(1, seq, uint32(seq))
		}
		batch = append(batch, w, testWrite(2, seq))
	}
	if err := errors.Join(s.Commit(batch), s.Close()); err != nil {
		t.Fatal(err)
	}
}

func checkDamaged(t *testing.T, s *pebblestore.Store, first uint64, keys int, damaged bool) {
	t.Helper()
	var listed []persistence.Position
	err := s.Rooms(persistence.RoomKey{}, func(_ persistence.RoomKey, last persistence.Position) bool {
		listed = append(listed, last)
		return true
	})
	last := persistence.Position{Epoch: testEpoch, Seq: 25}
	if first == 0 {
		if _, err := s.Load(testRoom(1)); !errors.Is(err, persistence.ErrCorrupt) {
			t.Errorf("load: %v, want ErrCorrupt", err)
		}
		if want := []persistence.Position{{}, last}; err != nil || !slices.Equal(listed, want) {
			t.Errorf("rooms end at %v, %v, want %v", listed, err, want)
		}
		return
	}
	if want := []persistence.Position{last, last}; err != nil || !slices.Equal(listed, want) {
		t.Errorf("rooms end at %v, %v, want %v", listed, err, want)
	}
	st, err := s.Load(testRoom(1))
	if err != nil {
		t.Fatal(err)
	}
	if st.Last != last || len(st.Keys) != keys || st.Damaged != damaged || len(st.History) != int(26-first) {
		t.Fatalf("got %+v, want a history from %d, %d keys, damaged %v", st, first, keys, damaged)
	}
	for i, r := range st.History {
		if want := testRecord(1, first+uint64(i)); r.Position != want.Position || !bytes.Equal(r.Data, want.Data) {
			t.Errorf("record %d is %v", i, r.Position)
		}
	}
	if st, err := s.Load(testRoom(2)); err != nil || st.Damaged || len(st.History) != 10 {
		t.Errorf("the other room is %+v, %v", st, err)
	}
}

func gather(t *testing.T, g prometheus.Gatherer) map[string]float64 {
	t.Helper()
	families, err := g.Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[string]float64)
	for _, f := range families {
		for _, m := range f.GetMetric() {
			out[f.GetName()] = m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return out
}

func TestMetrics(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	d := newDisk(0, 1)
	cfg := testConfig(t)
	cfg.FS, cfg.Registerer = d.fs, registry
	s := open(t, diskDir, cfg)
	checkRoom(t, s, 1)
	got := gather(t, registry)
	if got["parlor_store_load_seconds"] != 1 || got["parlor_store_disk_bytes"] == 0 || got["parlor_store_tables"] == 0 {
		t.Errorf("metrics are %v", got)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if got := gather(t, registry); len(got) != 0 {
		t.Errorf("after Close there is still %v", got)
	}
}
