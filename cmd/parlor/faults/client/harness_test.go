package client_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/parlor-sse/parlor/cmd/parlor/faults/client"
	"github.com/parlor-sse/parlor/cmd/parlor/faults/history"
	"github.com/parlor-sse/parlor/cmd/proctest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// notes is where a recorder writes.
type notes struct{ proctest.Output }

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
		h, err := history.Read(strings.NewReader(n.String()))
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
