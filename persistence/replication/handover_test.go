package replication_test

import (
	"testing"

	"github.com/parlor-sse/parlor/persistence/replication"
)

// TestReportOfAnotherLifeRetiresNothing commits a message on two of three
// members. One then loses its disk and the other falls silent. The two that
// report know nothing of the room: the ring may not be retired on their word,
// or the silent one's copy, the last there is, is never asked for.
func TestReportOfAnotherLifeRetiresNothing(t *testing.T) {
	for _, f := range []flaw{sound, retireOnAmnesia} {
		s := newStill(t, 3, 3)
		s.flaw = f
		s.net.cut[0][2], s.net.cut[1][2] = true, true // n2 never hears of the room
		s.acquire(0)
		s.say(0, 1)
		s.net.heal()

		s.nodes[0].paused = true
		s.rings.change([]simHolder{{node: 1, life: 2}, {node: 2, life: 3}})
		s.rings.lose(1)
		s.nodes[1].stop(false)
		s.nodes[1].disk = newSimDisk(1)
		s.nodes[1].start()
		s.relive()
		s.everybody()
		s.report(s.nodes[1])
		s.report(s.nodes[2])
		for s.rings.retire() {
		}
		s.everybody()
		s.last()
		s.nodes[1].step(0, replication.Acquire{Now: 50})
		for s.err == nil && len(s.net.flying)+len(s.nodes[1].disk.pending)+len(s.nodes[2].disk.pending) > 0 {
			s.round()
		}
		if f == retireOnAmnesia && s.err == nil {
			t.Error("the message was not lost: the flaw does no harm")
		}
		if f != sound {
			continue
		}
		if s.err != nil {
			t.Fatal(s.err)
		}
		s.nodes[0].paused = false
		s.calm()
		if s.err != nil {
			t.Fatal(s.err)
		}
	}
}

// TestStray asks whether a copy may be forgotten while its node lags behind the
// rings.
func TestStray(t *testing.T) {
	s := newStill(t, 4, 3)
	s.acquire(0)
	s.say(0, 1)
	d := s.nodes[0].disk.rooms[0]
	s.nodes[3].step(0, replication.Receive{From: "n0", Message: replication.Copied{
		Accepted: d.fence.Accepted, AcceptedRing: 1, Birth: d.fence.Birth,
		Log: copyOf(d),
	}})
	if s.nodes[3].cores[0].Stray() {
		t.Error("stray with a write under way")
	}
	s.flow()
	if !s.nodes[3].cores[0].Stray() || s.nodes[1].core(0).Stray() {
		t.Error("not the copy of the node that is no member is stray")
	}
	// A newer ring counts on n3, and its owner has reached n3 before the ring has.
	s.rings.change([]simHolder{{node: 0, life: 1}, {node: 1, life: 2}, {node: 3, life: 4}})
	s.nodes[0].learn(1)
	s.acquire(0)
	s.nodes[1].paused = true
	s.say(0, 1)
	if e := s.last(); e != (replication.Committed{Turn: 2, Replicas: 2}) {
		t.Fatalf("%+v", e)
	}
	if s.nodes[3].cores[0].Stray() {
		t.Error("one of two copies of a message is stray")
	}
}
