package client_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/parlor-sse/parlor/cmd/parlor/faults/client"
	"github.com/parlor-sse/parlor/cmd/parlor/faults/history"
	"github.com/parlor-sse/parlor/cmd/proctest"
)

// broker takes messages, after it has dealt with each as moods say in turn.
type broker struct {
	mu    sync.Mutex
	seq   int                         // guarded by mu
	keys  map[string]int              // guarded by mu; seq by key
	seen  map[string]int              // guarded by mu; attempts by uuid
	moods []func(http.ResponseWriter) // guarded by mu
}

func newBroker(moods ...func(http.ResponseWriter)) *broker {
	return &broker{keys: make(map[string]int), seen: make(map[string]int), moods: moods}
}

// ServeHTTP implements http.Handler for POST /broadcast.
func (b *broker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var m struct{ UUID string }
	body, _ := io.ReadAll(r.Body)
	if err := json.Unmarshal(body, &m); err != nil || r.URL.Path != "/broadcast" || r.URL.Query().Get("room") != "a" {
		http.Error(w, "bad", http.StatusBadRequest)
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seen[m.UUID]++
	if len(b.moods) > 0 {
		mood := b.moods[0]
		b.moods = b.moods[1:]
		mood(w)
		return
	}
	key := r.Header.Get("Idempotency-Key")
	if key != "" && key != m.UUID {
		http.Error(w, "key", http.StatusConflict)
		return
	}
	seq, known := b.keys[key]
	if key == "" || !known {
		b.seq++
		seq, known = b.seq, false
		b.keys[key] = seq
	}
	fmt.Fprintf(w, `{"id":"7-%d","duplicate":%v,"replicas":"3/3"}`, seq, known)
}

func answer(status int, body string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// hangUp cuts the connection without an answer.
func hangUp(http.ResponseWriter) { panic(http.ErrAbortHandler) }

// publish probes a broker with one message and returns the attempts.
func publish(t *testing.T, moods ...func(http.ResponseWriter)) []history.Publish {
	t.Helper()
	server := httptest.NewServer(newBroker(moods...))
	defer server.Close()
	recorder, read := newRecorder(t)
	p := client.StartPublishers(t.Context(), client.Load{Rooms: []string{"a"}, Rate: 0.001}, nodesOf(server), recorder)
	p.Probe(t.Context())
	p.Stop()
	return read().Publishes
}

func TestAttempts(t *testing.T) {
	const ok, refused, unknown = history.OK, history.Refused, history.Unknown
	tests := []struct {
		name  string
		moods []func(http.ResponseWriter)
		want  []history.Outcome
	}{
		{"taken", nil, []history.Outcome{ok}},
		{"not now", []func(http.ResponseWriter){answer(503, `{"outcome":"not_accepted","error":"unavailable"}`)}, []history.Outcome{refused, ok}},
		{"503 that says nothing", []func(http.ResponseWriter){answer(503, `{}`)}, []history.Outcome{unknown, ok}},
		{"no word in time", []func(http.ResponseWriter){answer(504, `{"outcome":"unknown"}`)}, []history.Outcome{unknown, ok}},
		{"hung up", []func(http.ResponseWriter){hangUp, hangUp}, []history.Outcome{unknown, unknown, ok}},
		{"too many", []func(http.ResponseWriter){answer(429, `{}`)}, []history.Outcome{refused, ok}},
		{"never", []func(http.ResponseWriter){answer(409, `{"error":"idempotency_conflict"}`)}, []history.Outcome{refused}},
		{"no JSON", []func(http.ResponseWriter){answer(200, `hello`)}, []history.Outcome{unknown, ok}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			attempts := publish(t, test.moods...)
			var got []history.Outcome
			for i, a := range attempts {
				got = append(got, a.Outcome)
				if a.UUID != attempts[0].UUID || !a.Keyed || a.Return < a.Call || i > 0 && a.Call < attempts[i-1].Return {
					t.Errorf("attempt %d: %+v", i, a)
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestUnsentGoesElsewhere(t *testing.T) {
	closed, open := httptest.NewServer(nil), httptest.NewServer(newBroker())
	closed.Close()
	defer open.Close()
	recorder, read := newRecorder(t)
	p := client.StartPublishers(t.Context(), client.Load{Rooms: []string{"a"}, Rate: 200, Seed: 3}, nodesOf(closed, open), recorder)
	proctest.Until(t, "ten messages", func() bool { return p.Newest()["a"] >= 10 })
	if skipped := p.Stop(); skipped > 0 {
		t.Errorf("%d skipped", skipped)
	}
	unsent := 0
	for _, a := range read().Publishes {
		switch {
		case a.Node == "n1" && a.Outcome == history.Unsent:
			unsent++
		case a.Node == "n1" || a.Outcome != history.OK || a.ID == "":
			t.Errorf("%+v", a)
		}
	}
	if unsent == 0 {
		t.Error("nobody tried the node that is closed")
	}
}

// TestNeverTwice: what may have arrived is sent again only with its key.
func TestNeverTwice(t *testing.T) {
	var moods []func(http.ResponseWriter)
	for range 20 {
		moods = append(moods, hangUp)
	}
	b := newBroker(moods...)
	server := httptest.NewServer(b)
	defer server.Close()
	recorder, read := newRecorder(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	p := client.StartPublishers(ctx, client.Load{Rooms: []string{"a"}, Rate: 500, Keyed: 0.5}, nodesOf(server), recorder)
	proctest.Until(t, "thirty messages", func() bool { return p.Newest()["a"] >= 30 })
	p.Stop()
	keyed := make(map[string]bool)
	for _, a := range read().Publishes {
		keyed[a.UUID] = a.Keyed
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	again := 0
	for uuid, n := range b.seen {
		if n > 1 && !keyed[uuid] {
			t.Errorf("%s was sent %d times without a key", uuid, n)
		}
		again += n - 1
	}
	if again == 0 {
		t.Error("nothing was sent again")
	}
}
