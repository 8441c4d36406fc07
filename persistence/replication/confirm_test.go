package replication_test

import (
	"slices"
	"testing"

	"github.com/parlor-sse/parlor/persistence/replication"
)

// confirmed returns how much was confirmed since the test asked last.
func (s *still) confirmed() []int {
	var n []int
	for _, e := range s.events {
		if c, ok := e.(replication.Confirmed); ok {
			n = append(n, c.N)
		}
	}
	s.events = nil
	return n
}

func TestConfirmAlone(t *testing.T) {
	s := newStill(t, 1, 3)
	s.acquire(0)
	s.ask(s.nodes[0], 0)
	if got := s.confirmed(); !slices.Equal(got, []int{1}) {
		t.Errorf("confirmed %v", got)
	}
}

func TestConfirmsShareRounds(t *testing.T) {
	s := newStill(t, 3, 3)
	s.acquire(0)
	for range 4 {
		s.ask(s.nodes[0], 0)
	}
	if got := s.confirmed(); got != nil {
		t.Fatalf("confirmed %v before anybody was heard", got)
	}
	s.flow()
	if got := s.confirmed(); !slices.Equal(got, []int{1, 3}) {
		t.Errorf("confirmed %v", got)
	}
	if s.nodes[0].cores[0].Busy() {
		t.Error("busy with nothing open")
	}
}

func TestConfirmRepeatsWhatIsLost(t *testing.T) {
	s := newStill(t, 3, 3)
	s.acquire(0)
	s.lost = func(m simMessage) bool { _, ok := m.message.(replication.Checked); return ok }
	s.ask(s.nodes[0], 0)
	s.flow()
	if !s.nodes[0].cores[0].Busy() {
		t.Fatal("wants no ticks")
	}
	s.lost = func(simMessage) bool { return false }
	s.ticks(4)
	if got := s.confirmed(); got != nil {
		t.Fatalf("confirmed %v without an answer", got)
	}
	s.ticks(1)
	if got := s.confirmed(); !slices.Equal(got, []int{1}) {
		t.Errorf("confirmed %v", got)
	}
}

func TestConfirmTakesAQuorum(t *testing.T) {
	s := newStill(t, 5, 5)
	s.acquire(0)
	s.nodes[1].paused, s.nodes[2].paused, s.nodes[3].paused = true, true, true
	s.last()
	s.ask(s.nodes[0], 0)
	s.ticks(20)
	if got := s.confirmed(); got != nil {
		t.Errorf("confirmed %v by two of five", got)
	}
	s.nodes[3].paused = false
	s.ticks(50)
	if got := s.confirmed(); !slices.Equal(got, []int{1}) {
		t.Errorf("confirmed %v by three of five", got)
	}
}

func TestNothingIsConfirmedPastAPromise(t *testing.T) {
	s := newStill(t, 3, 3)
	s.acquire(0)
	s.nodes[1].step(0, replication.Receive{From: "n2", Message: replication.Prepare{Claim: claim(2000, 9, 1)}})
	s.nodes[2].paused = true
	s.flow()
	s.ask(s.nodes[0], 0)
	s.flow()
	if got := s.confirmed(); got != nil {
		t.Errorf("confirmed %v", got)
	}
	if _, owns := s.nodes[0].cores[0].Owner(); owns {
		t.Error("still owns the room")
	}
}

func TestConfirmWithoutARoom(t *testing.T) {
	b := follower(t)
	e := b.core.Step(replication.Confirm{})
	if len(e.Events)+len(e.Sends)+len(e.Writes) > 0 {
		t.Errorf("%+v", e)
	}
}

// TestOnlyAnswersThatCountConfirm gives an owner of three answers that say
// nothing of the round under way, or nothing that counts.
func TestOnlyAnswersThatCountConfirm(t *testing.T) {
	core, own := ownerOf(t, home(1, "a", "b", "c"))
	sends := core.Step(replication.Confirm{}).Sends
	if len(sends) != 2 || sends[0].Message != (replication.Check{Claim: own, Round: 1}) {
		t.Fatalf("asks %+v", sends)
	}
	other := own
	other.Epoch--
	for _, m := range []replication.Checked{
		{Claim: own, Life: 2, Round: 1},
		{Claim: own, Life: 1, Round: 0},
		{Claim: own, Life: 1, Round: 2},
		{Claim: other, Life: 1, Round: 1},
	} {
		if e := core.Step(replication.Receive{From: "b", Message: m}); len(e.Events) > 0 {
			t.Errorf("%+v: %+v", m, e.Events)
		}
	}
	good := replication.Receive{From: "b", Message: replication.Checked{Claim: own, Life: 1, Round: 1}}
	if e := core.Step(replication.Receive{From: "stranger", Message: good.Message}); len(e.Events) > 0 {
		t.Errorf("counts a stranger: %+v", e.Events)
	}
	if e := core.Step(good); len(e.Events) != 1 || e.Events[0] != (replication.Confirmed{N: 1}) {
		t.Errorf("%+v", e.Events)
	}
	if e := core.Step(good); len(e.Events) > 0 {
		t.Errorf("confirms again: %+v", e.Events)
	}
}

// ownerOf returns a core of the node a that owns a room of the home set, empty,
// and its claim.
func ownerOf(t *testing.T, cf replication.Config) (*replication.Core, replication.Claim) {
	t.Helper()
	d := newDriver(t, cf)
	d.own()
	return d.core, d.claim
}
