package actors_test

import (
	"errors"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors"
)

// sleeper is a behaviour that tells a test of its alarms.
type sleeper struct {
	*script
	rings chan ringing
	alarm alarmer // does something when it rings; nil for nothing
}

// ringing is an alarm as a behaviour is told of it.
type ringing struct {
	actors.AlarmInfo
	room string
	at   time.Time
}

func newSleeper(alarm alarmer) *sleeper {
	return &sleeper{script: new(script), rings: make(chan ringing, 1000), alarm: alarm}
}

// Alarm implements actors.Alarmer.
func (s *sleeper) Alarm(c *actors.Context, a actors.AlarmInfo) error {
	defer func() { s.rings <- ringing{a, c.Name(), time.Now()} }()
	if s.alarm == nil {
		return nil
	}
	return s.alarm(c, a)
}

// rang waits for the next alarm.
func (s *sleeper) rang(t testing.TB) ringing {
	t.Helper()
	select {
	case r := <-s.rings:
		return r
	case <-time.After(30 * time.Second):
		t.Fatal("no alarm rings")
		return ringing{}
	}
}

// set has a room set its alarm.
func (s *sleeper) set(b *bench, room string, at time.Time) {
	b.t.Helper()
	s.do(b, room, func(c *actors.Context) error { return c.Storage().SetAlarm(at) })
}

// alarmOf returns for when a room says that its alarm is set.
func (s *sleeper) alarmOf(b *bench, room string) (at time.Time) {
	b.t.Helper()
	s.do(b, room, func(c *actors.Context) error {
		at, _ = c.Storage().GetAlarm()
		return nil
	})
	return at
}

func TestAlarm(t *testing.T) {
	s := newSleeper(func(c *actors.Context, _ actors.AlarmInfo) error {
		if at, ok := c.Storage().GetAlarm(); ok {
			t.Errorf("while it rings an alarm is set for %v", at)
		}
		return errors.Join(c.Storage().Put("rang", nil), c.Broadcast("rang", 1))
	})
	b := open(t, memory(t, 10), with(kind(s)))
	st := b.connect(sub("a")).greeted()
	at := time.Now().Add(60 * time.Millisecond)
	s.set(b, "a", at)
	if got := s.alarmOf(b, "a"); !got.Equal(at.Truncate(time.Millisecond)) {
		t.Errorf("set for %v, want %v", got, at)
	}
	r := s.rang(t)
	if r.at.Before(at.Truncate(time.Millisecond)) || !r.Scheduled.Equal(at.Truncate(time.Millisecond)) || r.RetryCount != 0 {
		t.Errorf("%+v of an alarm for %v", r, at)
	}
	if e := st.next(); e.Name != "rang" {
		t.Errorf("the stream was sent %q", e.Name)
	}
	s.do(b, "a", func(c *actors.Context) error { wants(t, c.Storage(), map[string]string{"rang": ""}); return nil })
	if got := s.alarmOf(b, "a"); !got.IsZero() {
		t.Errorf("afterwards one is set for %v", got)
	}
	for _, past := range []time.Time{time.Now(), time.Now().Add(-time.Hour), {}, time.Unix(0, 1)} {
		s.set(b, "a", past)
		if r := s.rang(t); r.Scheduled.After(time.Now()) {
			t.Errorf("%+v of an alarm for %v", r, past)
		}
	}
}

