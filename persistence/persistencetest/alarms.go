package persistencetest

import (
	"math"
	"slices"
	"testing"

	"github.com/parlor-sse/parlor/persistence"
)

type called struct {
	room persistence.RoomKey
	at   int64
}

// alarms returns what the store says is due, at most limit rooms.
func alarms(t *testing.T, s persistence.Store, until int64, limit int) []called {
	t.Helper()
	var out []called
	err := s.Alarms(until, func(key persistence.RoomKey, at int64) bool {
		out = append(out, called{key, at})
		return len(out) < limit
	})
	if err != nil {
		t.Fatalf("alarms: %v", err)
	}
	return out
}

// checkAlarms fails unless the store has exactly these alarms, in this order,
// and tells of each when it is due and not before.
func checkAlarms(t *testing.T, s persistence.Store, want ...called) {
	t.Helper()
	for i, w := range want {
		due := slices.IndexFunc(want, func(o called) bool { return o.at >= w.at })
		if got := alarms(t, s, w.at-1, len(want)+1); !slices.Equal(got, want[:due]) {
			t.Fatalf("due before %d are %v, want %v", w.at, got, want[:due])
		}
		if got := alarms(t, s, w.at, i+1); !slices.Equal(got, want[:i+1]) {
			t.Fatalf("the first %d due at %d are %v, want %v", i+1, w.at, got, want[:i+1])
		}
	}
	if got := alarms(t, s, math.MaxInt64, len(want)+1); !slices.Equal(got, want) {
		t.Fatalf("alarms are %v, want %v", got, want)
	}
	if got := alarms(t, s, -1, 1); len(got) > 0 {
		t.Fatalf("due before the beginning of time is %v", got)
	}
}

// testAlarms sets, moves and removes alarms in all the ways there are.
func testAlarms(t *testing.T, subject Subject) {
	s := subject.Open(t, 10)
	defer closeStore(t, s)
	a, b := newAuthor(room("a")), newAuthor(persistence.RoomKey{Kind: "kind", Name: "z"})
	c := newAuthor(room("c"))
	checkAlarms(t, s)
	commit(t, s, a.turn(7, 0, alarmAt(50)))
	checkAlarms(t, s, called{a.key, 50})
	// Rooms of one time are in their order, whichever came first.
	commit(t, s, c.turn(7, 2, alarmAt(50), put(item("a", 1))), b.turn(7, 1, alarmAt(50)))
	checkAlarms(t, s, called{b.key, 50}, called{a.key, 50}, called{c.key, 50})
	checkState(t, s, c.key, c.state(10))
	// What doesn't say so leaves an alarm as it is.
	commit(t, s, c.message(7), c.turn(7, 0, put(item("b", 1))), fenceWrite(a.key, 1))
	checkAlarms(t, s, called{b.key, 50}, called{a.key, 50}, called{c.key, 50})
	// Times are numbers, not texts, and there is a last one.
	commit(t, s, a.turn(7, 0, alarmAt(256)), c.turn(7, 0, alarmAt(math.MaxInt64)))
	checkAlarms(t, s, called{b.key, 50}, called{a.key, 256}, called{c.key, math.MaxInt64})
	// Moved twice in one batch, and by a turn that does not move it.
	commit(t, s, b.turn(7, 0, alarmAt(7)), b.turn(7, 1, alarmAt(300)), b.message(7), a.turn(7, 0, alarmAt(256)))
	checkAlarms(t, s, called{a.key, 256}, called{b.key, 300}, called{c.key, math.MaxInt64})
	// Tried before: the same time is the same alarm.
	commit(t, s, a.turn(7, 0, func(c *persistence.Change) { c.Alarm = &persistence.Alarm{At: 256, Retry: 3} }))
	checkState(t, s, b.key, b.state(10))
	if got := load(t, s, a.key).Alarm; got != (persistence.Alarm{At: 256, Retry: 3}) {
		t.Fatalf("alarm is %+v", got)
	}
	checkAlarms(t, s, called{a.key, 256}, called{b.key, 300}, called{c.key, math.MaxInt64})
	// Removed, and removed again; removed and set in one batch.
	commit(t, s, c.turn(7, 0, alarmAt(0)), a.turn(7, 0, alarmAt(0)), a.turn(7, 0, alarmAt(1)))
	checkAlarms(t, s, called{a.key, 1}, called{b.key, 300})
	commit(t, s, c.turn(7, 0, alarmAt(0)), b.turn(7, 0, alarmAt(2)), b.turn(7, 0, alarmAt(0)))
	checkAlarms(t, s, called{a.key, 1})
	checkState(t, s, b.key, b.state(10))
}

