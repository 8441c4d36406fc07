package browsertest

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestEventSourceByName(t *testing.T) {
	s, b := openConsole(t, "--update", "200ms")
	b.listen("/connect?room=a", "message", "update", "broadcast", "order")
	if turns := b.untilTurns(1); turns[0] != "open after 0" {
		t.Errorf("the first turn is %q: the stream has to be open before anything is published", turns[0])
	}
	if got := b.hears("message", 1); got[0].Data != "Connected to SSE stream" {
		t.Errorf("greeting: %+v", got[0])
	}
	var update struct {
		Timestamp       string
		ConnectionCount int
		DurableObjectID string
	}
	if err := json.Unmarshal([]byte(b.hears("update", 1)[0].Data), &update); err != nil {
		t.Fatal(err)
	}
	if update.ConnectionCount != 1 || len(update.DurableObjectID) != 64 || !strings.HasSuffix(update.Timestamp, "Z") {
		t.Errorf("update: %+v", update)
	}
	id := s.publish("a", "", `{"message":"Hello\nWorld ü","timestamp":"now"}`)
	want := heard{Event: "broadcast", ID: id, Data: `{"message":"Hello\nWorld ü","timestamp":"now"}`}
	if got := b.hears("broadcast", 1); got[0] != want {
		t.Errorf("got %+v, want %+v", got[0], want)
	}
	id = s.publish("a", "order", `{"n":1}`)
	if got := b.hears("order", 1); got[0].ID != id {
		t.Errorf("got %+v, want id %s", got[0], id)
	}
	b.calm()
}

// TestEventSourceOnMessage reads the stream of those who know neither names nor
// greetings, and take every message for JSON.
func TestEventSourceOnMessage(t *testing.T) {
	s, b := openConsole(t)
	s.publishNumbers("global", 1, 2)
	b.listen("/events", "message")
	b.wantNumbers("message", 1, 2)
	s.publishNumbers("global", 3, 4)
	b.wantNumbers("message", 1, 4)
	b.calm()
}

func TestEventSourceHearsHeartbeats(t *testing.T) {
	s, b := openConsole(t, "--update", "0", "--heartbeat", "1s")
	id := s.publish("a", "", `{"n":1}`)
	b.listen("/connect?room=a&heartbeat=event", "heartbeat")
	if got := b.hears("heartbeat", 2); got[1].ID != id {
		t.Errorf("heartbeat %+v, want it to keep the id %s", got[1], id)
	}
	b.calm()
}
