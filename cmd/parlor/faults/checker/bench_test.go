package checker_test

import (
	"fmt"
	"testing"

	"github.com/parlor-sse/parlor/cmd/parlor/faults/checker"
	"github.com/parlor-sse/parlor/cmd/parlor/faults/history"
)

// BenchmarkCheck judges a history of the size that a run has: 20 rooms, 27,000
// messages, three streams a room.
func BenchmarkCheck(b *testing.B) {
	h := &history.History{Run: history.Run{Nodes: []string{"n1"}, Replicas: 1, History: 10},
		Phases: []history.Phase{{Name: history.Settled}, {Name: history.Ended, Time: 1 << 60}}}
	for room := range 20 {
		name := fmt.Sprint("r", room)
		h.Run.Rooms = append(h.Run.Rooms, name)
		for conn := 3 * room; conn < 3*room+3; conn++ {
			h.Opens = append(h.Opens, history.Open{Conn: conn, Subscriber: conn, Node: "n1", Rooms: []string{name}, Status: 200})
			h.Frames = append(h.Frames, history.Frame{Conn: conn, Kind: history.Bookmark, ID: "1-0"})
		}
		for i := int64(1); i <= 27000/20; i++ {
			id, uuid := fmt.Sprintf("1-%d", i), fmt.Sprint(name, "-", i)
			h.Publishes = append(h.Publishes, history.Publish{UUID: uuid, Room: name, Node: "n1", Call: i * 10, Return: i*10 + 5,
				Outcome: history.OK, ID: id, SHA: uuid})
			for conn := 3 * room; conn < 3*room+3; conn++ {
				h.Frames = append(h.Frames, history.Frame{Conn: conn, Time: i*10 + 6, Kind: history.Message, Room: name, ID: id, UUID: uuid, SHA: uuid})
			}
		}
	}
	for b.Loop() {
		if r := checker.Check(h); !r.OK() {
			b.Fatalf("%v", r.Violations)
		}
	}
}
