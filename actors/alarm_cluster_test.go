package actors_test

import (
	"testing"
	"time"
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