// testAlarmsOfCopies has alarms come and go with copies, and with their ends.
func testAlarmsOfCopies(t *testing.T, subject Subject) {
	s := subject.Open(t, 10)
	defer closeStore(t, s)
	key, other := room("a"), newAuthor(room("b"))
	commit(t, s, other.turn(7, 0, alarmAt(45)))
	always := called{other.key, 45}
	items := orders(key)["other items"]
	for name, test := range map[string]struct {
		writes []persistence.Write
		want   int64 // 0 for none
	}{
		"set":                {[]persistence.Write{copyWrite(key, 1, items)}, 40},
		"moved":              {[]persistence.Write{copyWrite(key, 1, items), copyWrite(key, 2, orders(key)["items alone"])}, 3},
		"kept":               {[]persistence.Write{copyWrite(key, 1, items), copyWrite(key, 2, items)}, 40},
		"removed by another": {[]persistence.Write{copyWrite(key, 1, items), copyWrite(key, 2, orders(key)["a short history"])}, 0},
		"removed by nothing": {[]persistence.Write{copyWrite(key, 1, items), copyWrite(key, 2, persistence.Copy{})}, 0},
		"ended":              {[]persistence.Write{copyWrite(key, 1, items), forgetWrite(key)}, 0},
		"ended and set":      {[]persistence.Write{copyWrite(key, 1, items), forgetWrite(key), newAuthor(key).turn(7, 0, alarmAt(60))}, 60},
	} {
		want := []called{always}
		switch {
		case test.want > always.at:
			want = append(want, called{key, test.want})
		case test.want > 0:
			want = append([]called{{key, test.want}}, always)
		}
		for _, w := range test.writes {
			commit(t, s, w)
		}
		t.Log(name)
		checkAlarms(t, s, want...)
		commit(t, s, forgetWrite(key))
		checkAlarms(t, s, always)
		commit(t, s, test.writes...) // in one batch
		checkAlarms(t, s, want...)
		commit(t, s, forgetWrite(key))
	}
}

// testAlarmsCallStore loads and writes rooms from within a walk, which sees none
// of what is written meanwhile.
func testAlarmsCallStore(t *testing.T, subject Subject) {
	s := subject.Open(t, 10)
	defer closeStore(t, s)
	a, b, c := newAuthor(room("a")), newAuthor(room("b")), newAuthor(room("c"))
	commit(t, s, a.turn(7, 1, alarmAt(1)), b.turn(7, 1, alarmAt(2)))
	var got []called
	err := s.Alarms(10, func(key persistence.RoomKey, at int64) bool {
		got = append(got, called{key, at})
		if key == a.key {
			commit(t, s, a.turn(7, 0, alarmAt(3)), b.turn(7, 0, alarmAt(0)), c.turn(7, 0, alarmAt(2)))
			checkState(t, s, b.key, b.state(10))
		}
		return true
	})
	if err != nil {
		t.Fatalf("alarms: %v", err)
	}
	if want := []called{{a.key, 1}, {b.key, 2}}; !slices.Equal(got, want) {
		t.Fatalf("the walk saw %v, want %v", got, want)
	}
	checkAlarms(t, s, called{c.key, 2}, called{a.key, 3})
}
