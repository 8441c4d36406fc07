package replication_test

import (
	"reflect"
	"testing"

	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/replication"
)

// TestTurnsFromDisk asks a copy that was read from a disk for its newest turns.
// They can be told from its messages as long as every turn was one.
func TestTurnsFromDisk(t *testing.T) {
	history := []persistence.Record{rec(5, 1), rec(5, 2), rec(5, 3)}
	key := persistence.KeyEntry{Slot: 4, Turn: 3, At: at(5, 3)}
	turns := said(history...)
	turns[2].Key = &key
	fence := persistence.Fence{Promised: 5, Holder: 1, Ring: 1, Accepted: 5, AcceptedRing: 1, Birth: 5}
	uneven := even(5, 3)
	uneven.Turn, uneven.Uneven = 7, true
	for name, tt := range map[string]struct {
		head  persistence.Head
		after uint64
		want  []persistence.Turn
		whole bool
	}{
		"even, all":             {even(5, 3), 0, turns, false},
		"even, some":            {even(5, 3), 1, turns[1:], false},
		"even, none":            {even(5, 3), 3, nil, false},
		"even, from the future": {even(5, 3), 4, nil, true},
		"uneven, none":          {uneven, 7, nil, false},
		"uneven, one":           {uneven, 6, nil, true},
		"uneven, all":           {uneven, 0, nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, &persistence.State{Head: tt.head, History: history, Keys: []persistence.KeyEntry{key}, Fence: fence})
			f := b.hear(replication.Fetch{Claim: claim(9, 2, 1), Accepted: 5, After: tt.after})[0].Message.(replication.Fetched)
			if f.Partial == tt.whole || !reflect.DeepEqual(f.Turns, tt.want) {
				t.Errorf("gives %+v", f)
			}
			if tt.whole && (!reflect.DeepEqual(f.Log.Head, tt.head) || len(f.Log.History) != 3 || len(f.Log.Keys) != 1) {
				t.Errorf("gives %+v", f.Log)
			}
		})
	}
}

// TestHistoryOutlastsTurns sends three messages and then more turns than memory
// holds, without one: a copy still has the newest messages.
func TestHistoryOutlastsTurns(t *testing.T) {
	s := newStill(t, 3, 3)
	s.window, s.history = 5, 3
	s.acquire(0)
	s.say(0, 4)
	for i := range 20 {
		s.offer(0, put("k", s.sized(8+i)))
	}
	s.flow()
	s.rings.change([]simHolder{{node: 1, life: 2}, {node: 2, life: 3}})
	s.everybody()
	s.acquire(1)
	o := s.owned()
	if n := len(o.Log.History); n < 3 || n > 4 || o.Log.Last.Seq != 4 || o.Log.Turn != 24 {
		t.Errorf("owned %s", describe(o))
	}
}

// TestOwnedStorageIsNeverNil owns a room that stores nothing: its storage can be
// changed all the same.
func TestOwnedStorageIsNeverNil(t *testing.T) {
	d := newDriver(t, home(1, "a"))
	d.do(replication.Acquire{Now: 5})
	if o := d.owned(); o.Log.Storage == nil || o.Log.Storage.Len() != 0 {
		t.Errorf("owned %+v", o.Log)
	}
}

// TestCatchUpWithStorage brings turns of all kinds to members in all ways: turn
// by turn, as what they lack of the order before, and whole.
func TestCatchUpWithStorage(t *testing.T) {
	s := newStill(t, 4, 3)
	s.plain = false
	s.acquire(0)
	s.say(0, 30)
	s.nodes[2].paused = true
	s.say(0, 30)
	s.net.flying = nil
	s.nodes[2].paused = false
	s.rings.change([]simHolder{{node: 1, life: 2}, {node: 2, life: 3}, {node: 3, life: 4}})
	s.everybody()
	s.last()
	deltas, wholes := 0, 0
	s.lost = func(m simMessage) bool {
		if sync, ok := m.message.(replication.Sync); ok && sync.BaseAccepted != 0 {
			deltas++
		} else if ok {
			wholes++
		}
		return false
	}
	s.acquire(1)
	if o := s.owned(); o.Log.Turn != 60 {
		t.Fatalf("owned %s", describe(o))
	}
	if deltas != 1 || wholes != 1 {
		t.Errorf("%d members are given what they lack, %d all", deltas, wholes)
	}
	s.say(1, 30)
	s.ticks(60)
	if !s.nodes[1].cores[0].Settled() {
		t.Error("not settled")
	}
	s.checkEqual()
	if s.err != nil {
		t.Fatal(s.err)
	}
}

// TestRefusalOfAnOldRingEndsNothing hears that a message was refused that went by
// a ring from before: the owner goes by the newer one itself.
func TestRefusalOfAnOldRingEndsNothing(t *testing.T) {
	d := newDriver(t, home(1, "a", "b", "c"))
	d.own()
	old := d.claim
	d.do(replication.Configure{Configs: []replication.Config{home(2, "a", "b", "c")}})
	d.hear("b", replication.Refuse{Claim: old, Promised: old.Epoch, Ring: 2})
	if _, owns := d.core.Owner(); !owns {
		t.Error("gives up")
	}
	now := old
	now.Ring = 2
	d.hear("b", replication.Refuse{Claim: now, Promised: old.Epoch, Ring: 2})
	if _, owns := d.core.Owner(); owns {
		t.Error("goes on, although another process was promised the epoch")
	}
}
