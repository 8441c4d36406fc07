package replication_test

import (
	"slices"
	"testing"

	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/replication"
)

func TestNodeOnItsOwn(t *testing.T) {
	s := newStill(t, 1, 3)
	s.acquire(0)
	if o := s.owned(); o.Epoch == 0 || o.Birth != o.Epoch || o.Log.Turn != 0 {
		t.Fatalf("owned %+v", o)
	}
	s.say(0, 3)
	if e := s.last(); e != (replication.Committed{Turn: 3, Replicas: 1}) {
		t.Fatalf("%+v", e)
	}
	if c := s.nodes[0].cores[0]; !c.Settled() || c.Busy() || c.Quiet() {
		t.Errorf("settled %v, busy %v, quiet %v", c.Settled(), c.Busy(), c.Quiet())
	}
	s.nodes[0].step(0, replication.Release{})
	if c := s.nodes[0].cores[0]; c.Settled() || !c.Quiet() {
		t.Error("owns what it released")
	}
	s.nodes[0].stop(true)
	s.nodes[0].start()
	s.acquire(0)
	if o := s.owned(); o.Log.Turn != 3 || len(o.Log.History) != 3 || o.Epoch <= o.Birth {
		t.Fatalf("owned again %+v", o)
	}
}

func TestCommitTakesAQuorum(t *testing.T) {
	s := newStill(t, 5, 5)
	s.acquire(0)
	s.owned()
	s.nodes[3].paused, s.nodes[4].paused = true, true
	s.say(0, 2)
	if e := s.last(); e != (replication.Committed{Turn: 2, Replicas: 3}) {
		t.Fatalf("%+v", e)
	}
	s.nodes[2].paused = true
	s.say(0, 1)
	if e := s.last(); e != nil {
		t.Fatalf("%+v with two of five", e)
	}
	if c := s.nodes[0].cores[0]; c.Settled() || !c.Busy() {
		t.Error("does not wait for anybody")
	}
	for _, n := range s.nodes {
		n.paused = false
	}
	s.ticks(60)
	if c := s.nodes[0].cores[0]; !c.Settled() {
		t.Error("the others have not caught up")
	}
}

func TestCandidateTakesOverFromTheLongestCopy(t *testing.T) {
	s := newStill(t, 3, 3)
	s.acquire(0)
	s.nodes[1].paused = true
	s.say(0, 5)
	s.nodes[1].paused = false
	s.nodes[0].paused = true
	s.rings.change([]simHolder{{node: 1, life: 2}, {node: 2, life: 3}})
	s.everybody()
	s.last()
	s.acquire(1)
	o := s.owned()
	if o.Log.Turn != 5 || len(o.Log.History) != 5 {
		t.Fatalf("owned %+v", o)
	}
	s.nodes[0].paused = false // a zombie
	s.say(0, 1)
	s.deposed(replication.ReasonOldRing)
}

// TestFetchFromAnother loses every answer of one of two nodes that hold the
// same.
func TestFetchFromAnother(t *testing.T) {
	s := newStill(t, 4, 3)
	s.acquire(0)
	s.say(0, 4)
	s.rings.change([]simHolder{{node: 1, life: 2}, {node: 2, life: 3}, {node: 3, life: 4}})
	s.rings.preferred[0] = []int{3, 1, 2, 0}
	s.rings.publish(s.rings.latest().rings)
	s.everybody()
	s.last()
	asked := -1
	s.lost = func(m simMessage) bool {
		if _, ok := m.message.(replication.Fetched); ok && asked < 0 {
			asked = m.from
		}
		_, ok := m.message.(replication.Fetched)
		return ok && m.from == asked
	}
	s.acquire(3)
	s.ticks(30)
	if o := s.owned(); o.Log.Turn != 4 {
		t.Fatalf("owned %+v", o)
	}
}

func TestGivesUpWithoutAQuorum(t *testing.T) {
	s := newStill(t, 3, 3)
	s.nodes[1].paused, s.nodes[2].paused = true, true
	s.acquire(0)
	s.ticks(100)
	if e := s.last(); e != nil {
		t.Fatalf("%+v too soon", e)
	}
	s.ticks(1)
	s.deposed(replication.ReasonNoQuorum)
	if c := s.nodes[0].cores[0]; c.Busy() || !c.Quiet() {
		t.Error("goes on")
	}
}

func TestAllKilledTakesAll(t *testing.T) {
	s := newStill(t, 3, 3)
	s.acquire(0)
	s.say(0, 2)
	for _, n := range s.nodes {
		n.stop(false)
		n.start()
	}
	s.relive()
	s.everybody()
	s.nodes[2].paused = true
	s.last()
	s.acquire(0)
	s.ticks(20)
	if e := s.last(); e != nil {
		t.Fatalf("%+v, although one of three may have lost what the silent one holds", e)
	}
	s.nodes[2].paused = false
	s.ticks(40)
	if o := s.owned(); o.Log.Turn != 2 {
		t.Fatalf("owned %+v", o)
	}
}

func TestEpochGoesAboveWhatIsRefused(t *testing.T) {
	s := newStill(t, 3, 3)
	s.nodes[1].step(0, replication.Receive{From: "n2", Message: replication.Prepare{Claim: claim(1000, 9, 1)}})
	s.acquire(0)
	if o := s.owned(); o.Epoch != 1001 {
		t.Fatalf("epoch %d", o.Epoch)
	}
	s.nodes[2].step(0, replication.Receive{From: "n1", Message: replication.Prepare{Claim: claim(2000, 9, 1)}})
	s.flow()
	s.say(0, 1)
	s.deposed(replication.ReasonFenced)
}

