package replication_test

import (
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/replication"
)

// TestTurnsThatAreNotTaken gives a follower whose newest turn is 2, and an owner
// with the same, turns that they must not take, and some that they must.
func TestTurnsThatAreNotTaken(t *testing.T) {
	put := func(key string, size int) *persistence.Change {
		return &persistence.Change{Puts: []persistence.Item{{Key: key, Value: make([]byte, size)}}}
	}
	for name, tt := range map[string]struct {
		turn persistence.Turn
		ok   bool
	}{
		"nothing":              {persistence.Turn{}, true},
		"a message":            {persistence.Turn{Records: []persistence.Record{rec(5, 3)}}, true},
		"two messages":         {persistence.Turn{Records: []persistence.Record{rec(5, 3), rec(5, 4)}}, true},
		"a hole before":        {persistence.Turn{Records: []persistence.Record{rec(5, 4)}}, false},
		"a hole within":        {persistence.Turn{Records: []persistence.Record{rec(5, 3), rec(5, 5)}}, false},
		"an earlier epoch":     {persistence.Turn{Records: []persistence.Record{rec(4, 3)}}, false},
		"a later epoch":        {persistence.Turn{Records: []persistence.Record{rec(6, 3)}}, false},
		"a key":                {persistence.Turn{Key: &persistence.KeyEntry{Turn: 3}}, true},
		"a key of another":     {persistence.Turn{Key: &persistence.KeyEntry{Turn: 2}}, false},
		"a key of the future":  {persistence.Turn{Key: &persistence.KeyEntry{Turn: 3, At: at(5, 3)}}, false},
		"a long answer":        {persistence.Turn{Key: &persistence.KeyEntry{Turn: 3, Answer: make([]byte, 1<<20)}}, false},
		"a change":             {persistence.Turn{Change: put("k", 8)}, true},
		"a nameless item":      {persistence.Turn{Change: put("", 8)}, false},
		"as much as may be":    {persistence.Turn{Change: put("k", 99)}, true},
		"more than may be":     {persistence.Turn{Change: put("k", 100)}, false},
		"an alarm":             {persistence.Turn{Change: &persistence.Change{Alarm: &persistence.Alarm{At: 7}}}, true},
		"an alarm before time": {persistence.Turn{Change: &persistence.Change{Alarm: &persistence.Alarm{At: -7}}}, false},
		"a disorder": {persistence.Turn{Change: &persistence.Change{
			Puts: []persistence.Item{{Key: "b"}, {Key: "a"}}}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBenchOf(t, replication.Options{StorageBytes: 100}, &persistence.State{})
			c := claim(5, 1, 1)
			b.hear(replication.Sync{Claim: c, Birth: 5})
			b.hear(replication.Append{Claim: c, First: 1, Turns: said(rec(5, 1), rec(5, 2))})
			_, writes := b.do(replication.Receive{From: "a", Message: replication.Append{Claim: c, First: 3, Turns: []persistence.Turn{tt.turn}}})
			if (writes > 0) != tt.ok || (b.core.Dropped() == 0) != tt.ok {
				t.Errorf("a follower writes %d, drops %d", writes, b.core.Dropped())
			}

			d := driverOf(t, home(1, "a", "b", "c"), &persistence.State{}, replication.Options{StorageBytes: 100})
			d.own()
			for i, turn := range said(rec(5, 1), rec(5, 2)) {
				d.do(replication.Propose{Number: uint64(i + 1), Turn: turn})
			}
			d.do(replication.Propose{Number: 3, Turn: tt.turn})
			if (len(d.writes) > 0) != tt.ok || (d.core.Dropped() == 0) != tt.ok {
				t.Errorf("an owner writes %d, drops %d", len(d.writes), d.core.Dropped())
			}
		})
	}
}

func TestProposalsOutOfTurnAreDropped(t *testing.T) {
	d := newDriver(t, home(1, "a", "b", "c"))
	d.own()
	for _, number := range []uint64{0, 2, 1<<64 - 1} {
		if d.do(replication.Propose{Number: number}); len(d.writes)+len(d.sends) > 0 {
			t.Errorf("takes turn %d as the first", number)
		}
	}
	if d.core.Dropped() != 3 {
		t.Errorf("%d dropped", d.core.Dropped())
	}
}

// TestStorageIsMeasuredTurnByTurn gives a room that may store 100 bytes turns
// that put more, of which some is removed or replaced again.
func TestStorageIsMeasuredTurnByTurn(t *testing.T) {
	item := func(key string, size int) persistence.Item {
		return persistence.Item{Key: key, Value: []byte(strings.Repeat("x", size-len(key)))}
	}
	changes := func(all ...persistence.Change) (turns []persistence.Turn) {
		for i := range all {
			turns = append(turns, persistence.Turn{Change: &all[i]})
		}
		return turns
	}
	fill := persistence.Change{Puts: []persistence.Item{item("a", 60), item("b", 40)}}
	for name, tt := range map[string]struct {
		turns []persistence.Turn
		ok    bool
	}{
		"replaced": {changes(fill, persistence.Change{Puts: []persistence.Item{item("a", 60)}}), true},
		"removed":  {changes(fill, persistence.Change{Deletes: []string{"b"}}, persistence.Change{Puts: []persistence.Item{item("c", 40)}}), true},
		"cleared":  {changes(fill, persistence.Change{Clear: true, Puts: []persistence.Item{item("c", 100)}}), true},
		"for a moment too much": {changes(fill, persistence.Change{Puts: []persistence.Item{item("c", 1)}},
			persistence.Change{Deletes: []string{"c"}}), false},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBenchOf(t, replication.Options{StorageBytes: 100}, &persistence.State{})
			c := claim(5, 1, 1)
			b.hear(replication.Sync{Claim: c, Birth: 5})
			_, writes := b.do(replication.Receive{From: "a", Message: replication.Append{Claim: c, First: 1, Turns: tt.turns}})
			if want := len(tt.turns); (writes == want) != tt.ok || !tt.ok && writes > 0 {
				t.Errorf("%d writes of %d turns", writes, want)
			}
		})
	}
}
