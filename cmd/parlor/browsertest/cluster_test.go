package browsertest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/cmd/proctest/nodetest"
)

// TestEventSourceAndCluster listens at one node to a room that another one owns.
// The owner is killed: the page notices nothing. Then its own node restarts: the
// page comes back and has missed nothing.
func TestEventSourceAndCluster(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	cluster := nodetest.StartCluster(t, parlor(t), 3, "serve")
	front := &server{cluster.Nodes[0], t}
	owner, room := front.Node, ""
	for i := 0; owner == front.Node; i++ {
		room = fmt.Sprintf("room%d", i)
		owner = cluster.Owner("room", room)
	}
	third := &server{cluster.Others(front.Node, owner)[0], t}
	b.Open(front.URL("/"))
	b.listen("/connect?room="+room, "broadcast", "gap", "reset", "unavailable")
	b.untilTurns(1)
	front.publishNumbers(room, 1, 3)
	b.wantNumbers("broadcast", 1, 3)

	owner.Kill()
	third.publishNumbers(room, 4, 6)
	front.publishNumbers(room, 7, 9)
	events := b.wantNumbers("broadcast", 1, 9)
	for i, e := range events {
		if seqOf(e.ID) != i+1 {
			t.Errorf("message %d has the id %s", i+1, e.ID)
		}
	}
	if turns := b.untilTurns(1); len(turns) != 1 {
		t.Errorf("the owner's death was noticed: %q", turns)
	}

	owner.Run()
	cluster.Settle()
	front.End()
	third.publishNumbers(room, 10, 12)
	front.Run()
	third.publishNumbers(room, 13, 13)
	for i, e := range b.wantNumbers("broadcast", 1, 13) {
		if seqOf(e.ID) != i+1 {
			t.Errorf("message %d has the id %s", i+1, e.ID)
		}
	}
	turns := b.untilTurns(3)
	if turns[1] != "lost" || !strings.HasPrefix(turns[len(turns)-1], "open") {
		t.Errorf("turns %q", turns)
	}
	b.hearsNone("gap", "reset", "unavailable")
	b.calm("net::ERR_")
}
