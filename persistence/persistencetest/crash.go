package persistencetest

import (
	"slices"
	"testing"

	"github.com/parlor-sse/parlor/persistence"
)

func testCrash(t *testing.T, subject Subject) {
	a, b := room("a"), room("b")
	s := subject.Open(t, 10)
	life := s.Life()
	commit(t, s, writes(a, epoch7, 1, 5)...)
	commit(t, s, write(a, epoch7, 6), write(b, epoch7, 1))
	subject.Crash(t)

	s = subject.Open(t, 10)
	defer closeStore(t, s)
	checkHistory(t, s, a, records(a, 7, 1, 6))
	checkHistory(t, s, b, records(b, 7, 1, 1))
	got := s.Life()
	if got.Epoch <= life.Epoch || !slices.Equal(got.Past, []uint64{life.Epoch}) {
		t.Fatalf("life after a crash is %+v, before it was %+v", got, life)
	}
	commit(t, s, write(a, epoch7.Begin(got.Epoch, 7), 7))
	checkHistory(t, s, a, append(records(a, 7, 1, 6), record(a, got.Epoch, 7)))
}

// testCrashTwice crashes right after opening, and more often than a life
// remembers others.
func testCrashTwice(t *testing.T, subject Subject) {
	key := room("a")
	s := subject.Open(t, 10)
	commit(t, s, writes(key, epoch7, 1, 3)...)
	var lives []uint64
	for range persistence.MaxSpans + 3 {
		lives = append(lives, s.Life().Epoch)
		subject.Crash(t)
		s = subject.Open(t, 10)
		checkHistory(t, s, key, records(key, 7, 1, 3))
		got := s.Life()
		if want := lives[max(0, len(lives)-persistence.MaxSpans):]; !slices.Equal(got.Past, want) || got.Epoch <= lives[len(lives)-1] {
			t.Fatalf("life is %+v, want one after %v", got, want)
		}
	}
	life := s.Life()
	closeStore(t, s)
	s = subject.Open(t, 10)
	defer closeStore(t, s)
	if got := s.Life(); got.Epoch != life.Epoch || !slices.Equal(got.Past, life.Past) {
		t.Fatalf("life after a clean close is %+v, want %+v", got, life)
	}
}

// testCrashKeepsFences crashes right after fences were written in all the ways
// there are: none is ever older than what Commit reported.
func testCrashKeepsFences(t *testing.T, subject Subject) {
	a, b := room("a"), room("b")
	s := subject.Open(t, 10)
	for n := uint64(1); n <= 12; n++ {
		withRecord := write(b, epoch7, n)
		withRecord.Fence = fenceWrite(b, n).Fence
		commit(t, s, fenceWrite(a, 2*n), withRecord)
		if n%3 == 0 {
			commit(t, s, fenceWrite(a, 2*n+1))
		}
		subject.Crash(t)
		s = subject.Open(t, 10)
		want := fenceAt(2*n + (3-n%3)/3)
		checkState(t, s, a, persistence.State{Fence: want})
		checkState(t, s, b, persistence.State{
			Head: evenHead(epoch7, persistence.Position{Epoch: 7, Seq: n}), History: records(b, 7, max(10, n)-9, n), Fence: fenceAt(n),
		})
	}
	commit(t, s, forgetWrite(a))
	subject.Crash(t)
	s = subject.Open(t, 10)
	defer closeStore(t, s)
	checkState(t, s, a, persistence.State{})
}

// testCrashKeepsCopies crashes right after a copy took the place of another.
func testCrashKeepsCopies(t *testing.T, subject Subject) {
	key := room("a")
	s := subject.Open(t, 10)
	commit(t, s, writes(key, epoch7, 1, 30)...)
	n := uint64(0)
	for _, c := range orders(key) {
		n++
		commit(t, s, copyWrite(key, n, c))
		subject.Crash(t)
		s = subject.Open(t, 10)
		checkState(t, s, key, stateOf(n, c, 10))
		checkFound(t, s, key, c.Turn > 0)
		if c.Alarm.At > 0 {
			checkAlarms(t, s, called{key, c.Alarm.At})
		} else {
			checkAlarms(t, s)
		}
	}
	closeStore(t, s)
}

// testCrashKeepsTurns crashes right after turns of all kinds: items, alarm and
// messages are there together.
func testCrashKeepsTurns(t *testing.T, subject Subject) {
	a, b := newAuthor(room("a")), newAuthor(room("b"))
	s := subject.Open(t, 10)
	for n, edits := range [][]edit{
		{put(item("a", 1), item("b", 1)), alarmAt(20)},
		{put(item("b", 2)), remove("a")},
		{alarmAt(10), put(item("c", 1))},
		{removeAll},
		{removeAll, put(item("d", 1)), alarmAt(30)},
		{alarmAt(0)},
	} {
		commit(t, s, a.turn(7, n%3, edits...), b.turn(7, 1, put(item("n", n)), alarmAt(25)))
		subject.Crash(t)
		s = subject.Open(t, 10)
		checkState(t, s, a.key, a.state(10))
		checkState(t, s, b.key, b.state(10))
		checkFound(t, s, a.key, true)
		want := []called{{b.key, 25}}
		switch at := a.head.Alarm.At; {
		case at > 25:
			want = append(want, called{a.key, at})
		case at > 0:
			want = append([]called{{a.key, at}}, want...)
		}
		checkAlarms(t, s, want...)
	}
	closeStore(t, s)
}
