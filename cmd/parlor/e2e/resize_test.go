package e2e_test

import (
	"fmt"
	"testing"
)

// TestHistoryResized restarts a server with histories of other sizes, in good
// order and by a kill. What is kept is always the newest, without holes, and
// whoever comes back is told how much is not.
func TestHistoryResized(t *testing.T) {
	t.Parallel()
	s := start(t, "--history", "20")
	var sent []receipt
	book := newLedger(t)
	for round, keeps := range []int{20, 5, 50, 1, 30, 3} {
		s.flags = []string{"--history", fmt.Sprint(keeps)}
		if round%2 == 0 {
			s.terminate()
		} else {
			s.Kill()
		}
		s = s.again()
		for n := range 7 {
			r := s.publish("a", fmt.Sprintf(`{"key":"%d-%d"}`, round, n))
			book.saw("answer", r.ID, r.Data)
			sent = append(sent, r)
		}
		history := s.history("a")
		// A larger history fills up from what the smaller one had kept.
		book.check(history, len(history))
		if len(history) > keeps || len(history) < min(keeps, 7) {
			t.Errorf("%d messages of a history of %d", len(history), keeps)
		}
		checkResume(t, s, book, history)
		fresh := s.open("/connect?room=a")
		fresh.expect(history)
		if last := sent[len(sent)-1]; history[len(history)-1].ID != last.ID {
			t.Errorf("the history ends at %s, the newest is %s", history[len(history)-1].ID, last.ID)
		}
	}
}
