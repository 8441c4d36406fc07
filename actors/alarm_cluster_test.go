package actors_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors"
)

// TestAlarmSurvivesItsOwner stops the owner between the moment when an alarm was
// set and the one when it is due: it rings at another node, with nobody calling.
func TestAlarmSurvivesItsOwner(t *testing.T) {
	s := newSleeper(nil)
	f := newKindFleet(t, kind(s), "n1", "n2", "n3")
	const rooms = 5
	names := f.rooms("n2", rooms)
	for wait := 500 * time.Millisecond; ; wait *= 2 {
		for _, room := range names {
			s.set(f.nodes["n1"], room, time.Now().Add(wait))
		}
		f.kill("n2")
		early := len(s.rings) == 0
		want := map[string]bool{}
		for _, room := range names {
			want[room] = true
		}
		for range rooms {
			r := s.rang(t)
			if !want[r.room] || r.RetryCount != 0 {
				t.Errorf("%+v, want one of %v", r, want)
			}
			delete(want, r.room)
		}
		if early { // else the machine was too slow for what is looked at
			return
		}
		f.start("n2")
		f.Ring("n1", "n2", "n3")
	}
}

// TestAlarmUnderWayWhenItsOwnerDies kills the owner while the alarm's call is under
// way: what that has done counts for nothing, and another node makes it again.
func TestAlarmUnderWayWhenItsOwnerDies(t *testing.T) {
	begun, release := make(chan struct{}), make(chan struct{})
	var calls atomic.Int32
	s := newSleeper(func(c *actors.Context, _ actors.AlarmInfo) error {
		rings := 0
		if _, err := c.Storage().GetJSON("rings", &rings); err != nil {
			return err
		}
		if err := c.Storage().PutJSON("rings", rings+1); err != nil {
			return err
		}
		if calls.Add(1) == 1 {
			close(begun)
			<-release
		}
		return nil
	})
	f := newKindFleet(t, kind(s), "n1", "n2", "n3")
	room := f.roomOf("n2")
	s.set(f.nodes["n1"], room, time.Now())
	<-begun
	f.kill("n2")
	close(release)
	for range 2 {
		s.rang(t)
	}
	s.do(f.nodes["n1"], room, func(c *actors.Context) error {
		rings := 0
		if _, err := c.Storage().GetJSON("rings", &rings); err != nil {
			return err
		}
		if at, set := c.Storage().GetAlarm(); rings != 1 || set {
			t.Errorf("rang %d times as the room knows, and is set for %v (%t)", rings, at, set)
		}
		return nil
	})
}
