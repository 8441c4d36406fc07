package checker_test

import (
	"fmt"

	"github.com/parlor-sse/parlor/cmd/parlor/faults/history"
)

// second is the unit of made-up histories.
const second = int64(1e9)

// good is a made-up history in which all is well: five messages under epoch 7,
// a change of owner, three more under epoch 9, and one that tests the room at
// the end. The room keeps three messages. Streams are numbered by who they are:
//
//	1 listens from the beginning
//	2 breaks and comes back with what it had (as 3), while it is still kept
//	4 comes back too late and is told of a gap
//	5 brings no id in the middle
//	6 listens to two rooms
func good() *history.History {
	h := &history.History{
		Run: history.Run{
			Fault: "made-up", Nodes: []string{"n1", "n2", "n3", "n4"}, Replicas: 3, History: 3,
			Rooms: []string{"a", "b"},
		},
		Phases: []history.Phase{
			{Name: history.Loading, Time: 0}, {Name: history.Settled, Time: 90 * second},
			{Name: history.Ended, Time: 100 * second}, {Name: history.Collected, Time: 101 * second},
		},
		Faults: []history.Fault{{Name: "cut", Start: 55 * second, End: 58 * second, Nodes: []string{"n4"}, Isolated: []string{"n4"}}},
		Owners: []history.Owner{
			{Time: 1, Asked: "n1", Room: "a", Owner: "n1", Epoch: 7}, {Time: 2, Asked: "n2", Room: "a", Owner: "n1", Epoch: 7},
			{Time: 70 * second, Asked: "n2", Room: "a", Owner: "n2", Epoch: 9}, {Time: 70 * second, Asked: "n4", Room: "a"},
		},
	}
	for i := 1; i <= 8; i++ {
		publish(h, i, idOf(i))
	}
	publish(h, 91, "9-9")
	h.Publishes = append(h.Publishes,
		// Tried again after an answer that never came, and found to be known.
		history.Publish{UUID: "u4", Room: "a", Node: "n2", Keyed: true, Call: 45 * second, Return: 46 * second,
			Outcome: history.OK, Status: 200, ID: "7-4", Duplicate: true},
		// Refused, and never heard of.
		history.Publish{UUID: "no", Room: "a", Node: "n4", Call: 56 * second, Return: 57 * second, Outcome: history.Refused, Status: 503},
		history.Publish{UUID: "off", Room: "a", Node: "n4", Call: 56 * second, Return: 57 * second, Outcome: history.Unsent},
		history.Publish{UUID: "what", Room: "a", Node: "n4", Call: 56 * second, Return: 57 * second, Outcome: history.Unknown},
		history.Publish{UUID: "b1", Room: "b", Node: "n1", Call: 92 * second, Return: 93 * second, Outcome: history.OK, ID: "5-1"},
	)

	open(h, 1, 1, "n1", 1*second, "")
	show(h, 1, 1*second, history.Bookmark, "7-0")
	for i := 1; i <= 9; i++ {
		show(h, 1, messageTime(i), history.Message, idOf(i))
	}

	open(h, 2, 2, "n4", 1*second, "")
	show(h, 2, 1*second, history.Bookmark, "7-0")
	for i := 1; i <= 5; i++ {
		show(h, 2, messageTime(i), history.Message, idOf(i))
	}
	h.Closes = append(h.Closes, history.Close{Conn: 2, Time: 56 * second, By: history.ByBreak})
	open(h, 3, 2, "n2", 65*second, "7-5")
	for i := 6; i <= 9; i++ {
		show(h, 3, max(65*second, messageTime(i)), history.Message, idOf(i))
	}

	open(h, 4, 4, "n3", 75*second, "7-2")
	h.Frames = append(h.Frames, history.Frame{Conn: 4, Time: 76 * second, Kind: history.Gap, Room: "a",
		ID: "7-4", From: "7-3", To: "7-4", Lost: 2, Reason: "trimmed"})
	for i := 5; i <= 9; i++ {
		show(h, 4, max(76*second, messageTime(i)), history.Message, idOf(i))
	}

	open(h, 5, 5, "n3", 72*second, "")
	for i := 5; i <= 9; i++ {
		show(h, 5, max(72*second, messageTime(i)), history.Message, idOf(i))
	}

	h.Opens = append(h.Opens, history.Open{Conn: 6, Subscriber: 6, Node: "n3", Rooms: []string{"a", "b"}, Status: 200,
		Call: 84 * second, Time: 84 * second, Resumed: true, Sent: "01234567:9-7,5-0"})
	show(h, 6, 85*second, history.Message, "9-8")
	show(h, 6, 85*second, history.Bookmark, "01234567:9-8,5-0")
	show(h, 6, messageTime(9), history.Message, "9-9")
	h.Frames = append(h.Frames, history.Frame{Conn: 6, Time: 94 * second, Kind: history.Message, Room: "b", ID: "5-1", UUID: "b1", SHA: "b1"})
	show(h, 6, 94*second, history.Bookmark, "01234567:9-9,5-1")

	for _, node := range h.Run.Nodes {
		ring := history.Ring{Time: 99 * second, Asked: node, Version: 4}
		for _, member := range h.Run.Nodes {
			ring.Members = append(ring.Members, history.Member{Name: member, State: "full"})
		}
		h.Rings = append(h.Rings, ring)
	}
	for _, node := range []string{"n1", "n2", "n3"} {
		h.Copies = append(h.Copies, kept(node, "a", idOf(7), idOf(8), idOf(9)))
		h.Copies = append(h.Copies, history.Copy{Node: node, Room: "b", Last: "5-1", Messages: []history.Kept{{ID: "5-1", SHA: "b1"}}})
	}
	// What n4 wrote alone was never committed.
	h.Copies = append(h.Copies, kept("n4", "a", idOf(5), "7-6", "7-7", "7-8", "7-9", "7-10"))
	return h
}

