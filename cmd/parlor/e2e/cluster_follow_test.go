package e2e_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/parlor-sse/parlor/actors/sse"
	"github.com/parlor-sse/parlor/cmd/proctest"
)

// follower reads a stream of a fleet. While its node serves, the stream has to
// go on without an end, a gap or a repeat; when the node goes away, it comes
// back to another one with the id it has.
type follower struct {
	f     *fleet
	path  string
	at    int // number of the node
	track track

	id      string // to come back with
	streams int    // that it has had
	done    chan struct{}
	err     error // how it ended; to be read when done is closed

	mu   sync.Mutex
	goal map[string]string // guarded by mu; the id of the last message of each room
	now  *stream           // guarded by mu; the one that is read
	quit bool              // guarded by mu; the test has ended
}

// track notes what comes on a stream.
type track interface {
	take(sse.Event) error
	reached(goal map[string]string) bool
	mark()   // the id to come back with has changed
	rewind() // the stream has come back: goes to the last mark
	all(room string) []kept
}

// oneTrack follows the messages of one room.
type oneTrack struct {
	chain
	room     string
	messages []kept
}

func (o *oneTrack) take(e sse.Event) error {
	if e.ID == "" && (e.Name == "update" || string(e.Data) == greeting) || e.Data == nil || e.Name == "heartbeat" {
		return nil
	}
	if slices.Contains([]string{"gap", "reset", "unavailable"}, e.Name) {
		return fmt.Errorf("%s %s", e.Name, e.Data)
	}
	o.messages = append(o.messages, kept{ID: e.ID, Event: e.Name, Data: e.Data})
	return o.chain.take(e)
}

func (o *oneTrack) reached(goal map[string]string) bool {
	return o.last.String() == goal[o.room]
}

func (o *oneTrack) mark()   {} // every message is one
func (o *oneTrack) rewind() {}
func (o *oneTrack) all(room string) []kept {
	if room != o.room {
		return nil
	}
	return o.messages
}

// manyTrack follows several rooms, where only bookmarks are marks.
type manyTrack struct {
	*chains
	marked map[string]chain
}

func (m *manyTrack) take(e sse.Event) error {
	if e.Name == "gap" || e.Name == "unavailable" {
		return fmt.Errorf("%s %s", e.Name, e.Data)
	}
	return m.chains.take(e)
}

func (m *manyTrack) reached(goal map[string]string) bool {
	for room, id := range goal {
		if of := m.of[room]; of != nil && of.last.String() != id {
			return false
		}
	}
	return true
}

func (m *manyTrack) mark() {
	for room, of := range m.of {
		m.marked[room] = *of
	}
}

func (m *manyTrack) rewind() {
	for room, of := range m.marked {
		*m.of[room] = of
	}
}

func (m *manyTrack) all(room string) []kept {
	var all []kept
	for id, data := range m.data {
		if at, ok := strings.CutPrefix(id, room); ok {
			all = append(all, kept{ID: at, Data: []byte(data)})
		}
	}
	return all
}

// follow starts a follower of rooms at a node, while their histories still hold
// all there is.
func (f *fleet) follow(n *node, format string, rooms ...string) *follower {
	f.t.Helper()
	r := &follower{f: f, at: slices.Index(f.nodes, n), done: make(chan struct{})}
	c := newChains(rooms...)
	r.path, r.track = c.path(), &manyTrack{c, make(map[string]chain)}
	for _, room := range rooms {
		r.track.(*manyTrack).marked[room] = chain{}
	}
	if len(rooms) == 1 {
		r.track = &oneTrack{room: rooms[0]}
	}
	if format != "" {
		r.path += "&format=" + format
	}
	var open atomic.Bool
	go func() {
		defer close(r.done)
		r.err = r.run(&open)
	}()
	f.t.Cleanup(r.close)
	proctest.Eventually(f.t, "a stream is open at "+n.name, func() error {
		select {
		case <-r.done:
			return nil // reaches will tell
		default:
		}
		if !open.Load() {
			return errors.New("it is not")
		}
		return nil
	})
	return r
}

