package client_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync"
	"testing"

	"github.com/parlor-sse/parlor/cmd/parlor/faults/client"
	"github.com/parlor-sse/parlor/cmd/parlor/faults/history"
	"github.com/parlor-sse/parlor/cmd/proctest"
)

// station is a server that plays one script after the other, one a stream, and
// holds the last.
type station struct {
	mu       sync.Mutex
	scripts  []string     // guarded by mu
	requests []url.Values // guarded by mu; with the last event id under its name
}

func (s *station) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	q := r.URL.Query()
	q["Last-Event-ID"] = r.Header.Values("Last-Event-ID")
	s.requests = append(s.requests, q)
	script, last := "", len(s.scripts) < 2
	if len(s.scripts) > 0 {
		script, s.scripts = s.scripts[0], s.scripts[1:]
	}
	s.mu.Unlock()
	w.Header().Set("Content-Type", "text/event-stream")
	_, _ = io.WriteString(w, script)
	w.(http.Flusher).Flush()
	if last {
		<-r.Context().Done()
	}
}

func message(id, uuid string) string {
	return fmt.Sprintf("id: %s\nevent: broadcast\ndata: {\"uuid\":%q}\n\n", id, uuid)
}

const hello = "retry: 1\ndata: Connected to SSE stream\n\n"

func TestSubscriberComesBack(t *testing.T) {
	s := &station{scripts: []string{
		hello + "id: 7-0\n\n" + message("7-1", "u1") + ":heartbeat\n\nevent: update\ndata: {}\n\n" + message("7-2", "u2"),
		hello + message("7-3", "u3") + "event: unavailable\ndata: {}\n\n",
		hello + "event: gap\nid: 7-5\ndata: {\"room\":\"a\",\"from\":\"7-4\",\"to\":\"7-5\",\"lost\":2,\"reason\":\"trimmed\"}\n\n" +
			"event: reset\ndata: {\"room\":\"a\",\"id\":\"7-9\",\"reason\":\"unknown_id\"}\n\n" + message("7-6", "u6"),
	}}
	server := httptest.NewServer(s)
	defer server.Close()
	recorder, read := newRecorder(t)
	subs := client.StartSubscribers(t.Context(), client.Audience{Subscribers: 1, Rooms: []string{"a"}}, nodesOf(server), recorder)
	subs.Calm()
	proctest.Until(t, "the last message", func() bool { return subs.Behind(map[string]uint64{"a": 6}) == 0 })
	if behind := subs.Behind(map[string]uint64{"a": 7}); behind != 1 {
		t.Errorf("%d behind, want 1", behind)
	}
	subs.Stop()

	h := read()
	var sent []string
	for _, o := range h.Opens {
		sent = append(sent, o.Sent)
		if o.Status != http.StatusOK || o.Node != "n1" || o.Resumed != (o.Sent != "") {
			t.Errorf("%+v", o)
		}
	}
	if want := []string{"", "7-2", "7-3"}; !slices.Equal(sent, want) {
		t.Errorf("came back with %q, want %q", sent, want)
	}
	var frames, closers []string
	for _, f := range h.Frames {
		frames = append(frames, fmt.Sprint(f.Conn, " ", f.Kind, " ", f.ID, " ", f.UUID))
	}
	want := []string{"1 bookmark 7-0 ", "1 message 7-1 u1", "1 message 7-2 u2", "2 message 7-3 u3", "2 unavailable  ",
		"3 gap 7-5 ", "3 reset  ", "3 message 7-6 u6"}
	if !slices.Equal(frames, want) {
		t.Errorf("got  %q\nwant %q", frames, want)
	}
	for _, c := range h.Closes {
		closers = append(closers, string(c.By))
	}
	if want := []string{"server", "server", "client"}; !slices.Equal(closers, want) {
		t.Errorf("closed by %q, want %q", closers, want)
	}
	if gap := h.Frames[5]; gap.From != "7-4" || gap.To != "7-5" || gap.Lost != 2 || gap.Reason != "trimmed" || gap.Room != "a" {
		t.Errorf("%+v", gap)
	}
	if sha := h.Frames[1].SHA; sha != history.Digest("broadcast", []byte(`{"uuid":"u1"}`)) {
		t.Errorf("digest %s", sha)
	}
}

func TestSubscriberOfSeveralRooms(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, hello)
		if len(r.URL.Query()["room"]) == 3 {
			_, _ = io.WriteString(w, "id: 01234567:7-0,8-0,9-0\n\n"+
				"event: note\ndata: {\"room\":\"b\",\"id\":\"8-1\",\"data\":{\"uuid\":\"u1\"}}\n\nid: 01234567:7-0,8-1,9-0\n\n")
		}
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}))
	defer server.Close()
	recorder, read := newRecorder(t)
	audience := client.Audience{Subscribers: 3, Rooms: []string{"a", "b", "c"}} // the third has all three
	subs := client.StartSubscribers(t.Context(), audience, nodesOf(server), recorder)
	subs.Calm()
	// The first is on room a, the second on room b, and neither is shown anything.
	proctest.Until(t, "the message", func() bool { return subs.Behind(map[string]uint64{"a": 0, "b": 1, "c": 0}) == 1 })
	subs.Stop()
	h := read()
	var frames []string
	for _, f := range h.Frames {
		frames = append(frames, fmt.Sprint(f.Kind, " ", f.Room, " ", f.ID, " ", f.UUID))
	}
	want := []string{"bookmark  01234567:7-0,8-0,9-0 ", "message b 8-1 u1", "bookmark  01234567:7-0,8-1,9-0 "}
	if !slices.Equal(frames, want) {
		t.Errorf("got  %q\nwant %q", frames, want)
	}
	if f := h.Frames[1]; f.SHA != history.Digest("note", []byte(`{"uuid":"u1"}`)) {
		t.Errorf("%+v", f)
	}
}

func TestSubscriberWithoutAServer(t *testing.T) {
	server := httptest.NewServer(nil)
	server.Close()
	recorder, read := newRecorder(t)
	subs := client.StartSubscribers(t.Context(), client.Audience{Subscribers: 2, Rooms: []string{"a"}}, nodesOf(server), recorder)
	if behind := subs.Behind(nil); behind != 2 {
		t.Errorf("%d behind, want 2", behind)
	}
	subs.Stop()
	if h := read(); len(h.Opens) != 0 || len(h.Closes) != 0 {
		t.Errorf("%+v", h)
	}
}
