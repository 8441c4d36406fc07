package webhook_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/actors/webhook"
	"github.com/parlor-sse/parlor/persistence"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var key = []byte(strings.Repeat("k", webhook.MinKey))

// endpoint is a receiver of hooks that checks signatures.
type endpoint struct {
	*httptest.Server
	t *testing.T

	mu     sync.Mutex
	status int      // guarded by mu; of the next answers
	asked  int      // guarded by mu
	ids    []string // guarded by mu; of the events of requests that were answered 200
}

func newEndpoint(t *testing.T) *endpoint {
	e := &endpoint{t: t, status: http.StatusOK}
	e.Server = httptest.NewServer(http.HandlerFunc(e.serve))
	t.Cleanup(e.Close)
	return e
}

func (e *endpoint) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	at, _ := strconv.ParseInt(r.Header.Get(webhook.HeaderTimestamp), 10, 64)
	if err != nil || r.Header.Get(webhook.HeaderSignature) != webhook.Sign(key, at, body) || time.Since(time.Unix(at, 0)) > time.Minute {
		e.t.Errorf("%v, signature %q of %s", err, r.Header.Get(webhook.HeaderSignature), body)
	}
	var got struct {
		Events []struct {
			ID string
			actors.HookEvent
		}
	}
	if err := json.Unmarshal(body, &got); err != nil {
		e.t.Errorf("%s: %v", body, err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.asked++
	if e.status == http.StatusOK {
		for _, ev := range got.Events {
			e.ids = append(e.ids, ev.ID+" "+ev.Type)
		}
	}
	if e.status == http.StatusFound {
		w.Header().Set("Location", "/elsewhere")
	}
	w.WriteHeader(e.status)
}

func (e *endpoint) answer(status int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.status = status
}

func open(t *testing.T, cfg webhook.Config) *webhook.Sink {
	t.Helper()
	s, err := webhook.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

var room = persistence.RoomKey{Kind: persistence.DefaultKind, Name: "a"}

func events(types ...string) (all []persistence.Record) {
	for i, typ := range types {
		all = append(all, persistence.Record{
			Position: persistence.Position{Epoch: 1, Seq: uint64(i + 1)}, Event: typ, Data: []byte(`{"type":"` + typ + `"}`),
		})
	}
	return all
}

func deliver(s *webhook.Sink, what []persistence.Record) error {
	done := make(chan error, 1)
	s.Deliver(room, what, func(err error) { done <- err })
	return <-done
}

// TestDeliver has hooks answered in all sorts of ways: only a 2xx counts.
func TestDeliver(t *testing.T) {
	e := newEndpoint(t)
	s := open(t, webhook.Config{URL: e.URL, Key: key})
	for _, status := range []int{500, 404, 302, 200} {
		e.answer(status)
		if err := deliver(s, events("occupied", "vacated")); (err == nil) != (status == 200) {
			t.Errorf("answered %d: %v", status, err)
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	want := room.ObjectID() + "-1-1 occupied," + room.ObjectID() + "-1-2 vacated"
	if got := strings.Join(e.ids, ","); e.asked != 4 || got != want {
		t.Errorf("asked %d times, told %q, want %q", e.asked, got, want)
	}
}

// TestNoEndpoint delivers to nobody: the error does not tell the URL.
func TestNoEndpoint(t *testing.T) {
	e := newEndpoint(t)
	e.Close()
	s := open(t, webhook.Config{URL: e.URL + "/?secret=hunter2", Key: key})
	if err := deliver(s, events("occupied")); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v", err)
	}
}

// TestClose gives up what is under way and what waits, and takes nothing more.
func TestClose(t *testing.T) {
	arrived := make(chan struct{}, 100)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		arrived <- struct{}{}
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	s := open(t, webhook.Config{URL: server.URL, Key: key})
	const n = 40
	results := make(chan error, n)
	for range n {
		s.Deliver(room, events("occupied"), func(err error) { results <- err })
	}
	<-arrived
	s.Close()
	for range n {
		if err := <-results; err == nil {
			t.Error("delivered to an endpoint that never answered")
		}
	}
	if err := deliver(s, events("occupied")); err == nil {
		t.Error("delivered after Close")
	}
}

// TestBusy hands over more than may wait for an endpoint that does not answer: what
// there is no place for was not tried.
func TestBusy(t *testing.T) {
	answer := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-answer }))
	t.Cleanup(server.Close)
	s := open(t, webhook.Config{URL: server.URL, Key: key})
	const n = 2000
	results := make(chan error, n)
	for range n {
		s.Deliver(room, events("occupied"), func(err error) { results <- err })
	}
	if err := <-results; !errors.Is(err, actors.ErrSinkBusy) {
		t.Errorf("got %v", err)
	}
	close(answer)
	for range n - 1 {
		if err := <-results; err != nil && !errors.Is(err, actors.ErrSinkBusy) {
			t.Errorf("got %v", err)
		}
	}
}

func TestValidate(t *testing.T) {
	for name, cfg := range map[string]webhook.Config{
		"no URL":    {Key: key},
		"other URL": {URL: "ftp://example.com", Key: key},
		"short key": {URL: "http://example.com", Key: key[1:]},
		"timeout":   {URL: "http://example.com", Key: key, Timeout: -1},
	} {
		if s, err := webhook.Open(cfg); err == nil {
			s.Close()
			t.Errorf("%s: no error", name)
		}
	}
}
