package browsertest

import "testing"

// TestEventSourceTurnedAwayForNow asks a server that has as many streams as it
// takes: one, if it takes two connections. The browser comes back only because
// it is not refused by a status.
func TestEventSourceTurnedAwayForNow(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	b.Open(elsewhere(t)) // connections of the page itself would count
	s := startServer(t, "--max-connections", "2")
	s.publishNumbers("a", 1, 1)
	other := s.Open("/connect?room=b")
	b.listen(s.URL("/connect?room=a"), "broadcast")
	b.Until(`window.turns.includes("lost")`) // an error that closes it would be told as another turn
	b.Until(`window.source.readyState === EventSource.CONNECTING`)
	other.Close()
	b.wantNumbers("broadcast", 1, 1)
	b.calm("net::ERR_")
}

// TestEventSourceTurnedAwayForGood asks for what will never be.
func TestEventSourceTurnedAwayForGood(t *testing.T) {
	_, b := openConsole(t)
	b.listen("/connect?room=not+a+name", "broadcast")
	if turns := b.untilTurns(1); turns[0] != "closed" {
		t.Errorf("turned away for good: %q", turns)
	}
	b.calm("400")
}