// run reads until the goal is reached.
func (r *follower) run(open *atomic.Bool) error {
	for {
		st, node, run, err := r.connect()
		if err != nil {
			return err
		}
		r.mu.Lock()
		r.now = st
		quit := r.quit
		r.mu.Unlock()
		if quit {
			return nil
		}
		open.Store(true)
		err = r.read(st, node, run)
		st.close()
		if !errors.Is(err, errLeft) {
			return err
		}
		r.at++
	}
}

// close ends the follower wherever it is.
func (r *follower) close() {
	r.mu.Lock()
	r.quit = true
	if r.now != nil {
		r.now.close()
	}
	r.mu.Unlock()
	<-r.done
}

// errLeft says that a stream ended and was expected to.
var errLeft = errors.New("the node went away")

// connect opens a stream at the next node that is there.
func (r *follower) connect() (*stream, *node, int, error) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(proctest.Patience); time.Now().Before(deadline); <-tick.C {
		node := r.f.nodes[r.at%len(r.f.nodes)]
		run, ok := node.visit()
		if !ok {
			r.at++
			continue
		}
		var headers []string
		if r.id != "" {
			headers = []string{resumeAt(r.id)}
		}
		st, err := tryOpen(r.f.t, tcp(node.public), r.path, headers...)
		if now, ok := node.visit(); err != nil && (!ok || now != run) {
			r.at++
			continue
		}
		if err != nil || st.head[0] != "HTTP/1.1 200 OK" {
			return nil, nil, 0, fmt.Errorf("open at %s: %v", node.name, err)
		}
		r.streams++
		r.track.rewind()
		return st, node, run, nil
	}
	return nil, nil, 0, fmt.Errorf("no stream for %v", proctest.Patience)
}

// lookUp is how often a follower looks up when nothing comes: what is in plain
// format has no updates.
const lookUp = 200 * time.Millisecond

// read reads a stream until the goal is reached.
func (r *follower) read(st *stream, node *node, run int) error {
	quiet := time.Now()
	for count := 0; ; count++ {
		e, err := st.readBefore(time.Now().Add(lookUp))
		if errors.Is(err, os.ErrDeadlineExceeded) && time.Since(quiet) < proctest.Patience {
			if r.ended() {
				return nil
			}
			continue
		}
		quiet = time.Now()
		if err != nil {
			if now, ok := node.visit(); !ok || now != run {
				return errLeft
			}
			return fmt.Errorf("stream %d, at %s, after %d events: %w", r.streams, node.name, count, err)
		}
		if err := r.track.take(e); err != nil {
			return fmt.Errorf("stream %d, at %s, event %d, came back with %q: %w", r.streams, node.name, count, r.id, err)
		}
		if e.ID != "" {
			r.id = e.ID
			r.track.mark()
		}
		if r.ended() {
			return nil
		}
	}
}

func (r *follower) ended() bool {
	r.mu.Lock()
	goal := maps.Clone(r.goal)
	r.mu.Unlock()
	return goal != nil && r.track.reached(goal)
}

// reaches waits until the follower is at these messages, the last of their
// rooms.
func (r *follower) reaches(last map[string]string) {
	r.f.t.Helper()
	r.mu.Lock()
	r.goal = last
	r.mu.Unlock()
	select {
	case <-r.done:
	case <-time.After(proctest.Patience + 5*time.Second):
		r.f.t.Fatalf("reader of %s is not at %v", r.path, last)
	}
	if r.err != nil {
		r.f.t.Errorf("reader of %s: %v", r.path, r.err)
	}
}

// everything returns the whole order of a room, of which the follower has seen
// all.
func (r *follower) everything(room string) []kept {
	all := r.track.all(room)
	slices.SortFunc(all, func(a, b kept) int {
		return int(position(r.f.t, a.ID).Seq) - int(position(r.f.t, b.ID).Seq)
	})
	return all
}
