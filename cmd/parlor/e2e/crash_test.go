package e2e_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors/sse"
)

// crashRounds is how often a server is killed in the middle of its work.
const crashRounds = 10

// TestKill kills the server at the moment of an answer, again and again: what
// was answered or shown stays, under its id, and nobody who comes back is told
// anything wrong. A long history lets every message ever published be looked
// at, the default one is what most servers have.
func TestKill(t *testing.T) {
	t.Parallel()
	for _, keeps := range []int{10, 1000} {
		t.Run(fmt.Sprintf("history=%d", keeps), func(t *testing.T) {
			t.Parallel()
			s := start(t, "--history", fmt.Sprint(keeps))
			book, other := newLedger(t), newLedger(t)
			var backAfter []time.Duration
			for round := range crashRounds {
				epoch := s.info("a").Epoch
				sent, killed := crash(t, s, book, other, fmt.Sprintf("round%d", round))
				s = s.again()
				if round%3 == 2 { // once more, with nothing done in between
					s.Kill()
					s = s.again()
				}
				if now := s.info("a").Epoch; now <= epoch {
					t.Errorf("epoch %d after a kill, %d before", now, epoch)
				}
				backAfter = append(backAfter, time.Since(killed).Round(time.Millisecond))
				history := s.history("a")
				book.check(history, keeps)
				other.check(s.history("b"), keeps)
				checkResume(t, s, book, history)
				retry(t, s, book, sent, history)
				book.check(s.history("a"), keeps)
			}
			slices.Sort(backAfter)
			t.Logf("%d messages; from kill to the first answer: median %v, longest %v",
				book.newest, backAfter[len(backAfter)/2], backAfter[len(backAfter)-1])
		})
	}
}

// crash publishes to rooms a and b while somebody listens to a, kills the server
// and notes what was answered and what was shown.
func crash(t *testing.T, s *server, book, other *ledger, name string) (sent []publication, killed time.Time) {
	live := s.open("/connect?room=a&replay=0")
	live.next()
	var shown []sse.Event
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			e, err := live.readMessage()
			if err != nil {
				return
			}
			shown = append(shown, e)
		}
	}()
	const never = -1
	toOther := make(chan []publication)
	go func() { toOther <- storm(s, "b", name, never, nil) }()
	sent = storm(s, "a", name, 5+rand.Int64N(40), func() {
		killed = time.Now()
		_ = s.Cmd.Process.Kill()
	})
	s.Wait()
	<-ended
	book.answeredAll(sent)
	other.answeredAll(<-toOther)
	for i, e := range shown {
		if i > 0 && position(t, e.ID).Seq != position(t, shown[i-1].ID).Seq+1 {
			t.Errorf("%s: the stream went from %s to %s", name, shown[i-1].ID, e.ID)
		}
		book.saw("stream", e.ID, e.Data)
	}
	return sent, killed
}

// checkResume wants a client with any id of the history to get exactly what
// follows it, one with an older id to be told how much is gone, and one with an
// id that never was to be told that.
func checkResume(t *testing.T, s *server, book *ledger, history []kept) {
	t.Helper()
	for back := range min(len(history), 11) {
		at := len(history) - 1 - back
		resume(t, s, history[at].ID, history[at+1:])
	}
	oldest := position(t, history[0].ID)
	for id := range book.byID {
		at := position(t, id)
		if at.Seq+1 >= oldest.Seq {
			continue
		}
		st := s.open("/connect?room=a", resumeAt(id))
		gap := st.gap("trimmed")
		from, to := position(t, gap.From), position(t, gap.To)
		if from.Seq != at.Seq+1 || to.Seq != oldest.Seq-1 || book.byID[gap.From] == nil || book.byID[gap.To] == nil {
			t.Errorf("after %s came a gap of %+v before %v", id, gap, oldest)
		}
		st.expect(history)
		st.close()
		break // one is enough, and the map picks it at random
	}
	st := s.open("/connect?room=a", resumeAt("7-1"))
	if e := st.message(); e.Name != "reset" {
		t.Errorf("an id of an epoch that never was got %s %s", e.Name, e.Data)
	}
	st.expect(history)
	st.close()
}

// resume wants a client that comes back with an id to get the messages given.
func resume(t *testing.T, s *server, id string, want []kept) {
	t.Helper()
	st := s.open("/connect?room=a", resumeAt(id))
	defer st.close()
	st.expect(want)
	if len(want) > 0 {
		return
	}
	// Nothing is missing: a bookmark says so.
	if e := st.next(); string(e.Data) != greeting {
		t.Errorf("after %s came %s %s", id, e.Name, e.Data)
	}
	if e := st.next(); e.Data != nil || e.ID != id {
		t.Errorf("after %s came %s %s %s", id, e.ID, e.Name, e.Data)
	}
}

// retry sends again what was not answered, and some of what was: each has one
// copy, and the first id.
func retry(t *testing.T, s *server, book *ledger, sent []publication, history []kept) {
	t.Helper()
	before := make(map[string]string)
	for _, m := range history {
		var body struct{ Key string }
		if err := json.Unmarshal(m.Data, &body); err != nil {
			t.Fatal(err)
		}
		before[body.Key] = m.ID
	}
	oldest := position(t, history[0].ID)
	for _, p := range sent {
		first := p.answer
		again, err := s.post("room=a", p.key, p.body)
		if err != nil {
			t.Fatalf("retry of %s: %v", p.key, err)
		}
		id, there := before[p.key]
		switch {
		case first.ID != "" && !again.Duplicate:
			t.Errorf("%s was answered %s, and its retry as new: %s", p.key, first.ID, again.ID)
		case there && (!again.Duplicate || again.ID != id):
			t.Errorf("%s is in the history as %s, its retry got %s, duplicate %v", p.key, id, again.ID, again.Duplicate)
		case !there && again.Duplicate && position(t, again.ID).Seq >= oldest.Seq:
			t.Errorf("%s is not in the history, its retry was taken for a duplicate of %s", p.key, again.ID)
		}
		p.answer = again
		book.answered(p)
	}
}
