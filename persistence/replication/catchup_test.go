package replication_test

import (
	"slices"
	"testing"

	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/replication"
)

// TestRepeats loses all that is for one member and counts what it is sent: with
// growing pauses, and in the end only to ask what it holds.
func TestRepeats(t *testing.T) {
	s := newStill(t, 3, 3)
	s.acquire(0)
	s.owned()
	sent := map[string]int{}
	s.lost = func(m simMessage) bool {
		if m.to != 2 {
			return false
		}
		switch m.message.(type) {
		case replication.Append:
			sent["append"]++
		case replication.Prepare:
			sent["prepare"]++
		default:
			sent["other"]++
		}
		return true
	}
	s.say(0, 1)
	s.ticks(5 + 10 + 20 + 40 + 50 + 50)
	if sent["append"] != 3 || sent["prepare"] != 4 || sent["other"] != 0 {
		t.Errorf("sent %v", sent)
	}
	s.lost = func(simMessage) bool { return false }
	s.ticks(50)
	if c := s.nodes[0].cores[0]; !c.Settled() {
		t.Error("not caught up")
	}
}

// TestCatchUpComesInParts lets a member fall behind by a megabyte.
func TestCatchUpComesInParts(t *testing.T) {
	s := newStill(t, 3, 3)
	s.windowBytes = 4 << 20
	s.acquire(0)
	s.nodes[2].paused = true
	own := &s.nodes[0].owns[0]
	for range 20 {
		s.offer(0, persistence.Turn{Records: []persistence.Record{
			{Position: at(own.epoch, own.next()), Data: s.sized(60 << 10)}}})
	}
	s.net.flying = slices.DeleteFunc(s.net.flying, func(m simMessage) bool { return m.to == 2 })
	s.flow()
	s.nodes[2].paused = false
	most, parts := 0, 0
	s.lost = func(m simMessage) bool {
		if a, ok := m.message.(replication.Append); ok && m.to == 2 {
			size := 0
			for _, t := range a.Turns {
				size += len(t.Records[0].Data)
			}
			most = max(most, size)
			parts++
		}
		return false
	}
	s.ticks(60)
	if c := s.nodes[0].cores[0]; !c.Settled() {
		t.Fatal("not caught up")
	}
	if most > 256<<10 || parts < 5 {
		t.Errorf("%d parts of up to %d bytes", parts, most)
	}
}

// TestCatchUpBeyondTheWindow lets a member fall behind further than memory
// reaches.
func TestCatchUpBeyondTheWindow(t *testing.T) {
	s := newStill(t, 3, 3)
	s.window = 4
	s.acquire(0)
	s.nodes[2].paused = true
	for range 20 {
		s.propose(s.nodes[0], 0)
	}
	s.net.flying = slices.DeleteFunc(s.net.flying, func(m simMessage) bool { return m.to == 2 })
	s.flow()
	s.nodes[2].paused = false
	s.ticks(60)
	if c := s.nodes[0].cores[0]; !c.Settled() {
		t.Fatal("not caught up")
	}
	s.checkEqual()
	if s.err != nil {
		t.Fatal(s.err)
	}
}

// TestOvertakingMessages lets the last of ten be the first: what lacks is sent
// again at once, and once.
func TestOvertakingMessages(t *testing.T) {
	s := newStill(t, 3, 3)
	s.acquire(0)
	for range 10 {
		s.propose(s.nodes[0], 0)
	}
	slices.Reverse(s.net.flying)
	sent := 0
	s.lost = func(m simMessage) bool {
		if _, ok := m.message.(replication.Append); ok {
			sent++
		}
		return false
	}
	s.flow()
	if c := s.nodes[0].cores[0]; !c.Settled() {
		t.Error("not settled without a tick")
	}
	if sent > 2*10+2*2 {
		t.Errorf("%d messages sent again", sent-2*10)
	}
}

func TestHistoryReachesBackAfterATakeOver(t *testing.T) {
	s := newStill(t, 3, 3)
	s.acquire(0)
	s.say(0, 30)
	s.rings.change([]simHolder{{node: 1, life: 2}, {node: 2, life: 3}})
	s.everybody()
	s.acquire(1)
	if o := s.owned(); len(o.Log.History) != 30 || o.Log.Lineage.Current() != o.Epoch {
		t.Errorf("a history of %d, lineage %v", len(o.Log.History), o.Log.Lineage)
	}
}
