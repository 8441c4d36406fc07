package main

import (
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/cmd/proctest/nodetest"
	"github.com/parlor-sse/parlor/persistence"
)

const stampPattern = `\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`

// firstBytes is what a stream begins with, and the first number.
var firstBytes = regexp.MustCompile(`^data: \{"type": "connected", "streamId": "test1", "timestamp": "` + stampPattern + `"\}\n\n` +
	`data: \{"number":\d{1,4},"timestamp":"` + stampPattern + `","id":"test1"\}\n\n`)

func exactBytes(t *testing.T, program string) {
	n := nodetest.Start(t, program, "--interval", "50ms")
	l := listen(t, n, "test1")
	l.next()
	if !firstBytes.Match(l.raw.Bytes()) {
		t.Errorf("the stream begins with\n%s", l.raw.Bytes())
	}
	for name, want := range map[string]string{
		"Content-Type": "text/event-stream", "Access-Control-Allow-Origin": "*", "Cache-Control": "no-cache, no-transform",
	} {
		if got := l.header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

// anyID wants every text to be good for an id, and numbers to have it as the
// client wrote it.
func anyID(t *testing.T, program string) {
	n := nodetest.Start(t, program, "--interval", "50ms")
	for _, id := range []string{
		"~test1", " padded ", `a"b\c`, "a/b?c=d&e#f", "<b>%2F</b>", "täglich 漢字 🎲", "line\r\nbreak\x00", "..",
		strings.Repeat("a", maxEncoded+1), strings.Repeat("漢", maxID/3),
	} {
		l := listen(t, n, id)
		for range 2 {
			if s := l.next(); s.ID != id {
				t.Errorf("the numbers of %q have the id %q", id, s.ID)
			}
		}
		l.close()
	}
}

// objectIDs wants a stream whose id is another room's object id to be another
// stream.
func objectIDs(t *testing.T, program string) {
	n := nodetest.Start(t, program, "--interval", "50ms")
	listen(t, n, "test1").next()
	var info actors.RoomInfo
	n.Get(roomPath("test1"), &info)
	id := info.DurableObjectID
	if err := persistence.CheckObjectID(kindName, id); err != nil {
		t.Fatal(err)
	}
	if s := listen(t, n, id).next(); s.ID != id {
		t.Errorf("the stream %s says %s", id, s.data)
	}
	if n.Get(roomPath("test1"), &info); info.ConnectionCount != 1 {
		t.Errorf("%d listen to the stream whose object id it is", info.ConnectionCount)
	}
}

func refusals(t *testing.T, program string) {
	n := nodetest.Start(t, program)
	for _, path := range []string{"/sse/", "/sse/%20", "/sse/%20%09%E2%80%83", "/sse/" + strings.Repeat("a", maxID+1)} {
		a, err := n.Ask(http.MethodGet, path, "", "")
		if err != nil || a.Status != http.StatusBadRequest || string(a.Body) != `{"error":"Invalid stream ID"}` {
			t.Errorf("%s is answered %v, %v", path, a, err)
		}
	}
	long := strings.Repeat("a", maxID)
	for _, c := range []struct {
		method, path, body string
		status             int
	}{
		{http.MethodGet, "/sse/%FF", "", http.StatusBadRequest},
		{http.MethodGet, "/sse/a/b", "", http.StatusNotFound},
		{http.MethodGet, "/sse", "", http.StatusNotFound},
		{http.MethodPost, "/sse/test1", "", http.StatusMethodNotAllowed},
		{http.MethodPost, "/broadcast?room=test1&kind=numbers", `{"number":1}`, http.StatusForbidden},
		{http.MethodGet, "/rooms/test1/fetch?kind=numbers", "", http.StatusNotFound},
		{http.MethodPut, "/rooms/test1/fetch?kind=numbers", "test1", http.StatusUnprocessableEntity},
		{http.MethodPut, "/rooms/" + nameOf(long) + "/fetch?kind=numbers", long[1:], http.StatusUnprocessableEntity},
		{http.MethodPut, "/rooms/" + nameOf(long+"a") + "/fetch?kind=numbers", long + "a", http.StatusUnprocessableEntity},
		{http.MethodPut, "/rooms/" + nameOf(long) + "/fetch?kind=numbers", long, http.StatusNoContent},
	} {
		if a, err := n.Ask(c.method, c.path, "", c.body); err != nil || a.Status != c.status {
			t.Errorf("%s %s is answered %v, %v, want %d", c.method, c.path, a, err, c.status)
		}
	}
}

func sameNumbers(t *testing.T, program string) {
	n := nodetest.Start(t, program, "--interval", "50ms")
	first := listen(t, n, "test1")
	first.next()
	second, other := listen(t, n, "test1"), listen(t, n, "test2")
	wantTheSameHeard(t, 5, first, second)
	differ := false
	for range 5 {
		a, b := second.next(), other.next()
		if a.ID != "test1" || b.ID != "test2" {
			t.Errorf("the ids are %q and %q", a.ID, b.ID)
		}
		differ = differ || a.Number != b.Number
	}
	if !differ {
		t.Error("two streams say the same five numbers")
	}
}

// timer wants the interval to be counted from the first who listens. The second
// round begins in the middle of what would be an interval of the first, if that
// had not ended with the last who listened.
func timer(t *testing.T, program string) {
	const every = 700 * time.Millisecond
	n := nodetest.Start(t, program, "--interval", every.String())
	for range 2 {
		began := time.Now()
		l := listen(t, n, "test1")
		another := listen(t, n, "test1")
		number := l.next()
		if waited := time.Since(began); waited < every {
			t.Errorf("the first number came after %v, want at least %v", waited, every)
		}
		if other := another.from(number.Timestamp); other != number {
			t.Errorf("two who listen get %s and %s", number.data, other.data)
		}
		l.close()
		another.close()
		untilListeners(t, n, "test1", 0)
	}
}

// nothingKept wants who comes later to hear nothing of before.
func nothingKept(t *testing.T, program string) {
	n := nodetest.Start(t, program, "--interval", "20ms")
	l := listen(t, n, "test1")
	l.next()
	l.close()
	untilListeners(t, n, "test1", 0)
	began := stamp(time.Now())
	if s := listen(t, n, "test1").next(); s.Timestamp < began {
		t.Errorf("%s is from before %s", s.data, began)
	}
	var info actors.RoomInfo
	if n.Get(roomPath("test1"), &info); info.Seq != 0 || info.History != 0 || info.StoredItems != 0 {
		t.Errorf("the room keeps something: %+v", info)
	}
}

func badIntervals(t *testing.T, program string) {
	for _, text := range []string{"0s", "-1s", "often"} {
		out, err := exec.CommandContext(t.Context(), program, "--data", t.TempDir(), "--interval", text).CombinedOutput()
		if exit, ok := err.(*exec.ExitError); !ok || exit.ExitCode() != 2 || !strings.Contains(string(out), "--interval") {
			t.Errorf("--interval %s: %v, %s", text, err, out)
		}
	}
}