// TestAlarmIsReplaced moves alarms, and takes some back. What rings last shows
// that the others did not before it.
func TestAlarmIsReplaced(t *testing.T) {
	s := newSleeper(nil)
	b := open(t, memory(t, 10), with(kind(s)))
	now := time.Now()
	soon, later, last := now.Add(60*time.Millisecond), now.Add(120*time.Millisecond), now.Add(200*time.Millisecond)
	for room, do := range map[string]func(*actors.Storage) error{
		"later":   func(st *actors.Storage) error { return errors.Join(st.SetAlarm(soon), st.SetAlarm(later)) },
		"sooner":  func(st *actors.Storage) error { return errors.Join(st.SetAlarm(now.Add(time.Hour)), st.SetAlarm(soon)) },
		"deleted": func(st *actors.Storage) error { return errors.Join(st.SetAlarm(soon), st.DeleteAlarm()) },
		"cleared": func(st *actors.Storage) error { return errors.Join(st.SetAlarm(soon), st.DeleteAll()) },
		"last":    func(st *actors.Storage) error { return st.SetAlarm(last) },
	} {
		s.do(b, room, func(c *actors.Context) error { return do(c.Storage()) })
	}
	for room, do := range map[string]func(*actors.Storage) error{
		"moved-later":   func(st *actors.Storage) error { return st.SetAlarm(later) },
		"then-deleted":  (*actors.Storage).DeleteAlarm,
		"then-cleared":  (*actors.Storage).DeleteAll,
		"then-rejected": func(st *actors.Storage) error { return undone(st, (*actors.Storage).DeleteAlarm) },
	} {
		s.set(b, room, soon)
		s.do(b, room, func(c *actors.Context) error { return do(c.Storage()) })
	}
	want := map[string]time.Time{"later": later, "sooner": soon, "moved-later": later, "then-rejected": soon, "last": last}
	for range want {
		r := s.rang(t)
		at, wanted := want[r.room]
		if !wanted || !r.Scheduled.Equal(at.Truncate(time.Millisecond)) {
			t.Errorf("%+v, want it at %v, %v", r, at, wanted)
		}
	}
	if len(s.rings) > 0 {
		t.Errorf("%+v rang besides", <-s.rings)
	}
}

// TestAlarmIsMovedWhileItRings has an alarm become due behind a call that moves
// it: it does not ring for what it was.
func TestAlarmIsMovedWhileItRings(t *testing.T) {
	s := newSleeper(nil)
	b := open(t, memory(t, 10), with(kind(s)))
	later := time.Now().Add(time.Hour)
	for wait := 20 * time.Millisecond; ; wait *= 2 {
		g, room, moved := newGate(), wait.String(), make(chan error, 1)
		soon := time.Now().Add(wait)
		s.set(b, room, soon)
		go func() {
			moved <- s.turn(b, room, func(c *actors.Context) error {
				_ = g.pass()
				return c.Storage().SetAlarm(later)
			})
		}()
		waitFor(t, "the call is under way", func() bool { return g.waiting.Load() == 1 })
		early := time.Now().Before(soon)
		s.set(b, "other", soon.Add(time.Millisecond))
		for r := s.rang(t); r.room != "other"; r = s.rang(t) {
			if early {
				t.Errorf("%+v in the middle of a call", r)
			}
		}
		close(g.opened)
		if err := <-moved; err != nil {
			t.Fatal(err)
		}
		if got := s.alarmOf(b, room); !got.Equal(later.Truncate(time.Millisecond)) || len(s.rings) > 0 {
			t.Errorf("%d alarms rang, and one is set for %v, want %v", len(s.rings), got, later)
		}
		if early { // else the machine was too slow for what is looked at
			return
		}
	}
}

// TestAlarmSetsAnother has each alarm set the next one.
func TestAlarmSetsAnother(t *testing.T) {
	n := 0
	s := newSleeper(func(c *actors.Context, _ actors.AlarmInfo) error {
		if n++; n == 5 {
			return nil
		}
		return errors.Join(c.Storage().PutJSON("n", n), c.Storage().SetAlarm(time.Now().Add(time.Duration(n)*time.Millisecond)))
	})
	b := open(t, memory(t, 10), all(with(kind(s)), idle(time.Millisecond)))
	s.set(b, "a", time.Now())
	for range 5 {
		if r := s.rang(t); r.RetryCount != 0 {
			t.Errorf("%+v", r)
		}
	}
	s.do(b, "a", func(c *actors.Context) error { wants(t, c.Storage(), map[string]string{"n": "4"}); return nil })
}
