package e2e_test

import (
	"fmt"
	"os"
	"testing"
)

// TestKillWithoutFsync kills a server that was told not to wait for the disk.
// Messages may be lost then, but never silently: every answer says what it
// stands for, an id never stands for two messages, and who brings the id of a
// lost one is told so.
func TestKillWithoutFsync(t *testing.T) {
	t.Parallel()
	s := start(t, "--durability", "memory", "--history", "1000")
	book := newLedger(t)
	lost := 0
	for round := range 3 {
		sent := storm(s, "a", fmt.Sprintf("round%d", round), 40, func() { _ = s.Cmd.Process.Kill() })
		s.Wait()
		s = s.again()
		history := s.history("a")
		there := make(map[string]int)
		for i, m := range history {
			there[m.ID] = i
			book.saw("history", m.ID, m.Data)
		}
		for _, p := range sent {
			if p.answer.ID == "" {
				continue
			}
			book.answered(p)
			if p.answer.Durability != "memory" {
				t.Fatalf("durability %q", p.answer.Durability)
			}
			st := s.open("/connect?room=a", resumeAt(p.answer.ID))
			if i, ok := there[p.answer.ID]; ok {
				st.expect(history[i+1:])
			} else {
				lost++
				if e := st.message(); e.Name != "reset" || !jsonHas(t, e.Data, "reason", "history_lost") {
					t.Errorf("%s is lost, and its owner got %s %s", p.answer.ID, e.Name, e.Data)
				}
				st.expect(history)
			}
			st.close()
		}
		next := s.publish("a", fmt.Sprintf(`{"key":"after%d"}`, round))
		book.saw("answer", next.ID, next.Data)
		if at := position(t, next.ID); at.Seq != uint64(len(history)+1) {
			t.Errorf("%s follows %d messages", next.ID, len(history))
		}
	}
	t.Logf("%d of %d answered messages were lost", lost, len(book.byID))
}

// TestLostDirectory wants clients of a server whose data is gone to be told so.
func TestLostDirectory(t *testing.T) {
	t.Parallel()
	s := start(t)
	old := s.publishN("a", 1, 3)
	s.terminate()
	if err := os.RemoveAll(s.data); err != nil {
		t.Fatal(err)
	}
	s = s.again()
	fresh := s.publishN("a", 1, 3)
	for i := range old {
		if old[i].ID == fresh[i].ID {
			t.Errorf("%s stands for two messages", old[i].ID)
		}
	}
	st := s.open("/connect?room=a", resumeAt(old[2].ID))
	if e := st.message(); e.Name != "reset" || !jsonHas(t, e.Data, "id", fresh[2].ID) {
		t.Errorf("the owner of a lost id got %s %s", e.Name, e.Data)
	}
	for _, r := range fresh {
		r.want(t, st.message())
	}
}
