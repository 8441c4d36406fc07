package browsertest

import (
	"encoding/json"
	"fmt"
	"testing"
)

// TestEventSourceSurvives ends the server in both ways and starts it again: the
// browser comes back by itself and gets exactly what it missed.
func TestEventSourceSurvives(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*server){
		"kill": func(s *server) { s.Kill() },
		"stop": func(s *server) { s.End() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, b := openConsole(t)
			b.listen("/connect?room=a", "broadcast", "gap", "reset")
			b.untilTurns(1)
			s.publishNumbers("a", 1, 3)
			b.wantNumbers("broadcast", 1, 3)
			end(s)
			s.apart(func() { s.publishNumbers("a", 4, 9) })
			s.Run()
			b.wantNumbers("broadcast", 1, 9)
			s.publishNumbers("a", 10, 11)
			b.wantNumbers("broadcast", 1, 11)
			b.hearsNone("gap", "reset")
			b.calm("net::ERR_")
		})
	}
}

// TestEventSourceSurvivesBeforeAnything loses the server before the room had a
// first message, when all that the browser could keep is the bookmark.
func TestEventSourceSurvivesBeforeAnything(t *testing.T) {
	t.Parallel()
	s, b := openConsole(t)
	b.listen("/connect?room=a", "broadcast", "gap", "reset")
	b.untilTurns(1)
	s.Kill()
	s.apart(func() { s.publishNumbers("a", 1, 3) })
	s.Run()
	b.wantNumbers("broadcast", 1, 3)
	b.calm("net::ERR_")
}

func TestEventSourceSurvivesWithSeveralRooms(t *testing.T) {
	t.Parallel()
	s, b := openConsole(t)
	b.listen("/connect?room=a&room=b", "broadcast", "gap", "reset")
	b.untilTurns(1)
	publish := func(n int) {
		for _, room := range []string{"a", "b"} {
			s.publishNumbers(room, n, n)
		}
	}
	publish(1)
	b.hears("broadcast", 2)
	s.Kill()
	s.apart(func() { publish(2) })
	s.Run()
	b.hears("broadcast", 4)
	publish(3)
	counts := make(map[string]int)
	for _, e := range b.hears("broadcast", 6) {
		var tagged struct {
			Room string
			Data struct{ N int }
		}
		if err := json.Unmarshal([]byte(e.Data), &tagged); err != nil {
			t.Fatal(err)
		}
		if counts[tagged.Room]++; counts[tagged.Room] != tagged.Data.N {
			t.Errorf("room %s: message %d comes as number %d", tagged.Room, tagged.Data.N, counts[tagged.Room])
		}
	}
	if counts["a"] != 3 || counts["b"] != 3 {
		t.Errorf("messages of each room: %v, want 3", counts)
	}
	b.hearsNone("gap", "reset")
	b.calm("net::ERR_")
}

func TestEventSourceIsToldOfGap(t *testing.T) {
	t.Parallel()
	s, b := openConsole(t)
	b.listen("/connect?room=a", "broadcast", "gap", "reset")
	b.untilTurns(1)
	s.publishNumbers("a", 1, 2)
	b.wantNumbers("broadcast", 1, 2)
	s.Kill()
	s.apart(func() { s.publishNumbers("a", 3, 15) })
	s.Run()
	var gap struct {
		Room, From, To, Reason string
		Lost                   int
	}
	if err := json.Unmarshal([]byte(b.hears("gap", 1)[0].Data), &gap); err != nil {
		t.Fatal(err)
	}
	if gap.Room != "a" || gap.Lost != 3 || gap.Reason != "trimmed" || seqOf(gap.From) != 3 || seqOf(gap.To) != 5 {
		t.Errorf("gap: %+v, want three messages lost, 3 to 5", gap)
	}
	events := b.hears("broadcast", 12)
	if got := b.numbers(events); got != "1 2 6 7 8 9 10 11 12 13 14 15" {
		t.Errorf("got %s", got)
	}
	b.hearsNone("reset")
	b.calm("net::ERR_")
}

func TestEventSourceIsReset(t *testing.T) {
	t.Parallel()
	s, b := openConsole(t)
	s.publishNumbers("a", 1, 12)
	for id, reason := range map[string]string{"1-99": "unknown_id", "anything": "malformed"} {
		b.listen("/connect?room=a&lastEventId="+id, "broadcast", "gap", "reset")
		var reset struct{ Room, ID, Reason string }
		if err := json.Unmarshal([]byte(b.hears("reset", 1)[0].Data), &reset); err != nil {
			t.Fatal(err)
		}
		if reset.Room != "a" || reset.Reason != reason || seqOf(reset.ID) != 12 {
			t.Errorf("lastEventId=%s: %+v, want reason %s", id, reset, reason)
		}
		b.wantNumbers("broadcast", 3, 12)
		b.hearsNone("gap")
		b.Run(nil, "source.close();")
	}
	b.calm()
}

// hearsNone checks that none of these events came so far.
func (b *browser) hearsNone(names ...string) {
	b.t.Helper()
	for _, name := range names {
		if got := b.hears(name, 0); len(got) > 0 {
			b.t.Errorf("got %+v", got)
		}
	}
}

// seqOf returns the second number of an id, or -1.
func seqOf(id string) int {
	var epoch, seq int
	if _, err := fmt.Sscanf(id, "%d-%d", &epoch, &seq); err != nil {
		return -1
	}
	return seq
}
