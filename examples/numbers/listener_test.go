package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"testing"

	"github.com/parlor-sse/parlor/actors/sse"
	"github.com/parlor-sse/parlor/cmd/proctest"
	"github.com/parlor-sse/parlor/cmd/proctest/nodetest"
)

// listener is a client of a stream. It belongs to the test's goroutine.
type listener struct {
	t      *testing.T
	header http.Header
	raw    bytes.Buffer // all bytes of the body that were read
	events *sse.Decoder
	close  func()
}

// said is a number as a listener got it.
type said struct {
	number
	data string
}

// listen opens a stream and reads its first event.
func listen(t *testing.T, n *nodetest.Node, id string) *listener {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), proctest.Patience)
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, n.URL("/sse/"+url.PathEscape(id)), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	l := &listener{t: t, header: resp.Header, close: func() {
		cancel()
		_ = resp.Body.Close()
	}}
	t.Cleanup(l.close)
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("stream %q is answered with %s", id, resp.Status)
	}
	l.events = sse.NewDecoder(io.TeeReader(resp.Body, &l.raw), sse.Options{Bookmark: func(at string) {
		t.Errorf("stream %q has the bookmark %q", id, at)
	}})
	var first struct{ Type, StreamID, Timestamp string }
	if data := l.event(); json.Unmarshal([]byte(data), &first) != nil || first.Type != "connected" || first.StreamID != id {
		t.Fatalf("stream %q begins with %s", id, data)
	}
	return l
}

// event returns the data of the next event.
func (l *listener) event() string {
	l.t.Helper()
	e, err := l.events.Next()
	if err != nil {
		l.t.Fatalf("the stream ended: %v", err)
	}
	if e.Name != "" || e.ID != "" {
		l.t.Fatalf("an event has the name %q and the id %q: %s", e.Name, e.ID, e.Data)
	}
	return string(e.Data)
}

// next returns the next number.
func (l *listener) next() said {
	l.t.Helper()
	s := said{data: l.event()}
	if err := json.Unmarshal([]byte(s.data), &s.number); err != nil || s.Number < leastNumber || s.Number > mostNumber {
		l.t.Fatalf("not a number from %d to %d: %s, %v", leastNumber, mostNumber, s.data, err)
	}
	return s
}

// from returns the next number that is not older than the timestamp.
func (l *listener) from(timestamp string) said {
	l.t.Helper()
	for {
		// Timestamps are all of one form, so that their order is that of the text.
		if s := l.next(); s.Timestamp >= timestamp {
			return s
		}
	}
}

// wantTheSameHeard wants all to get the same numbers, from the first on that the
// last of them gets.
func wantTheSameHeard(t *testing.T, count int, all ...*listener) {
	t.Helper()
	last := all[len(all)-1]
	for range count {
		want := last.next()
		for i, l := range all[:len(all)-1] {
			if got := l.from(want.Timestamp); got != want {
				t.Fatalf("listener %d gets %s, another one %s", i, got.data, want.data)
			}
		}
	}
}