func TestPromiseToAnotherEndsAnOwnership(t *testing.T) {
	s := newStill(t, 3, 3)
	s.acquire(0)
	s.owned()
	s.nodes[0].step(0, replication.Receive{From: "n1", Message: replication.Prepare{Claim: claim(2000, 9, 1)}})
	s.deposed(replication.ReasonFenced)
	if _, ok := s.nodes[0].cores[0].Owner(); ok {
		t.Error("owns")
	}
}

func TestTriesAreBounded(t *testing.T) {
	c := replication.New(replication.Options{Self: "a", Life: 1, Incarnation: 1}, &persistence.State{})
	c.Step(replication.Configure{Configs: []replication.Config{home(1, "a", "b", "c")}})
	e := c.Step(replication.Acquire{Now: 5})
	for tries := 1; ; tries++ {
		if len(e.Events) > 0 {
			if e.Events[0] != (replication.Deposed{Reason: replication.ReasonFenced}) || tries != 9 {
				t.Fatalf("%+v after %d tries", e.Events, tries)
			}
			return
		}
		own := e.Sends[0].Message.(replication.Prepare).Claim
		e = c.Step(replication.Receive{From: "b", Message: replication.Refuse{Claim: own, Promised: own.Epoch + 3, Ring: 1}})
	}
}

func TestConfigure(t *testing.T) {
	all := []simHolder{{node: 0, life: 1}, {node: 1, life: 2}, {node: 2, life: 3}}
	for name, tt := range map[string]struct {
		holders []simHolder
		want    replication.Event
	}{
		"another is first":     {all[1:], replication.Deposed{Reason: replication.ReasonMoved}},
		"another member":       {append(slices.Clone(all[:2]), simHolder{node: 3, life: 4}), replication.Deposed{Reason: replication.ReasonNewHome}},
		"another life":         {append(slices.Clone(all[:2]), simHolder{node: 2, life: 9}), replication.Deposed{Reason: replication.ReasonNewHome}},
		"nothing but a number": {all, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStill(t, 4, 3)
			s.acquire(0)
			s.owned()
			s.rings.change(slices.Clone(tt.holders))
			s.everybody()
			if e := s.last(); e != tt.want {
				t.Fatalf("%+v, want %+v", e, tt.want)
			}
			if tt.want == nil {
				s.rings.retire()
				s.everybody()
				s.say(0, 1)
				if e := s.last(); e != (replication.Committed{Turn: 1, Replicas: 2}) {
					t.Errorf("goes on with %+v", e)
				}
			}
		})
	}
}

func TestConfigureStartsACandidateAnew(t *testing.T) {
	s := newStill(t, 4, 3)
	s.nodes[1].paused, s.nodes[2].paused = true, true
	s.acquire(0)
	s.rings.change([]simHolder{{node: 0, life: 1}, {node: 3, life: 4}})
	s.nodes[0].learn(1)
	s.flow()
	s.nodes[1].paused = false
	s.ticks(10)
	s.owned()
	s.rings.change([]simHolder{{node: 3, life: 4}})
	s.everybody()
	s.deposed(replication.ReasonMoved)
	s.acquire(0)
	s.deposed(replication.ReasonMoved)
}

func TestRoomOfANodeThatWasAlone(t *testing.T) {
	s := newStill(t, 3, 3)
	s.nodes[1].disk.rooms[0] = &simRoom{
		head: even(4, 2), history: []persistence.Record{rec(4, 1), rec(4, 2)},
	}
	s.heard = nil
	c := s.nodes[1].core(0)
	e := c.Step(replication.Receive{From: "n0", Message: replication.Prepare{Claim: claim(4, 9, 1)}})
	c.Step(replication.Durable{N: len(e.Writes)})
	s.nodes[1].cores[0] = nil
	core := s.nodes[1].core(0)
	if f := core.Fence(); f.Accepted != 4 || f.Promised != 4 || f.Birth != 4 {
		t.Fatalf("fence %+v", f)
	}
	e = core.Step(replication.Receive{From: "n0", Message: replication.Prepare{Claim: claim(9, 9, 1)}})
	e = core.Step(replication.Durable{N: len(e.Writes)})
	p := e.Sends[0].Message.(replication.Promise)
	if p.Accepted != 4 || p.AcceptedRing != 0 || p.Turn != 2 || p.Last != at(4, 2) {
		t.Fatalf("promise %+v", p)
	}
}

// TestEpochThatWasSomebodysIsLeft meets a copy whose epoch, that nobody else
// remembers, is the one claimed.
func TestEpochThatWasSomebodysIsLeft(t *testing.T) {
	c := replication.New(replication.Options{Self: "a", Life: 1, Incarnation: 1}, &persistence.State{})
	c.Step(replication.Configure{Configs: []replication.Config{home(1, "a", "b", "c")}})
	own := c.Step(replication.Acquire{Now: 5}).Sends[0].Message.(replication.Prepare).Claim
	e := c.Step(replication.Receive{From: "b", Message: replication.Promise{Claim: own, Life: 1, Accepted: 5, Turn: 2, Last: at(5, 2)}})
	if again := e.Sends[0].Message.(replication.Prepare).Claim; again.Epoch != 6 {
		t.Fatalf("claims %+v", again)
	}
}
