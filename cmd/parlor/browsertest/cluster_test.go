package browsertest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/parlor-sse/parlor/cluster/clustertest/ports"
	"github.com/parlor-sse/parlor/cmd/proctest"
)

// startCluster starts three servers that are one cluster, and waits until all of
// them hold rooms.
func startCluster(t *testing.T) []*server {
	t.Helper()
	path, err := buildParlor()
	if err != nil {
		t.Fatal(err)
	}
	const size = 3
	taken := make([]int, size)
	join := make([]string, size)
	for i := range taken {
		taken[i] = ports.Take(t)
		join[i] = ports.Local(taken[i])
	}
	var servers []*server
	for i, port := range taken {
		s := &server{t: t, path: path, data: t.TempDir(), listen: ports.Local(port + 3), flags: []string{
			"--node", fmt.Sprintf("n%d", i+1), "--cluster", ports.Local(port), "--join", strings.Join(join, ","), "--expect", fmt.Sprint(size),
		}}
		s.again()
		servers = append(servers, s)
	}
	for _, s := range servers {
		s.untilWhole(size)
	}
	return servers
}

// untilWhole waits until the server is ready and knows that many members, all of
// which hold rooms.
func (s *server) untilWhole(size int) {
	s.t.Helper()
	proctest.Until(s.t, fmt.Sprintf("%s is one of %d", s.url, size), func() bool {
		if resp, err := http.Get(s.url + "/ready"); err != nil || resp.Body.Close() != nil || resp.StatusCode != http.StatusOK {
			return false
		}
		var ring struct {
			Rings   int
			Members []struct{ State string }
		}
		if !s.ask("/members", &ring) {
			return false
		}
		full := 0
		for _, m := range ring.Members {
			if m.State == "full" {
				full++
			}
		}
		return full == size && len(ring.Members) == size && ring.Rings == 1
	})
}

// ask decodes the answer to a GET request and reports whether there was one.
func (s *server) ask(path string, answer any) bool {
	resp, err := http.Get(s.url + path)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	return resp.StatusCode == http.StatusOK && json.NewDecoder(resp.Body).Decode(answer) == nil
}

// TestEventSourceAndCluster listens at one node to a room that another one owns.
// The owner is killed: the page notices nothing. Then its own node restarts: the
// page comes back and has missed nothing.
func TestEventSourceAndCluster(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	servers := startCluster(t)
	front, room := servers[0], ""
	var info struct{ Owner string }
	for i := 0; room == "" || info.Owner == "n1"; i++ {
		room = fmt.Sprintf("room%d", i)
		if !front.ask("/rooms/"+room, &info) {
			t.Fatalf("no answer about %s", room)
		}
	}
	owner, third := servers[1], servers[2]
	if info.Owner == "n3" {
		owner, third = third, owner
	}
	b.Open(front.url + "/")
	b.listen("/connect?room="+room, "broadcast", "gap", "reset", "unavailable")
	b.untilTurns(1)
	front.publishNumbers(room, 1, 3)
	b.wantNumbers("broadcast", 1, 3)

	owner.proc.Kill()
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

	owner.again()
	for _, s := range servers {
		s.untilWhole(len(servers))
	}
	front.proc.End(syscall.SIGTERM)
	third.publishNumbers(room, 10, 12)
	front.again()
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
