package actors_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/persistence"
)

// TestAlarmIsTriedAgain has an alarm fail once, in each way that there is: what
// the failed call did is dropped, and it is called again after two seconds.
func TestAlarmIsTriedAgain(t *testing.T) {
	t.Parallel()
	fails := map[string]func() error{
		"error": func() error { return errors.New("no") },
		"panic": func() error { panic("no") },
	}
	overrun := newGate()
	defer close(overrun.opened)
	fails["overrun"] = overrun.pass
	s := newSleeper(nil)
	s.alarm = func(c *actors.Context, a actors.AlarmInfo) error {
		wants(t, c.Storage(), map[string]string{"before": ""})
		if a.RetryCount > 0 {
			return c.Storage().Put("done", nil)
		}
		return errors.Join(c.Storage().Put("x", nil), c.Storage().SetAlarm(time.Now().Add(time.Hour)), c.Broadcast("", 1),
			fails[c.Name()]())
	}
	k := kind(s)
	k.Limit = 100 * time.Millisecond
	b := open(t, memory(t, 10), with(k))
	began := time.Now()
	for name := range fails {
		s.do(b, name, func(c *actors.Context) error {
			return errors.Join(c.Storage().Put("before", nil), c.Storage().SetAlarm(began))
		})
	}
	want := map[string]int{"error": 2, "panic": 2, "overrun": 1} // whose first call does not end
	for range 5 {
		r := s.rang(t)
		want[r.room]--
		if r.RetryCount > 0 && r.at.Sub(began) < 2*time.Second-time.Millisecond { // what times are cut to
			t.Errorf("%+v, %v after the first", r, r.at.Sub(began))
		}
	}
	for name := range fails {
		if want[name] != 0 {
			t.Errorf("%s: %d calls are missing", name, want[name])
		}
		s.do(b, name, func(c *actors.Context) error {
			wants(t, c.Storage(), map[string]string{"before": "", "done": ""})
			return nil
		})
		if i, err := b.Info(ctx(t), test(name)); err != nil || i.Seq != 0 || i.Alarm != "" {
			t.Errorf("info %+v, %v", i, err)
		}
	}
}

// due returns a store in which a room's alarm is due, after so many tries.
func due(t testing.TB, room string, retry uint32) persistence.Store {
	t.Helper()
	store := memory(t, 10)
	turn := &persistence.Turn{Change: &persistence.Change{Alarm: &persistence.Alarm{At: time.Now().UnixMilli(), Retry: retry}}}
	w := persistence.Write{Room: test(room), Turn: turn, Head: persistence.Head{}.After(turn, nil)}
	if err := store.Commit([]persistence.Write{w}); err != nil {
		t.Fatal(err)
	}
	return store
}

// TestAlarmIsGivenUp fails for the last time.
func TestAlarmIsGivenUp(t *testing.T) {
	s := newSleeper(func(*actors.Context, actors.AlarmInfo) error { return errors.New("never") })
	b := open(t, due(t, "a", actors.MaxAlarmRetries), with(kind(s)))
	if r := s.rang(t); r.room != "a" || r.RetryCount != actors.MaxAlarmRetries {
		t.Errorf("%+v", r)
	}
	waitFor(t, "no alarm is set", func() bool {
		i, err := b.Info(ctx(t), test("a"))
		return err == nil && i.Alarm == ""
	})
}

// TestAlarmOfASleepingRoom rings, and the room sleeps on.
func TestAlarmOfASleepingRoom(t *testing.T) {
	s := newSleeper(nil)
	b := open(t, memory(t, 10), all(with(kind(s)), idle(5*time.Millisecond)))
	s.set(b, "a", time.Now().Add(150*time.Millisecond))
	b.sleeps()
	if r := s.rang(t); r.room != "a" {
		t.Errorf("%+v", r)
	}
	b.sleeps()
	s.set(b, "a", time.Now().Add(50*time.Millisecond))
	b.sleeps()
	s.rang(t)
	b.sleeps()
}

// TestAlarmSurvivesARestart has an alarm become due when the node that set it is
// closed, and another is opened on what it stored.
func TestAlarmSurvivesARestart(t *testing.T) {
	s := newSleeper(nil)
	for wait := 100 * time.Millisecond; ; wait *= 2 {
		store := memory(t, 10)
		b := open(t, store, with(kind(s)))
		s.set(b, "a", time.Now().Add(wait))
		b.close()
		early := len(s.rings) == 0
		if early {
			open(t, store, with(kind(s)))
		}
		if r := s.rang(t); r.room != "a" || r.RetryCount != 0 {
			t.Errorf("%+v", r)
		}
		if early { // else the machine was too slow for what is looked at
			return
		}
	}
}

