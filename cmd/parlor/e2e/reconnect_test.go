package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors/sse"
	"github.com/parlor-sse/parlor/cmd/proctest"
)

// roamer is a reader that leaves and comes back all the time.
type roamer struct {
	path   string
	take   func(sse.Event) error
	at     func() string // its place in room a
	mark   func()        // called when the id to come back with changes
	rewind func()        // called when it comes back: goes to the last mark

	id    string // to come back with
	opens int
}

// roamOne follows room a.
func roamOne() *roamer {
	c := &chain{}
	take := func(e sse.Event) error {
		if e.Data == nil || e.Name == "update" || string(e.Data) == greeting {
			return nil
		}
		return c.take(e)
	}
	return &roamer{
		path: "/connect?room=a", take: take, at: func() string { return c.last.String() },
		mark: func() {}, rewind: func() {}, // every message is a mark
	}
}

// roamTwo follows rooms a and b, where only bookmarks are marks.
func roamTwo() *roamer {
	c := newChains("b", "a")
	marked := map[string]chain{"a": {}, "b": {}}
	return &roamer{
		path: c.path(), take: c.take, at: func() string { return c.of["a"].last.String() },
		mark: func() {
			for room, of := range c.of {
				marked[room] = *of
			}
		},
		rewind: func() {
			for room, of := range marked {
				*c.of[room] = of
			}
		},
	}
}

// run reads a few events at a time, each time on a new connection, until it has
// seen the last message. Every other time it stays until it has got an id.
func (r *roamer) run(t *testing.T, target, last *atomic.Pointer[string]) error {
	for deadline := time.Now().Add(proctest.Patience); time.Now().Before(deadline); {
		if final := last.Load(); final != nil && r.at() == *final {
			return nil
		}
		headers := []string{resumeAt(r.id)}
		if r.id == "" {
			headers = nil
		}
		st, err := tryOpen(t, tcp(*target.Load()), r.path, headers...)
		if err != nil || st.head[0] != "HTTP/1.1 200 OK" {
			continue // the server is away
		}
		r.opens++
		r.rewind()
		stay := r.opens%2 == 0
		for left := 1 + rand.IntN(12); left > 0 || stay; left-- {
			e, err := st.readBefore(deadline)
			if err != nil {
				break // likewise
			}
			if err := r.take(e); err != nil {
				return fmt.Errorf("connection %d, from %q: %w", r.opens, r.id, err)
			}
			if e.ID != "" {
				r.id = e.ID
				r.mark()
				stay = false
			}
		}
		st.close()
	}
	return fmt.Errorf("is at %s after %v", r.at(), proctest.Patience)
}

// TestRoamingReaders has readers leave and come back while messages pour in and
// the server is killed. By the ids that they bring, each gets every message
// once. Updates are frequent so that no reader waits for long.
func TestRoamingReaders(t *testing.T) {
	t.Parallel()
	s := start(t, "--history", "1000", "--update", "50ms")
	s.publish("b", `{}`)
	var target, last atomic.Pointer[string] // the server's address; the last message's id
	target.Store(&s.addr)
	var readers sync.WaitGroup
	for i := range 6 {
		r := roamOne()
		if i%2 == 1 {
			r = roamTwo()
		}
		readers.Go(func() {
			if err := r.run(t, &target, &last); err != nil {
				t.Errorf("reader of %s: %v", r.path, err)
			}
			t.Logf("%s: %d connections", r.path, r.opens)
		})
	}
	for round := range 3 {
		storm(s, "a", fmt.Sprintf("round%d", round), 200, func() { _ = s.Cmd.Process.Kill() })
		s.Wait()
		s = s.again()
		target.Store(&s.addr)
	}
	id := s.publish("a", `{"key":"last"}`).ID
	last.Store(&id)
	readers.Wait()
}
