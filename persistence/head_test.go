package persistence_test

import (
	"reflect"
	"testing"

	"github.com/parlor-sse/parlor/persistence"
)

// run returns n records of the epoch from seq first on.
func run(epoch, first uint64, n int) []persistence.Record {
	var out []persistence.Record
	for i := range uint64(n) {
		out = append(out, persistence.Record{Position: persistence.Position{Epoch: epoch, Seq: first + i}})
	}
	return out
}

func TestHeadAfter(t *testing.T) {
	lineage := persistence.Lineage{{Epoch: 7, First: 1}}
	even := persistence.Head{Turn: 4, Last: persistence.Position{Epoch: 7, Seq: 4}, Lineage: lineage}
	stored := persistence.Head{
		Turn: 5, Uneven: true, Last: even.Last, Lineage: lineage,
		Alarm: persistence.Alarm{At: 9, Retry: 2}, Items: 1, Bytes: 3,
	}
	storage := persistence.NewStorage([]persistence.Item{{Key: "k", Value: []byte("value")}, {Key: "l"}})
	for name, test := range map[string]struct {
		from persistence.Head
		turn persistence.Turn
		want func(*persistence.Head)
	}{
		"first message": {persistence.Head{}, persistence.Turn{Records: run(7, 1, 1)}, func(h *persistence.Head) {
			*h = persistence.Head{Turn: 1, Last: persistence.Position{Epoch: 7, Seq: 1}, Lineage: lineage}
		}},
		"first turn without one": {persistence.Head{}, persistence.Turn{}, func(h *persistence.Head) {
			*h = persistence.Head{Turn: 1, Uneven: true}
		}},
		"message": {even, persistence.Turn{Records: run(7, 5, 1)}, func(h *persistence.Head) {
			h.Turn, h.Last.Seq = 5, 5
		}},
		"message with a key": {even, persistence.Turn{Records: run(7, 5, 1), Key: &persistence.KeyEntry{}}, func(h *persistence.Head) {
			h.Turn, h.Last.Seq = 5, 5
		}},
		"message of a new owner": {even, persistence.Turn{Records: run(9, 5, 1)}, func(h *persistence.Head) {
			h.Turn, h.Last = 5, persistence.Position{Epoch: 9, Seq: 5}
			h.Lineage = persistence.Lineage{{Epoch: 7, First: 1}, {Epoch: 9, First: 5}}
		}},
		"messages": {even, persistence.Turn{Records: run(7, 5, 3)}, func(h *persistence.Head) {
			h.Turn, h.Uneven, h.Last.Seq = 5, true, 7
		}},
		"nothing": {even, persistence.Turn{}, func(h *persistence.Head) {
			h.Turn, h.Uneven = 5, true
		}},
		"message and change": {even, persistence.Turn{Records: run(7, 5, 1), Change: &persistence.Change{}}, func(h *persistence.Head) {
			h.Turn, h.Uneven, h.Last.Seq, h.Items, h.Bytes = 5, true, 5, 2, 7
		}},
		"message after storage": {stored, persistence.Turn{Records: run(7, 5, 1)}, func(h *persistence.Head) {
			h.Turn, h.Last.Seq = 6, 5
		}},
		"change that leaves the alarm": {stored, persistence.Turn{Change: &persistence.Change{}}, func(h *persistence.Head) {
			h.Turn, h.Items, h.Bytes = 6, 2, 7
		}},
		"alarm": {stored, persistence.Turn{Change: &persistence.Change{Alarm: &persistence.Alarm{At: 8}}}, func(h *persistence.Head) {
			h.Turn, h.Items, h.Bytes, h.Alarm = 6, 2, 7, persistence.Alarm{At: 8}
		}},
		"no alarm any more": {stored, persistence.Turn{Change: &persistence.Change{Alarm: &persistence.Alarm{}}}, func(h *persistence.Head) {
			h.Turn, h.Items, h.Bytes, h.Alarm = 6, 2, 7, persistence.Alarm{}
		}},
	} {
		want := test.from
		test.want(&want)
		if got := test.from.After(&test.turn, storage); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
}
