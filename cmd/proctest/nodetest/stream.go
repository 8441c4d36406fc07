package nodetest

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"

	"github.com/parlor-sse/parlor/actors/sse"
	"github.com/parlor-sse/parlor/cmd/proctest"
	"github.com/parlor-sse/parlor/persistence"
)

// Stream is an open event stream, which is read as long as the test runs. What
// comes is kept, but for what has no name: the greeting and bookmarks. That
// something is missing, or that ids do not rise by one, fails the test.
type Stream struct {
	node  *Node
	path  string
	close context.CancelFunc
	done  chan struct{}

	mu     sync.Mutex
	events []sse.Event // guarded by mu
	last   uint64      // guarded by mu; seq of the newest message
	err    error       // guarded by mu; why the stream ended; nil while it is open
}

// Open opens the stream at a path such as "/connect?room=a", and returns when the
// server has begun to answer.
func (n *Node) Open(path string) *Stream {
	n.t.Helper()
	return n.Resume(path, "")
}

// Resume is Open by a client that has got everything up to the message with an
// id, unless that is empty.
func (n *Node) Resume(path, lastEventID string) *Stream {
	n.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s := &Stream{node: n, path: path, close: cancel, done: make(chan struct{})}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, n.URL(path), nil)
	if err != nil {
		n.t.Fatal(err)
	}
	if lastEventID != "" {
		req.Header.Set("Last-Event-ID", lastEventID)
	}
	n.showToken(req)
	forever := http.Client{Transport: n.client.Transport}
	resp, err := forever.Do(req)
	if err != nil {
		n.t.Fatalf("open %s: %v", path, err)
	}
	if resp.StatusCode != http.StatusOK {
		n.t.Fatalf("open %s: %s", path, resp.Status)
	}
	go s.read(resp)
	n.t.Cleanup(s.Close)
	return s
}

// Close ends the stream from the client's side. It may be called again.
func (s *Stream) Close() {
	s.close()
	<-s.done
}

func (s *Stream) read(resp *http.Response) {
	defer close(s.done)
	defer resp.Body.Close()
	decoder := sse.NewDecoder(resp.Body, sse.Options{})
	for {
		e, err := decoder.Next()
		if err == nil {
			e.Data = bytes.Clone(e.Data)
			err = s.take(e)
		}
		if err != nil {
			s.mu.Lock()
			s.err = err
			s.mu.Unlock()
			return
		}
	}
}

// take keeps an event, or says what is wrong with it.
func (s *Stream) take(e sse.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.Contains([]string{"gap", "reset", "unavailable"}, e.Name) {
		s.node.t.Errorf("%s at %s: event %s %s", s.path, s.node.Name, e.Name, e.Data)
	}
	if e.ID != "" {
		at, err := persistence.ParsePosition(e.ID)
		if err != nil {
			return err
		}
		if s.last > 0 && at.Seq != s.last+1 {
			s.node.t.Errorf("%s at %s: id %s follows on seq %d", s.path, s.node.Name, e.ID, s.last)
		}
		s.last = at.Seq
	}
	if e.Name != "" {
		s.events = append(s.events, e)
	}
	return nil
}

// Events returns what has come so far under these names, or under any.
func (s *Stream) Events(names ...string) []sse.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.named(names)
}

func (s *Stream) named(names []string) []sse.Event {
	return slices.DeleteFunc(slices.Clone(s.events), func(e sse.Event) bool {
		return len(names) > 0 && !slices.Contains(names, e.Name)
	})
}

// Wait waits until so many events, or more, have come under these names, and
// returns them all. The stream has to stay open meanwhile.
func (s *Stream) Wait(count int, names ...string) []sse.Event {
	s.node.t.Helper()
	var found []sse.Event
	proctest.Eventually(s.node.t, fmt.Sprintf("%d of %q on %s at %s", count, names, s.path, s.node.Name), func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if found = s.named(names); len(found) >= count {
			return nil
		}
		if s.err != nil {
			s.node.t.Fatalf("%s at %s ended: %v", s.path, s.node.Name, s.err)
		}
		return fmt.Errorf("%d came", len(found))
	})
	return found
}

// Open reports whether the stream is still open.
func (s *Stream) Open() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err == nil
}
