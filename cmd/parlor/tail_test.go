package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cmd/serve/cli"
)

// streamServer answers GET /connect with one step after the other; after the
// last one it holds the stream open. It records what it was asked.
type streamServer struct {
	*httptest.Server
	mu      sync.Mutex
	steps   []http.HandlerFunc
	queries []string
	lastIDs []string
}

func newStreamServer(t *testing.T, steps ...http.HandlerFunc) *streamServer {
	t.Helper()
	s := &streamServer{steps: steps}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *streamServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/connect" || r.Header.Get("Accept") != "text/event-stream" {
		http.NotFound(w, r)
		return
	}
	s.mu.Lock()
	s.queries = append(s.queries, r.URL.RawQuery)
	s.lastIDs = append(s.lastIDs, r.Header.Get("Last-Event-ID"))
	step := holding("")
	if len(s.steps) > 0 {
		step, s.steps = s.steps[0], s.steps[1:]
	}
	s.mu.Unlock()
	step(w, r)
}

// streaming sends a stream and ends it.
func streaming(stream string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		fmt.Fprint(w, stream)
	}
}

// holding sends a stream and leaves it open until the client goes.
func holding(stream string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		streaming(stream)(w, r)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}
}

// breaking sends a stream and breaks the connection.
func breaking(stream string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		streaming(stream)(w, r)
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// tailed is what a tailer left behind.
type tailed struct {
	out, notes string
	pauses     []time.Duration
	err        error
}

// tail runs a tailer that does not really pause. It ends when it wants to pause
// for the given time, or by itself.
func tail(t *testing.T, server string, o tailOptions, pauses int) tailed {
	t.Helper()
	c, err := newClient(server)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var got tailed
	var out, notes bytes.Buffer
	tl := newTailer(c, o, &out, &notes)
	tl.pause = func(ctx context.Context, d time.Duration) error {
		if got.pauses = append(got.pauses, d); len(got.pauses) >= pauses {
			cancel()
		}
		return ctx.Err()
	}
	got.err = tl.run(ctx)
	got.out, got.notes = out.String(), notes.String()
	return got
}

func oneRoom() tailOptions { return tailOptions{rooms: []string{"a"}, replay: -1} }

func TestTailPrints(t *testing.T) {
	s := newStreamServer(t, streaming("retry: 1500\ndata: Connected to SSE stream\n\n"+
		"id: 7-1\n\n"+
		"id: 7-2\nevent: broadcast\ndata: {\"message\":\"<Hello>\"}\n\n"+
		"event: update\ndata: {\"connectionCount\":1}\n\n"+
		":heartbeat\n\nevent: heartbeat\nid: 7-2\ndata: {}\n\n"+
		"id: 7-3\ndata: plain \x1b[31m text\n\n"+
		"event: broadcast\ndata: {\"only\":\"you\"}\n\n"+
		"event: token-expiring\ndata: {}\n\n"))
	o := oneRoom()
	got := tail(t, s.URL, o, 1)
	want := "7-2 broadcast {\"message\":\"<Hello>\"}\n" +
		"7-3 message plain \\u001b[31m text\n" +
		"- broadcast {\"only\":\"you\"}\n" +
		"- token-expiring {}\n"
	if got.out != want || got.err != nil || strings.Contains(got.notes, "!!!") {
		t.Errorf("got %+v", got)
	}
	if !reflect.DeepEqual(got.pauses, []time.Duration{1500 * time.Millisecond}) {
		t.Errorf("pauses are %v", got.pauses)
	}
	if s.queries[0] != "room=a" {
		t.Errorf("query is %q", s.queries[0])
	}

	o.json, o.updates, o.replay, o.format = true, true, 0, "named"
	s.steps = []http.HandlerFunc{streaming("id: 7-2\nevent: broadcast\ndata: {\"m\": \"<&>\"}\n\nevent: update\ndata: x\ndata: y\n\n")}
	got = tail(t, s.URL, o, 1)
	want = `{"room":"a","id":"7-2","event":"broadcast","data":{"m":"<&>"}}` + "\n" +
		`{"room":"a","event":"update","data":"x\ny"}` + "\n"
	if got.out != want || got.err != nil {
		t.Errorf("got %+v", got)
	}
	if s.queries[1] != "format=named&replay=0&room=a" {
		t.Errorf("query is %q", s.queries[1])
	}
}

func TestTailReconnects(t *testing.T) {
	s := newStreamServer(t,
		refusingStream(503, ""),
		streaming("retry: 200\n\nid: 7-1\ndata: {}\n\nid: 7-2\ndata: {}\n\nid: 7-3\ndata: cut"),
		breaking("id: 7-3\ndata: {}\n\nid: 7-4\n\nid: 8-4"),
		refusingStream(502, "<html>"),
		refusingStream(429, "", "Retry-After", "40"),
		streaming("retry: 99999999999\n\n"),
		streaming("retry: 0\n\n"),
		holding("id: 8-5\ndata: {}\n\nid: 8-6\ndata: {}\n\nid: 8-7\ndata: {}\n\n"),
	)
	o := oneRoom()
	o.count = 5
	got := tail(t, s.URL, o, 100)
	if got.err == nil || !strings.Contains(got.notes, "from 7-3 to 7-4 without") {
		t.Errorf("a bookmark that skips a message is not complained of: %+v", got)
	}
	if want := "7-1 message {}\n7-2 message {}\n7-3 message {}\n8-5 message {}\n8-6 message {}\n"; got.out != want {
		t.Errorf("printed %q", got.out)
	}
	if want := []string{"", "", "7-2", "7-4", "7-4", "7-4", "7-4", "7-4"}; !reflect.DeepEqual(s.lastIDs, want) {
		t.Errorf("last ids were %q, want %q", s.lastIDs, want)
	}
	p := got.pauses
	if len(p) != 7 {
		t.Fatalf("pauses are %v", p)
	}
	for i, want := range []struct{ least, most time.Duration }{
		{defaultRetry, defaultRetry},                     // refused; nothing was asked for yet
		{200 * time.Millisecond, 200 * time.Millisecond}, // ended
		{200 * time.Millisecond, 200 * time.Millisecond}, // broken
		{500 * time.Millisecond, time.Second},            // a proxy's refusal
		{40 * time.Second, 40 * time.Second},             // asked for
		{maxRetry, maxRetry},
		{minRetry, minRetry},
	} {
		if p[i] < want.least || p[i] > want.most {
			t.Errorf("pause %d is %v, want %v to %v", i, p[i], want.least, want.most)
		}
	}
}

// refusingStream answers with a status other than 200.
func refusingStream(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

func TestTailGivesUp(t *testing.T) {
	for _, tc := range []struct {
		name string
		step http.HandlerFunc
		want string
	}{
		{"refused", refusing(400, "invalid_room", "A room name is 1 to 128 characters.", ""), "A room name is 1 to 128 characters (400 invalid_room)"},
		{"forbidden", refusingStream(403, "no"), "403"},
		{"no content", refusingStream(204, ""), "204"},
		{"not a stream", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") }, "not an event stream"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := tail(t, newStreamServer(t, tc.step).URL, oneRoom(), 1)
			if got.err == nil || !strings.Contains(got.err.Error(), tc.want) || len(got.pauses) > 0 {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestTailOrder(t *testing.T) {
	message := func(ids ...string) string {
		var b strings.Builder
		for _, id := range ids {
			fmt.Fprintf(&b, "id: %s\ndata: {}\n\n", id)
		}
		return b.String()
	}
	gap := func(from, to string, lost int) string {
		return fmt.Sprintf("id: %s\nevent: gap\ndata: {\"room\":\"a\",\"from\":%q,\"to\":%q,\"lost\":%d,\"reason\":\"slow\"}\n\n", to, from, to, lost)
	}
	reset := "event: reset\ndata: {\"room\":\"a\",\"id\":\"9-3\",\"reason\":\"unknown_id\"}\n\n"
	for _, tc := range []struct {
		name     string
		from     string
		streams  []string
		problems []string // parts of the complaints
		printed  []string // beginnings of the lines
	}{
		{"in order", "", []string{message("7-1", "7-2", "9-3")}, nil, []string{"7-1", "7-2", "9-3"}},
		{"missing", "", []string{message("7-1", "7-4")}, []string{"2 are missing"}, []string{"7-1", "7-4"}},
		{"missing over a reconnect", "", []string{message("7-1"), message("7-3")}, []string{"1 are missing"}, []string{"7-1", "7-3"}},
		{"again", "", []string{message("7-1", "7-1", "7-2")}, []string{"7-1 came after 7-1, again"}, []string{"7-1", "7-1", "7-2"}},
		{"again over a reconnect", "", []string{message("7-1", "7-2"), message("7-2", "7-3")}, []string{"again"}, []string{"7-1", "7-2", "7-2", "7-3"}},
		{"back", "", []string{message("7-2", "7-1", "7-3")}, []string{"7-1 came after 7-2"}, []string{"7-2", "7-1", "7-3"}},
		{"epoch falls", "", []string{message("7-1", "6-2")}, []string{"epochs never fall"}, []string{"7-1", "6-2"}},
		{"after the id asked for", "7-1", []string{message("7-2")}, nil, []string{"7-2"}},
		{"not after the id asked for", "7-1", []string{message("7-3")}, []string{"1 are missing"}, []string{"7-3"}},
		{"gap", "", []string{message("7-1") + gap("7-2", "7-4", 3) + message("7-5")}, nil, []string{"7-1", "!!! gap: 3 messages of room a are lost, from 7-2 to 7-4 (slow)", "7-5"}},
		{"gap over a reconnect", "", []string{message("7-1") + gap("7-2", "7-4", 3), message("7-5")}, nil, []string{"7-1", "!!! gap", "7-5"}},
		{"gap of the wrong length", "", []string{message("7-1") + gap("7-2", "7-3", 2) + message("7-5")}, []string{"number 4 was due"}, []string{"7-1", "!!! gap", "7-5"}},
		{"gap then bookmark", "", []string{message("7-1") + gap("7-2", "7-4", 3) + "id: 7-4\n\n" + message("7-5")}, nil, []string{"7-1", "!!! gap", "7-5"}},
		{"gap after the id asked for", "7-1", []string{gap("7-2", "7-9", 8) + message("7-10")}, nil, []string{"!!! gap", "7-10"}},
		{"reset", "7-9", []string{reset + message("9-2", "9-3")}, nil, []string{"!!! reset: room a can't go on from where we were (unknown_id), its newest message is 9-3", "9-2", "9-3"}},
		{"reset over a reconnect", "", []string{message("7-9"), reset + message("9-1", "9-3")}, []string{"1 are missing"}, []string{"7-9", "!!! reset", "9-1", "9-3"}},
		{"bookmark at the newest", "", []string{message("7-1") + "id: 7-1\n\n" + message("7-2")}, nil, []string{"7-1", "7-2"}},
		{"bookmark first", "", []string{"id: 7-5\n\n" + message("7-7")}, []string{"1 are missing"}, []string{"7-7"}},
		{"ids of another server", "x", []string{message("urn:uuid:1", "urn:uuid:0")}, nil, []string{"urn:uuid:1", "urn:uuid:0"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var steps []http.HandlerFunc
			for _, stream := range tc.streams {
				steps = append(steps, streaming(stream))
			}
			o := oneRoom()
			o.from = tc.from
			s := newStreamServer(t, steps...)
			got := tail(t, s.URL, o, len(steps))
			if (got.err != nil) != (len(tc.problems) > 0) {
				t.Errorf("error %v", got.err)
			}
			if s.lastIDs[0] != tc.from {
				t.Errorf("went on from %q", s.lastIDs[0])
			}
			checkLines(t, strings.Split(got.notes, "\n"), "!!!", tc.problems)
			checkLines(t, strings.Split(got.out, "\n"), "", tc.printed)
		})
	}
}

// checkLines wants those lines that hold mark and are not empty to hold the
// texts, one each.
func checkLines(t *testing.T, lines []string, mark string, want []string) {
	t.Helper()
	var got []string
	for _, line := range lines {
		if line != "" && strings.Contains(line, mark) {
			got = append(got, line)
		}
	}
	if len(got) != len(want) {
		t.Fatalf("lines %q, want %q", got, want)
	}
	for i := range want {
		if !strings.Contains(got[i], want[i]) {
			t.Errorf("line %q, want %q", got[i], want[i])
		}
	}
}

// TestTailSeveralRooms cuts a stream between messages and the bookmark that
// covers them: they come again, and are printed once.
func TestTailSeveralRooms(t *testing.T) {
	tag := func(room, id string) string {
		return fmt.Sprintf("event: broadcast\ndata: {\"room\":%q,\"id\":%q,\"data\":{}}\n\n", room, id)
	}
	s := newStreamServer(t,
		streaming("id: mark-1\n\n"+tag("a", "7-1")+tag("b", "3-8")+"id: mark-2\n\n"+
			"event: update\ndata: {\"room\":\"a\",\"data\":{\"connectionCount\":1}}\n\n"+
			tag("a", "7-2")+"event: broadcast\ndata: {\"room\":\"b\",\"data\":{\"only\":\"you\"}}\n\n"),
		streaming(tag("a", "7-2")+tag("b", "3-9")+"id: mark-3\n\n"+
			"event: gap\ndata: {\"room\":\"b\",\"from\":\"3-10\",\"to\":\"3-11\",\"lost\":2,\"reason\":\"slow\"}\n\n"+
			tag("a", "7-3")+tag("b", "3-12")+tag("a", "7-5")+"id: mark-4\n\n"),
	)
	got := tail(t, s.URL, tailOptions{rooms: []string{"a", "b"}, replay: -1, updates: true}, 2)
	checkLines(t, strings.Split(got.out, "\n"), "", []string{
		"a 7-1 broadcast {}", "b 3-8 broadcast {}", `a - update {"connectionCount":1}`, "a 7-2 broadcast {}",
		`b - broadcast {"only":"you"}`, "b 3-9 broadcast {}", "!!! gap: 2 messages of room b are lost, from 3-10 to 3-11 (slow)",
		"a 7-3 broadcast {}", "b 3-12 broadcast {}", "a 7-5 broadcast {}",
	})
	checkLines(t, strings.Split(got.notes, "\n"), "!!!", []string{"room a: message 7-5 came after 7-3, 1 are missing"})
	if !reflect.DeepEqual(s.lastIDs, []string{"", "mark-2"}) || s.queries[0] != "room=a&room=b" {
		t.Errorf("asked with %q and %q", s.lastIDs, s.queries)
	}
}

// TestTailCommand runs the command as a whole, over a stream that stays open.
func TestTailCommand(t *testing.T) {
	s := newStreamServer(t, holding("id: 7-1\nevent: broadcast\ndata: {}\n\nid: 7-2\nevent: broadcast\ndata: {}\n\n"))
	got := parlor(t, []string{"tail", "a", "--count", "2", "--from", "7-0", "--server", s.URL})
	if got.code != cli.ExitOK || got.stdout != "7-1 broadcast {}\n7-2 broadcast {}\n" {
		t.Errorf("got %+v", got)
	}

	ctx, cancel := context.WithCancel(t.Context())
	s.steps = []http.HandlerFunc{func(w http.ResponseWriter, r *http.Request) {
		time.AfterFunc(0, cancel) // the user's interruption, with the stream open
		holding("")(w, r)
	}}
	if got := parlorIn(ctx, "", []string{"tail", "a", "--server", s.URL}); got.code != cli.ExitOK || got.stdout != "" {
		t.Errorf("an interruption gives %+v", got)
	}
}

// full is a writer that takes nothing.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space") }

func TestTailOutputFails(t *testing.T) {
	s := newStreamServer(t, holding("id: 7-1\ndata: {}\n\n"))
	c, err := newClient(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	err = newTailer(c, oneRoom(), full{}, &bytes.Buffer{}).run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "no space") {
		t.Errorf("got %v", err)
	}
}
