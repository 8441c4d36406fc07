package e2e_test

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cmd/proctest"
)

// loadPace is the time between two publishes of one publisher. All publishers of
// a fleet together need several seconds to fill a history, so that nobody who
// comes back in time is told of a gap.
const loadPace = 40 * time.Millisecond

// load is a number of publishers that go on until they are told to stop: one at
// each node with Idempotency-Keys and one without.
type load struct {
	room, name string
	doors      []*node
	client     *http.Client
	stop       chan struct{}
	work       sync.WaitGroup
	done       atomic.Int64 // answers

	mu   sync.Mutex
	sent []publication // guarded by mu
}

// publishTo starts a load on a room. The name tells its messages from others.
func (f *fleet) publishTo(room, name string) *load {
	f.t.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: 16}
	l := &load{
		room: room, name: name, doors: f.nodes, stop: make(chan struct{}),
		client: &http.Client{Transport: transport, Timeout: proctest.Patience / 2},
	}
	for i := range f.nodes {
		for _, keyed := range []bool{true, false} {
			l.work.Go(func() { l.publisher(i, keyed) })
		}
	}
	f.t.Cleanup(func() { l.end(); transport.CloseIdleConnections() })
	return l
}

// end stops the load and returns everything that was sent. It may be called
// again.
func (l *load) end() []publication {
	select {
	case <-l.stop:
	default:
		close(l.stop)
	}
	l.work.Wait()
	return l.sent
}

// flows waits until so many more publishes are answered.
func (l *load) flows(t *testing.T, more int64) {
	t.Helper()
	goal := l.done.Load() + more
	proctest.Until(t, fmt.Sprintf("%d more publishes to %s are answered", more, l.room), func() bool { return l.done.Load() >= goal })
}

func (l *load) publisher(at int, keyed bool) {
	tick := time.NewTicker(loadPace)
	defer tick.Stop()
	for i := 0; ; i++ {
		select {
		case <-l.stop:
			return
		case <-tick.C:
		}
		key := fmt.Sprintf("%s-%d-%v-%d", l.name, at, keyed, i)
		p := l.deliver(at, keyed, publication{key: key, body: fmt.Sprintf(`{"key":%q}`, key)})
		if p.answer.ID != "" {
			l.done.Add(1)
		}
		l.mu.Lock()
		l.sent = append(l.sent, p)
		l.mu.Unlock()
	}
}

// deliver sends a message to a node, or to the next one if that is not there.
// With a key it is sent until it is answered; without one only as long as no
// node can have got it.
func (l *load) deliver(at int, keyed bool, p publication) publication {
	key := ""
	if keyed {
		key = p.key
	}
	tick := time.NewTicker(loadPace)
	defer tick.Stop()
	lost := false // some attempt is of unknown fate
	for deadline := time.Now().Add(proctest.Patience); ; at++ {
		node := l.doors[at%len(l.doors)]
		door := server{addr: node.public, client: l.client}
		answer, err := door.post("room="+l.room, key, p.body)
		var no *refusal
		switch {
		case err == nil:
			p.answer, p.refused = answer, nil
			return p
		case errors.Is(err, syscall.ECONNREFUSED):
		case errors.As(err, &no) && no.Outcome == "not_accepted":
			p.refused, p.failed = no, append(p.failed, node.name+": "+err.Error())
		case errors.As(err, &no):
			lost, p.failed = true, append(p.failed, node.name+": "+err.Error())
		default:
			lost, p.cuts = true, p.cuts+1
		}
		if lost {
			p.refused = nil
		}
		if time.Now().After(deadline) || !keyed && len(p.failed)+p.cuts > 0 {
			return p
		}
		select {
		case <-tick.C:
		case <-l.stop:
			if keyed && (p.refused != nil || !lost) {
				return p
			}
			// What may have been accepted is asked for until that is known.
		}
	}
}

// tally says what became of the messages of a load.
func tally(sent []publication) string {
	var answered, refused, unknown, cuts int
	failed := make(map[string]int)
	for _, p := range sent {
		switch {
		case p.answer.ID != "":
			answered++
		case p.refused != nil:
			refused++
		default:
			unknown++
		}
		cuts += p.cuts
		for _, what := range p.failed {
			failed[what]++
		}
	}
	return fmt.Sprintf("%d answered, %d refused, %d of unknown fate; %d attempts were cut off, failed: %v", answered, refused, unknown, cuts, failed)
}