// TestAlarmOfAKindWithoutOne has a program that does not know alarms any more
// open what one that did has stored.
func TestAlarmOfAKindWithoutOne(t *testing.T) {
	var s script
	b := open(t, due(t, "a", 0), with(kind(&s)))
	waitFor(t, "the alarm is removed", func() bool {
		state, err := b.store.Load(test("a"))
		return err == nil && state.Alarm == persistence.Alarm{}
	})
	s.do(b, "a", func(c *actors.Context) error {
		if at, ok := c.Storage().GetAlarm(); ok {
			t.Errorf("one is set for %v", at)
		}
		if err := c.Storage().SetAlarm(time.Now()); !errors.Is(err, actors.ErrNoAlarm) {
			t.Errorf("setting one: %v", err)
		}
		return c.Storage().DeleteAlarm()
	})
}

// TestAlarmsOfManyRooms rings in all of them, while they are called.
func TestAlarmsOfManyRooms(t *testing.T) {
	s := newSleeper(nil)
	b := open(t, memory(t, 10), all(with(kind(s)), idle(time.Millisecond)))
	s.on("/", counter{}.Fetch)
	const rooms = 300
	at := time.Now().Add(300 * time.Millisecond)
	name := func(i int) string { return fmt.Sprint("r", i) }
	want := map[string]bool{}
	for i := range rooms {
		want[name(i)] = true
		s.set(b, name(i), at)
		if _, err := b.ask(name(i), "/"); err != nil {
			t.Error(err)
		}
	}
	for range len(want) {
		if r := s.rang(t); !want[r.room] {
			t.Errorf("%+v rings twice", r)
		} else {
			want[r.room] = false
		}
	}
}

// TestAlarmForTheSameTime has an alarm set for when it was to ring, and for any
// time in the past, which is at once: it rings each time.
func TestAlarmForTheSameTime(t *testing.T) {
	t.Parallel()
	const times = 3
	for name, at := range map[string]func(actors.AlarmInfo) time.Time{
		"then": func(a actors.AlarmInfo) time.Time { return a.Scheduled },
		"zero": func(actors.AlarmInfo) time.Time { return time.Time{} },
	} {
		rung := 0
		s := newSleeper(func(c *actors.Context, a actors.AlarmInfo) error {
			if rung++; rung == times {
				return nil
			}
			return c.Storage().SetAlarm(at(a))
		})
		b := open(t, memory(t, 10), with(kind(s)))
		s.set(b, name, at(actors.AlarmInfo{Scheduled: time.Now()}))
		for range times {
			s.rang(t)
		}
	}
}

// TestAlarmFallsDueMeanwhile has an alarm fall due while the call of the one that
// it took the place of still waits for its turn.
func TestAlarmFallsDueMeanwhile(t *testing.T) {
	t.Parallel()
	s := newSleeper(nil)
	b := open(t, memory(t, 10), with(kind(s)))
	passes := func(at time.Time) {
		t.Helper()
		waitFor(t, "the time is past", func() bool { return time.Now().After(at) })
		if _, err := b.Info(ctx(t), test("a")); err != nil { // which is asked for behind the bell
			t.Fatal(err)
		}
	}
	first := time.Now().Add(200 * time.Millisecond)
	s.set(b, "a", first)
	var calls sync.WaitGroup
	set, last := newGate(), newGate()
	var second time.Time
	calls.Go(func() {
		s.do(b, "a", func(c *actors.Context) error {
			if err := set.pass(); err != nil {
				return err
			}
			second = time.Now().Add(50 * time.Millisecond).Truncate(time.Millisecond)
			return c.Storage().SetAlarm(second)
		})
	})
	waitFor(t, "the call is under way", func() bool { return set.waiting.Load() == 1 })
	calls.Go(func() { s.do(b, "a", func(*actors.Context) error { return last.pass() }) })
	passes(first.Add(20 * time.Millisecond))
	close(set.opened)
	waitFor(t, "the next call is under way", func() bool { return last.waiting.Load() == 1 })
	passes(second.Add(20 * time.Millisecond))
	close(last.opened)
	calls.Wait()
	if r := s.rang(t); !r.Scheduled.Equal(second) {
		t.Errorf("it rings for %v, not %v", r.Scheduled, second)
	}
}
