package e2e_test

import (
	"math"
	"testing"
)

// TestClusterKill kills each node in turn, the owners of rooms included, while
// messages pour in at all of them, and starts it again. Nothing that was
// answered is lost or has two places, and streams at the other nodes notice
// nothing.
func TestClusterKill(t *testing.T) {
	t.Parallel()
	f := startFleet(t, 3)
	killInTurn(f, f.nodes)
}

// killInTurn kills these nodes one after the other under load.
func killInTurn(f *fleet, victims []*node) {
	f.t.Helper()
	var loads []*load
	var readers []*follower
	for _, n := range f.nodes {
		readers = append(readers, f.follow(n, "", "a"), f.follow(n, "plain", "b"), f.follow(n, "", "b", "a"))
	}
	for _, room := range []string{"a", "b"} {
		loads = append(loads, f.publishTo(room, "load-"+room))
	}
	flow := func(more int64) {
		f.t.Helper()
		for _, l := range loads {
			l.flows(f.t, more)
		}
	}
	flow(20)
	for _, victim := range victims {
		owned := f.ownerOf("a") == victim
		f.crash(victim)
		flow(20)
		f.start(victim)
		f.settled()
		f.t.Logf("%s killed and back, which owned a: %v", victim.name, owned)
		flow(20)
	}
	last := make(map[string]string)
	sent := make(map[string][]publication)
	for _, l := range loads {
		sent[l.room] = l.end()
		last[l.room] = f.any().publish(l.room, `{"key":"last"}`).ID
		f.t.Logf("%s: %s", l.room, tally(sent[l.room]))
	}
	for _, r := range readers {
		r.reaches(last)
	}
	for _, l := range loads {
		f.audit(l.room, sent[l.room], readers)
	}
}

// audit compares what was sent to a room with what each reader of the room saw,
// which has to be all of its messages, and with what every node says it keeps.
func (f *fleet) audit(room string, sent []publication, readers []*follower) {
	f.t.Helper()
	book := newLedger(f.t)
	for _, p := range sent {
		if p.answer.ID != "" {
			book.answered(p)
		}
	}
	for _, r := range readers {
		all := r.everything(room)
		if len(all) == 0 {
			continue // it reads other rooms
		}
		book.check(all, math.MaxInt)
		shown := make(map[string]bool)
		for _, m := range all {
			shown[keyOf(f.t, m)] = true
		}
		for _, p := range sent {
			if p.refused != nil && shown[p.key] {
				f.t.Errorf("%s was refused, %v, and is shown", p.key, p.refused)
			}
		}
	}
	for _, n := range f.up() {
		book.check(n.history(room), 1000)
	}
}
