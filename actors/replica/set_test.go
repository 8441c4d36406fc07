package replica_test

import (
	"testing"

	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/replication"
)

func TestMessagesReachAQuorum(t *testing.T) {
	g := newGroup(t, "a", "b", "c")
	o, log := g.own("a")
	if log.Last.Seq != 0 {
		t.Fatalf("a new room holds %v", log.Last)
	}
	o.propose(100)
	if c := o.committed(); c.Replicas < 2 {
		t.Errorf("committed by %d", c.Replicas)
	}
	eventually(t, "all copies hold everything", o.own.Settled)
	for name, m := range g.nodes {
		s, err := m.store.Load(lobby)
		if err != nil || s.Last != (persistence.Position{Epoch: o.epoch, Seq: 100}) || len(s.History) != 10 {
			t.Errorf("%s holds %v, %d messages, %v", name, s.Last, len(s.History), err)
		}
	}
}

func TestAnotherOwnerHoldsWhatWasCommitted(t *testing.T) {
	g := newGroup(t, "a", "b", "c")
	first, _ := g.own("a")
	first.propose(20)
	first.committed()
	g.setCut("a", true)
	g.configure(
		replication.Config{Ring: 1, Members: g.members("a", "b", "c")},
		replication.Config{Ring: 2, Members: g.members("b", "c")},
	)
	second, log := g.own("b")
	if log.Last != (persistence.Position{Epoch: first.epoch, Seq: 20}) || second.epoch <= first.epoch {
		t.Fatalf("second owner, epoch %d after %d, holds %v", second.epoch, first.epoch, log.Last)
	}
	if len(log.History) != 20 {
		t.Errorf("the window holds %d messages, want all that a copy in memory has", len(log.History))
	}
	second.propose(1)
	second.committed()
}

func TestOwnerWithoutQuorumIsDeposed(t *testing.T) {
	g := newGroup(t, "a", "b", "c")
	o, _ := g.own("a")
	g.setCut("b", true)
	g.setCut("c", true)
	o.propose(1)
	if e := o.next(); e != replication.ReasonNoQuorum {
		t.Fatalf("%v, want %v", e, replication.ReasonNoQuorum)
	}
	if _, e := g.acquire("a"); e != replication.ReasonNoQuorum {
		t.Fatalf("acquired alone: %v", e)
	}
	g.setCut("b", false)
	again, log := g.own("a")
	if log.Last.Seq > 1 {
		t.Errorf("holds %v", log.Last)
	}
	again.propose(1)
	again.committed()
}

func TestOnlyTheFirstOfTheHomeSetOwns(t *testing.T) {
	g := newGroup(t, "a", "b", "c")
	if _, e := g.acquire("b"); e != replication.ReasonMoved {
		t.Errorf("%v, want %v", e, replication.ReasonMoved)
	}
	o, _ := g.own("a")
	g.configure(
		replication.Config{Ring: 1, Members: g.members("a", "b", "c")},
		replication.Config{Ring: 2, Members: g.members("b", "a", "c")},
	)
	if e := o.next(); e != replication.ReasonMoved {
		t.Errorf("after the room moved: %v, want %v", e, replication.ReasonMoved)
	}
}

func TestForget(t *testing.T) {
	g := newGroup(t, "a", "b", "c")
	o, _ := g.own("a")
	o.propose(3)
	o.committed()
	eventually(t, "settled", o.own.Settled)
	o.own.Release()
	result := make(chan error, 1)
	g.nodes["c"].Forget(lobby, func(err error) { result <- err })
	if err := <-result; err == nil {
		t.Fatal("a copy that the ring counts on was removed")
	}
	g.configure(replication.Config{Ring: 2, Members: g.members("a", "b")})
	eventually(t, "the copy is gone", func() bool {
		g.nodes["c"].Forget(lobby, func(err error) { result <- err })
		return <-result == nil
	})
	if s, err := g.nodes["c"].store.Load(lobby); err != nil || s.Last.Seq != 0 || s.Fence != (persistence.Fence{}) {
		t.Errorf("still holds %+v, %v", s, err)
	}
	if s, err := g.nodes["b"].store.Load(lobby); err != nil || s.Last.Seq != 3 {
		t.Errorf("another copy holds %+v, %v", s, err)
	}
}

func TestIdleRoomIsNotTakenFromItsOwner(t *testing.T) {
	g := newGroup(t, "a", "b", "c")
	o, _ := g.own("a")
	if g.nodes["a"].AcquireIdle(lobby, o) != nil {
		t.Error("a room with an owner counts as idle")
	}
	o.own.Release()
	if g.nodes["a"].AcquireIdle(lobby, o) == nil {
		t.Error("a room that was released does not count as idle")
	}
}

func TestConfirmation(t *testing.T) {
	g := newGroup(t, "a", "b", "c")
	o, _ := g.own("a")
	o.own.Check()
	o.own.Check()
	for n := 0; n < 2; {
		e, ok := o.next().(replication.Confirmed)
		if !ok {
			t.Fatalf("%v, want Confirmed", e)
		}
		n += e.N
	}
	g.setCut("a", true)
	o.own.Check()
	if e := o.next(); e != replication.ReasonNoQuorum {
		t.Errorf("alone: %v, want %v", e, replication.ReasonNoQuorum)
	}
}
