package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cmd/proctest"
	"github.com/parlor-sse/parlor/cmd/proctest/nodetest"
)

const (
	callers    = 64
	increments = 10 // of one caller
	total      = callers * increments
)

// threeNodes has many callers count at once, each at any node, while the node
// that owns the room is killed and started again. They try until they are
// answered, and some of them again after that, always under the key that an
// increment has. Each counts exactly once: the values that they are told are 1 to
// the number of keys, and so are those that listeners hear.
func threeNodes(t *testing.T, program string) {
	c := nodetest.StartCluster(t, program, 3)
	owner := c.Owner("counter", "visits")
	var listeners []*nodetest.Stream
	for _, n := range c.Others(owner) {
		listeners = append(listeners, n.Open(live))
	}
	s := storm{t: t, nodes: c.Nodes, values: make(map[string]int64)}
	var work sync.WaitGroup
	for i := range callers {
		work.Go(func() { s.call(i) })
	}
	s.reaches(total / 3)
	owner.Kill()
	s.reaches(total * 2 / 3)
	owner.Run()
	work.Wait()
	if t.Failed() {
		return
	}

	want := make([]int64, total)
	for i := range want {
		want[i] = int64(i + 1)
	}
	if got := slices.Sorted(maps.Values(s.values)); !slices.Equal(got, want) {
		t.Errorf("the callers were told %d", got)
	}
	for _, l := range listeners {
		if got := valuesOf(t, l.Wait(total, "count")); !slices.Equal(got, want) {
			t.Errorf("a listener heard %d", got)
		}
	}
	for _, n := range c.Nodes {
		var count Count
		if n.Get(visits+ofCounter, &count); count.Value != total {
			t.Errorf("%s has counted %d of %d", n.Name, count.Value, total)
		}
	}
	t.Logf("%d keys, %d attempts without an answer, %d repeated", total, s.failed.Load(), s.repeated.Load())
}

// storm is what callers share.
type storm struct {
	t        *testing.T
	nodes    []*nodetest.Node
	answered atomic.Int64
	failed   atomic.Int64
	repeated atomic.Int64

	mu     sync.Mutex
	values map[string]int64 // guarded by mu; what each key was answered
}

// reaches waits until so many increments are answered.
func (s *storm) reaches(goal int64) {
	s.t.Helper()
	proctest.Eventually(s.t, fmt.Sprintf("%d increments are answered", goal), func() error {
		if n := s.answered.Load(); n < goal {
			return fmt.Errorf("%d are", n)
		}
		return nil
	})
}

// call makes a caller's increments.
func (s *storm) call(caller int) {
	for i := range increments {
		key := fmt.Sprintf("caller-%d-%d", caller, i)
		value, ok := s.increment(key)
		if !ok {
			return
		}
		s.mu.Lock()
		s.values[key] = value
		s.mu.Unlock()
		s.answered.Add(1)
		if rand.IntN(3) > 0 {
			continue
		}
		s.repeated.Add(1)
		if again, ok := s.increment(key); ok && again != value {
			s.t.Errorf("%s was answered %d and then %d", key, value, again)
		}
	}
}

// increment asks one node or another until one answers.
func (s *storm) increment(key string) (value int64, ok bool) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(proctest.Patience); time.Now().Before(deadline); <-tick.C {
		node := s.nodes[rand.IntN(len(s.nodes))]
		a, err := node.Ask(http.MethodPost, visits+"/increment"+ofCounter, key, "")
		var count Count
		switch {
		case err != nil, a.Status == http.StatusServiceUnavailable, a.Status == http.StatusGatewayTimeout:
			s.failed.Add(1)
		case a.Status == http.StatusOK && json.Unmarshal(a.Body, &count) == nil:
			return count.Value, true
		default:
			s.t.Errorf("%s at %s: %v", key, node.Name, a)
			return 0, false
		}
	}
	s.t.Errorf("%s is not answered within %v", key, proctest.Patience)
	return 0, false
}
