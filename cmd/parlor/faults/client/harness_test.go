package client_test

import (
	"bytes"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/parlor-sse/parlor/cmd/parlor/faults/client"
	"github.com/parlor-sse/parlor/cmd/parlor/faults/history"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait. It is only reached when a test fails.
const patience = 20 * time.Second

// notes is where a recorder writes.
type notes struct {
	mu sync.Mutex
	b  bytes.Buffer // guarded by mu
}

func (n *notes) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.b.Write(p)
}

func (*notes) Close() error { return nil }

// newRecorder returns a recorder, and how to read what it noted once nothing
// writes any more.
func newRecorder(t *testing.T) (*history.Recorder, func() *history.History) {
	t.Helper()
	var n notes
	r := history.NewRecorder(&n)
	return r, func() *history.History {
		t.Helper()
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		h, err := history.Read(&n.b)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
}

// nodesOf names servers n1, n2, …
func nodesOf(servers ...*httptest.Server) *client.Nodes {
	var list []client.Node
	for i, s := range servers {
		list = append(list, client.Node{Name: "n" + string(rune('1'+i)), Address: strings.TrimPrefix(s.URL, "http://")})
	}
	nodes := new(client.Nodes)
	nodes.Set(list)
	return nodes
}

// eventually polls until done reports true.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !done(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}
