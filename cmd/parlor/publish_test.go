package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cmd/serve/cli"
)

// attempt is a POST /broadcast as a scripted server saw it.
type attempt struct {
	room, event, client, key, contentType, body string
}

// broadcastServer answers POST /broadcast with one step after the other, the
// last one again and again, and records what it was sent.
type broadcastServer struct {
	*httptest.Server
	mu       sync.Mutex
	steps    []http.HandlerFunc
	attempts []attempt
}

func newBroadcastServer(t *testing.T, steps ...http.HandlerFunc) *broadcastServer {
	t.Helper()
	s := &broadcastServer{steps: steps}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *broadcastServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	q := r.URL.Query()
	s.mu.Lock()
	s.attempts = append(s.attempts, attempt{
		q.Get("room"), q.Get("event"), q.Get("client"),
		r.Header.Get("Idempotency-Key"), r.Header.Get("Content-Type"), string(body),
	})
	step := s.steps[0]
	if len(s.steps) > 1 {
		s.steps = s.steps[1:]
	}
	s.mu.Unlock()
	if r.Method != http.MethodPost || r.URL.Path != "/broadcast" {
		step = refusing(http.StatusNotFound, "not_found", "There is nothing at this path.", "")
	}
	step(w, r)
}

func (s *broadcastServer) seen() []attempt {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.attempts
}

