package replication_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/replication"
)

// put is a turn that stores one value, of which a test made all bytes.
func put(key string, value []byte) persistence.Turn {
	return persistence.Turn{Change: &persistence.Change{Puts: []persistence.Item{{Key: key, Value: value}}}}
}

// slowly carries whole copies to a node at 256 KiB a tick, one after the other,
// and everything else at once. A copy that is sent again while it is on its way
// is not carried twice; another one takes its place.
type slowly struct {
	*still
	to      int
	under   *simMessage // on its way
	left    int         // ticks
	carried int         // copies that arrived
	sent    int         // how often one was sent
	most    uint64      // that the owner ever kept in memory
}

func (s *slowly) intercept(m simMessage) bool {
	sync, ok := m.message.(replication.Sync)
	if !ok || m.to != s.to || sync.BaseAccepted != 0 || s.left < 0 {
		return false
	}
	s.sent++
	if s.under == nil || s.under.message.(replication.Sync).Log.Turn != sync.Log.Turn {
		s.under, s.left = &m, 1+sync.Log.Storage.Bytes()/(256<<10)
	}
	return true
}

func (s *slowly) tick() {
	s.Helper()
	s.ticks(1)
	s.most = max(s.most, s.nodes[0].cores[0].Weight())
	if s.under == nil {
		return
	}
	if s.left--; s.left == 0 {
		m := *s.under
		s.under = nil
		s.carried++
		s.nodes[m.to].step(m.room, replication.Receive{From: nodeName(m.from), Message: m.message})
		s.flow()
	}
}

// TestLargeRoomIsCopiedOnceWhileItGoesOn fills a room with 16 MiB, and has a
// member join that takes 64 ticks to be brought a whole copy, while the room is
// written to at half that rate. The member gets one copy, and what came after.
func TestLargeRoomIsCopiedOnceWhileItGoesOn(t *testing.T) {
	s := &slowly{still: newStill(t, 3, 3), to: 2}
	s.windowBytes, s.window = 64<<10, 64
	s.acquire(0)
	s.nodes[2].paused = true
	for i := range 128 {
		s.offer(0, put(fmt.Sprint(i), s.sized(128<<10)))
		s.flow()
	}
	s.net.flying = slices.DeleteFunc(s.net.flying, func(m simMessage) bool { return m.to == 2 })
	core := s.nodes[0].cores[0]
	s.ticks(200) // the member has fallen silent
	if w := core.Weight(); w > 256<<10 {
		t.Errorf("keeps %d bytes for a member that is silent", w)
	}

	s.nodes[2].paused = false
	s.lost = s.intercept
	for range 400 {
		if core.Settled() {
			break
		}
		if s.carried == 0 {
			s.offer(0, put("busy", s.sized(128<<10)))
		}
		s.tick()
	}
	if !core.Settled() || s.carried != 1 || s.sent > 2 {
		t.Fatalf("settled %v after %d copies, sent %d times", core.Settled(), s.carried, s.sent)
	}
	if s.most < 7<<20 || s.most > 33<<20 {
		t.Errorf("kept up to %d bytes in memory", s.most)
	}
	s.say(0, 1)
	if w := core.Weight(); w > 256<<10 {
		t.Errorf("keeps %d bytes in memory for nobody", w)
	}
	s.checkEqual()
	if s.err != nil {
		t.Fatal(s.err)
	}
}

// TestWindowIsLentWithinABound writes to a small room much faster than a member
// takes its copy: what is kept for the member is bounded by what the copy is.
func TestWindowIsLentWithinABound(t *testing.T) {
	s := &slowly{still: newStill(t, 3, 3), to: 2}
	s.windowBytes = 64 << 10
	s.acquire(0)
	s.lost = func(m simMessage) bool { return m.to == 2 && !isPrepare(m) }
	for range 50 {
		s.offer(0, put("same", s.sized(100<<10)))
		s.tick()
	}
	if most := uint64(64<<10 + 4*(100<<10)); s.most > most {
		t.Errorf("kept up to %d bytes, for a copy of 100 KiB", s.most)
	}
	s.lost = func(simMessage) bool { return false }
	s.ticks(60)
	if !s.nodes[0].cores[0].Settled() {
		t.Error("not settled")
	}
}

func isPrepare(m simMessage) bool {
	_, ok := m.message.(replication.Prepare)
	return ok
}

// TestLargeTurnIsNotOvertaken proposes small turns after a large one: a member is
// sent them when it has the large one, all others at once.
func TestLargeTurnIsNotOvertaken(t *testing.T) {
	d := newDriver(t, home(1, "a", "b", "c"))
	d.own()
	turn := persistence.Turn{Change: &persistence.Change{}}
	for i := range 3 {
		turn.Change.Puts = append(turn.Change.Puts, persistence.Item{Key: fmt.Sprint(i), Value: make([]byte, 100<<10)})
	}
	d.do(replication.Propose{Number: 1, Turn: turn})
	if got := sent[replication.Append](d, "b"); len(got) != 1 || got[0].First != 1 {
		t.Fatalf("sends %+v", d.sends)
	}
	for n := range uint64(2) {
		if d.do(replication.Propose{Number: 2 + n}); len(d.sends) > 0 {
			t.Fatalf("sends %+v after it", d.sends)
		}
	}
	for range 5 {
		if d.do(replication.Tick{}); len(sent[replication.Append](d, "b")) > 0 {
			t.Fatal("sends it again as if it were small")
		}
	}
	if d.do(replication.Tick{}); len(sent[replication.Append](d, "b")) != 1 {
		t.Error("does not send it again")
	}
	d.hear("b", replication.Ack{Claim: d.claim, Life: 1, Turn: 1})
	if got := sent[replication.Append](d, "b"); len(got) != 1 || got[0].First != 2 || len(got[0].Turns) != 2 {
		t.Errorf("sends %+v", d.sends)
	}
}

// TestCandidateIsPatientWithALargeCopy promises 64 MiB: neither is the copy asked
// for again too soon, nor is the attempt given up while it may be on its way.
func TestCandidateIsPatientWithALargeCopy(t *testing.T) {
	d := newDriver(t, home(1, "a", "b", "c"))
	d.do(replication.Acquire{Now: 9})
	d.hear("b", replication.Promise{Claim: d.claim, Life: 1, Accepted: 5, AcceptedRing: 1, Turn: 3, Bytes: 64 << 20})
	d.hear("c", replication.Promise{Claim: d.claim, Life: 1})
	asked := []int{}
	for tick := range 5000 {
		d.do(replication.Tick{Now: 9})
		if len(sent[replication.Fetch](d, "b")) > 0 {
			asked = append(asked, tick+1)
		}
		if len(d.events) > 0 {
			if d.events[0] != (replication.Deposed{Reason: replication.ReasonNoQuorum}) || tick+1 != 101+4*256 {
				t.Errorf("%+v after %d ticks", d.events, tick+1)
			}
			break
		}
	}
	if want := []int{261, 522, 783, 1044}; !slices.Equal(asked, want) {
		t.Errorf("asks again after %v, want %v", asked, want)
	}
}