// idOf returns the id of the room's message of that number.
func idOf(i int) string {
	if i <= 5 {
		return fmt.Sprintf("7-%d", i)
	}
	return fmt.Sprintf("9-%d", i)
}

// messageTime is when streams are shown a message: when it is answered.
func messageTime(i int) int64 {
	if i == 9 {
		return 92 * second
	}
	return int64(i)*10*second + second
}

// uuidOf returns the message with an id of room a.
func uuidOf(id string) string {
	if id == "9-9" {
		return "u91"
	}
	return "u" + id[2:]
}

// publish adds a message u<i> that is published at ten times i seconds, or at i
// from 90 on, and answered a second later.
func publish(h *history.History, i int, id string) {
	call := int64(i) * 10 * second
	if i >= 90 {
		call = int64(i) * second
	}
	h.Publishes = append(h.Publishes, history.Publish{UUID: fmt.Sprintf("u%d", i), Room: "a", Node: "n1", Keyed: true,
		SHA: uuidOf(id), Call: call, Return: call + second, Outcome: history.OK, Status: 200, ID: id})
}

func open(h *history.History, conn, sub int, node string, at int64, sent string) {
	h.Opens = append(h.Opens, history.Open{Conn: conn, Subscriber: sub, Node: node, Rooms: []string{"a"}, Status: 200,
		Call: at, Time: at, Resumed: sent != "", Sent: sent})
}

// show adds a message of room a or a bookmark.
func show(h *history.History, conn int, at int64, kind history.FrameKind, id string) {
	f := history.Frame{Conn: conn, Time: at, Kind: kind, ID: id}
	if kind == history.Message {
		f.Room, f.UUID, f.SHA = "a", uuidOf(id), uuidOf(id)
	}
	h.Frames = append(h.Frames, f)
}

func kept(node, room string, ids ...string) history.Copy {
	c := history.Copy{Node: node, Room: room, Last: ids[len(ids)-1]}
	for _, id := range ids {
		c.Messages = append(c.Messages, history.Kept{ID: id, SHA: uuidOf(id)})
	}
	return c
}
