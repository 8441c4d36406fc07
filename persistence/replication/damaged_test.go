package replication_test

import (
	"reflect"
	"testing"

	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/replication"
)

func TestDamagedCopyIsReplaced(t *testing.T) {
	fence := persistence.Fence{Promised: 5, Holder: 1, Ring: 1, Accepted: 5, AcceptedRing: 1, Birth: 5}
	b := newBench(t, &persistence.State{Damaged: true, Fence: fence, Head: even(5, 7), History: []persistence.Record{rec(5, 7)}})
	c := claim(5, 1, 1)
	b.answers(b.hear(replication.Append{Claim: c, First: 8, Turns: said(rec(5, 8))}), replication.Behind{Claim: c, Life: 1, Turn: 7})
	b.answers(b.hear(replication.Prepare{Claim: c}),
		replication.Promise{Claim: c, Life: 1, Accepted: 5, AcceptedRing: 1, Birth: 5, Turn: 7, Last: at(5, 7), Damaged: true})
	whole := func(seq uint64) replication.Sync {
		return replication.Sync{Claim: c, Birth: 5, Log: persistence.Copy{Head: even(5, seq), History: []persistence.Record{rec(5, seq)}}}
	}
	b.answers(b.hear(whole(6)), replication.Behind{Claim: c, Life: 1, Turn: 7})
	b.answers(b.hear(whole(7)), replication.Ack{Claim: c, Life: 1, Turn: 7})
	b.answers(b.hear(replication.Append{Claim: c, First: 8, Turns: said(rec(5, 8))}), replication.Ack{Claim: c, Life: 1, Turn: 8})
}

func TestCopyWithoutItsNewestRecordIsEmpty(t *testing.T) {
	fence := persistence.Fence{Promised: 9, Holder: 1, Ring: 1, Accepted: 5, AcceptedRing: 1, Birth: 5}
	b := newBench(t, &persistence.State{Damaged: true, Fence: fence, Head: even(5, 7)})
	c := claim(9, 1, 1)
	b.answers(b.hear(replication.Prepare{Claim: c}), replication.Promise{Claim: c, Life: 1, Birth: 5, Damaged: true})
	late := replication.Sync{Claim: claim(9, 1, 1), Birth: 5}
	b.answers(b.hear(late), replication.Ack{Claim: late.Claim, Life: 1}) // a later owner's order holds all that counts
	low := claim(8, 1, 1)
	b.answers(b.hear(replication.Prepare{Claim: low}), replication.Refuse{Claim: low, Promised: 9, Ring: 1})
}

// TestLateSyncRepairsNothing meets a copy that has acknowledged 5-7 and lost it
// with a message of its owner from before.
func TestLateSyncRepairsNothing(t *testing.T) {
	fence := persistence.Fence{Promised: 5, Holder: 1, Ring: 1, Accepted: 5, AcceptedRing: 1, Birth: 5}
	b := newBench(t, &persistence.State{Damaged: true, Fence: fence, Head: even(5, 7)})
	c := claim(5, 1, 1)
	b.answers(b.hear(replication.Sync{Claim: c, Birth: 5}), replication.Behind{Claim: c, Life: 1})
	whole := replication.Sync{Claim: c, Birth: 5, Log: persistence.Copy{Head: even(5, 7), History: []persistence.Record{rec(5, 7)}}}
	b.answers(b.hear(whole), replication.Ack{Claim: c, Life: 1, Turn: 7})
}

// TestDamagedCopyRemembersWhatItHeld has the node of a damaged copy stop again
// after it promised something: what the copy had acknowledged is not forgotten.
func TestDamagedCopyRemembersWhatItHeld(t *testing.T) {
	fence := persistence.Fence{Promised: 5, Holder: 1, Ring: 1, Accepted: 5, AcceptedRing: 1, Birth: 5}
	state := &persistence.State{Damaged: true, Fence: fence, Head: even(5, 7)}
	b := newBench(t, state)
	c := claim(5, 1, 2)
	e := b.core.Step(replication.Receive{From: "a", Message: replication.Prepare{Claim: c}})
	if len(e.Writes) != 1 || e.Writes[0].Fence == nil {
		t.Fatalf("writes %+v", e.Writes)
	}
	state.Fence = *e.Writes[0].Fence
	b = newBench(t, state)
	late := replication.Sync{Claim: replication.Claim{Epoch: 5, Holder: 1, Ring: 2, Since: 1}, Birth: 5}
	b.answers(b.hear(late), replication.Behind{Claim: late.Claim, Life: 1})
}

func TestCopyWithoutItsFenceIsMute(t *testing.T) {
	b := newBench(t, &persistence.State{Damaged: true}, home(1, "b"))
	for _, m := range []replication.Message{replication.Prepare{Claim: claim(9, 1, 1)}, replication.Sync{Claim: claim(9, 1, 1)}} {
		sends, writes := b.do(replication.Receive{From: "a", Message: m})
		if b.answers(sends, nil); writes > 0 {
			t.Errorf("%d writes", writes)
		}
	}
	e := b.core.Step(replication.Acquire{})
	if !reflect.DeepEqual(e.Events, []replication.Event{replication.Deposed{Reason: replication.ReasonNoQuorum}}) {
		t.Errorf("events %+v", e.Events)
	}
}