func accepting(id string, duplicate bool) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"success":true, "id":%q, "duplicate":%v}`, id, duplicate)
	}
}

func refusing(status int, code, message, outcome string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]any{"success": false, "error": code, "message": message, "outcome": outcome})
	}
}

// cutting ends the connection without an answer.
func cutting(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func TestPublishMessages(t *testing.T) {
	for _, tc := range []struct {
		name   string
		args   []string
		stdin  string
		bodies []string
	}{
		{"text", []string{"lobby", "Hello <b>"}, "", []string{`{"message":"Hello <b>"}`}},
		{"object", []string{"lobby", ` {"b":1, "a":2} `}, "", []string{`{"b":1, "a":2}`}},
		{"other JSON is text", []string{"lobby", "[1]"}, "", []string{`{"message":"[1]"}`}},
		{"half an object is text", []string{"lobby", `{"a":`}, "", []string{`{"message":"{\"a\":"}`}},
		{"empty text", []string{"lobby", ""}, "", []string{`{"message":""}`}},
		{"lines", []string{"lobby"}, "one\n\n{\"n\":2}\r\nthree", []string{`{"message":"one"}`, `{"n":2}`, `{"message":"three"}`}},
		{"lines by -", []string{"lobby", "-"}, "one\n", []string{`{"message":"one"}`}},
		{"no lines", []string{"lobby"}, "", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newBroadcastServer(t, accepting("7-42", false))
			got := parlorIn(t.Context(), tc.stdin, append([]string{"publish"}, tc.args...), "PARLOR_SERVER="+s.URL+"/")
			if want := strings.Repeat("7-42\n", len(tc.bodies)); got.code != cli.ExitOK || got.stdout != want || got.stderr != "" {
				t.Errorf("got %+v", got)
			}
			keys := make(map[string]bool)
			for i, a := range s.seen() {
				if i >= len(tc.bodies) || a.body != tc.bodies[i] || a.room != "lobby" || a.contentType != "application/json" {
					t.Errorf("message %d was sent as %+v", i, a)
				}
				if len(a.key) < 16 || keys[a.key] {
					t.Errorf("key %q is not a fresh one", a.key)
				}
				keys[a.key] = true
			}
			if len(keys) != len(tc.bodies) {
				t.Errorf("%d messages were sent, want %d", len(keys), len(tc.bodies))
			}
		})
	}
}

func TestPublishFlags(t *testing.T) {
	s := newBroadcastServer(t, accepting("", false))
	got := parlor(t, []string{"publish", "--server", s.URL, "a b&c", "hi", "--event", "joined", "--client", "c1", "--key", "k1"})
	if got.code != cli.ExitOK || got.stdout != "-\n" {
		t.Errorf("got %+v", got)
	}
	got = parlorIn(t.Context(), "x\n\ny\n", []string{"publish", "--server", s.URL, "--key", "k", "r", "--json"})
	if answer := "{\"success\":true,\"id\":\"\",\"duplicate\":false}\n"; got.code != cli.ExitOK || got.stdout != answer+answer {
		t.Errorf("got %+v", got)
	}
	want := []attempt{
		{"a b&c", "joined", "c1", "k1", "application/json", `{"message":"hi"}`},
		{"r", "", "", "k-1", "application/json", `{"message":"x"}`},
		{"r", "", "", "k-3", "application/json", `{"message":"y"}`},
	}
	if fmt.Sprint(s.seen()) != fmt.Sprint(want) {
		t.Errorf("got %+v\nwant %+v", s.seen(), want)
	}
	for _, bad := range []string{"a b", "ü", strings.Repeat("k", 256)} {
		if got := parlor(t, []string{"publish", "--key", bad, "r", "x"}); got.code != cli.ExitUsage || !strings.Contains(got.stderr, "key: ") {
			t.Errorf("key %q: %+v", bad, got)
		}
	}
}

// publishOnce publishes by a publisher that does not really pause, and returns
// the pauses that it wanted.
func publishOnce(ctx context.Context, t *testing.T, server string, timeout time.Duration) (result, []time.Duration, error) {
	t.Helper()
	c, err := newClient(server)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var out, notes bytes.Buffer
	var pauses []time.Duration
	p := &publisher{
		client: c, options: publishOptions{room: "r", timeout: timeout}, out: &out, notes: &notes,
		pause: func(ctx context.Context, d time.Duration) error {
			pauses = append(pauses, d)
			return ctx.Err()
		},
	}
	err = p.publish(ctx, []byte(`{}`), "")
	return result{stdout: out.String(), stderr: notes.String()}, pauses, err
}

func TestPublishRetries(t *testing.T) {
	s := newBroadcastServer(t,
		refusing(503, "unavailable", "The room can't be reached at the moment.", "not_accepted", "Retry-After", "1"),
		cutting,
		refusing(504, "outcome_unknown", "No word came back in time.", "unknown"),
		func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "bad gateway", http.StatusBadGateway) },
		refusing(429, "too_many", "Too many.", ""),
		accepting("7-42", true),
	)
	got, pauses, err := publishOnce(t.Context(), t, s.URL, time.Hour)
	if err != nil || got.stdout != "7-42\n" {
		t.Fatalf("got %+v, %v", got, err)
	}
	if strings.Count(got.stderr, "\n") != 2 || !strings.Contains(got.stderr, "trying again") || !strings.Contains(got.stderr, "published before") {
		t.Errorf("notes are %q", got.stderr)
	}
	attempts := s.seen()
	for _, a := range attempts {
		if a.key == "" || a.key != attempts[0].key {
			t.Errorf("the keys of one message differ: %+v", attempts)
		}
	}
	// After the cut the transport may have tried again by itself, which takes no
	// pause of ours.
	if n := len(pauses); n < 4 || n > 5 || pauses[0] != time.Second {
		t.Errorf("pauses are %v", pauses)
	}
}

func TestPublishRefusals(t *testing.T) {
	for _, tc := range []struct {
		name string
		step http.HandlerFunc
		want []string // parts of the error
	}{
		{"bad room", refusing(400, "invalid_room", "A room name is 1 to 128 characters.", ""), []string{"A room name is 1 to 128 characters (400 invalid_room)"}},
		{"conflict", refusing(409, "idempotency_conflict", "The key was used.", ""), []string{"409"}},
		{"internal", refusing(500, "internal", "The server failed to answer.", "unknown"), []string{"500"}},
		{"not Parlor", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "\x1b[31mgo away", http.StatusForbidden) }, []string{"403 Forbidden", `\u001b[31mgo away`}},
		{"kept waiting", refusing(503, "full", "Full.", "not_accepted", "Retry-After", "7200"), []string{"Full (503 full)", "not delivered"}},
		{"kept waiting, unknown", refusing(504, "outcome_unknown", "Unknown.", "unknown", "Retry-After", "7200"), []string{"not known whether"}},
		{"not JSON", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") }, []string{"answer of POST /broadcast"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newBroadcastServer(t, tc.step)
			_, pauses, err := publishOnce(t.Context(), t, s.URL, time.Hour)
			if err == nil || len(pauses) > 0 {
				t.Fatalf("error %v, pauses %v", err, pauses)
			}
			for _, want := range tc.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
		})
	}
}

func TestPublishStopsAtRefusal(t *testing.T) {
	s := newBroadcastServer(t, accepting("1-1", false), refusing(413, "body_too_large", "Too large.", ""))
	got := parlorIn(t.Context(), "a\nb\nc\n", []string{"publish", "--server", s.URL, "r"})
	if got.code != cli.ExitFailure || got.stdout != "1-1\n" || !strings.Contains(got.stderr, "line 2: Too large (413 body_too_large)") {
		t.Errorf("got %+v", got)
	}
	if n := len(s.seen()); n != 2 {
		t.Errorf("%d attempts", n)
	}
	got = parlorIn(t.Context(), strings.Repeat("x", maxLine+1), []string{"publish", "--server", s.URL, "r"})
	if got.code != cli.ExitFailure || !strings.Contains(got.stderr, "standard input") {
		t.Errorf("a line too long: %+v", got)
	}
}

func TestPublishGivesUp(t *testing.T) {
	t.Run("nobody listens", func(t *testing.T) {
		s := httptest.NewServer(http.NotFoundHandler())
		s.Close()
		_, pauses, err := publishOnce(t.Context(), t, s.URL, 300*time.Millisecond)
		if err == nil || !strings.Contains(err.Error(), "refused; the message was not delivered") {
			t.Errorf("after %d pauses: %v", len(pauses), err)
		}
	})
	t.Run("no answer", func(t *testing.T) {
		s := newBroadcastServer(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		_, _, err := publishOnce(t.Context(), t, s.URL, 100*time.Millisecond)
		if err == nil || !strings.Contains(err.Error(), "no answer in time; it is not known whether") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("interrupted", func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		s := newBroadcastServer(t, func(_ http.ResponseWriter, r *http.Request) {
			cancel(errors.New("enough"))
			<-r.Context().Done()
		})
		_, _, err := publishOnce(ctx, t, s.URL, time.Hour)
		if err == nil || !strings.Contains(err.Error(), "interrupted") {
			t.Errorf("got %v", err)
		}
	})
}

func TestBackoff(t *testing.T) {
	b := backoff{least: 100 * time.Millisecond, most: time.Second}
	for _, most := range []time.Duration{100, 200, 400, 800, 1000, 1000} {
		most *= time.Millisecond
		if d := b.next(); d <= most/2-1 || d > most {
			t.Errorf("pause of %v, want half of %v or more", d, most)
		}
	}
	if d := jitter(0); d != 0 {
		t.Errorf("jitter of nothing is %v", d)
	}
}
