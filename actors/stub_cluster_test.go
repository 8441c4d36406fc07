package actors_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/cluster"
)

// TestStubAcrossNodes calls rooms of all nodes from rooms of all nodes.
func TestStubAcrossNodes(t *testing.T) {
	var s script
	f := newKindFleet(t, kind(&s), "n1", "n2", "n3")
	s.on("/who", func(c *actors.Context, w http.ResponseWriter, r *http.Request) error {
		_, err := fmt.Fprint(w, c.Name(), " by ", r.Header.Get("Parlor-Caller"))
		return err
	})
	s.on("/pass", func(c *actors.Context, w http.ResponseWriter, r *http.Request) error {
		to, target := r.FormValue("to"), r.FormValue("target")
		return errors.Join(c.Hold(w), c.Room(testKind, to).Fetch(get(target), func(c *actors.Context, res *http.Response, err error) {
			if err != nil {
				t.Error(err)
				return
			}
			w.WriteHeader(res.StatusCode)
			_, err = io.Copy(w, res.Body)
			if err = errors.Join(err, c.Answer(w)); err != nil {
				t.Error(err)
			}
		}))
	})
	for from := range f.nodes {
		for to, b := range f.nodes {
			room, other := f.roomOf(from), f.roomOf(to)
			r, err := b.insist(post(room, "/pass?target=/who&to="+other))
			if want := fmt.Sprint(other, " by ", test(room).ObjectID()); err != nil || r.Status != http.StatusOK || string(r.Body) != want {
				t.Errorf("from %s, %s answered %d %s, %v, want %s", from, to, r.Status, r.Body, err, want)
			}
			r, err = b.insist(post(room, "/pass?target=/nothing&to="+other))
			if err != nil || r.Status != http.StatusNotFound || !strings.Contains(string(r.Body), "no_act") {
				t.Errorf("from %s, %s refused by %d %s, %v", from, to, r.Status, r.Body, err)
			}
		}
	}
}

// TestStubSurvivesTheOtherRoomsOwner calls a room again and again while its owner
// dies: each call is done once, in order, and answered. (The room that calls is one
// of which the dead node holds no copy: its activation goes on.)
func TestStubSurvivesTheOtherRoomsOwner(t *testing.T) {
	var s script
	f := newKindFleet(t, kind(&s), "n1", "n2", "n3", "n4")
	var from string
	for _, name := range f.rooms("n1", 100) {
		home := f.Node("n1").View().Ring().HomeSet(nil, testKind, name, 3)
		if !slices.ContainsFunc(home, func(m *cluster.Member) bool { return m.Name == "n2" }) {
			from = name
		}
	}
	to := f.roomOf("n2")
	s.on("/count", counter{}.Fetch)
	const calls = 60
	var mu sync.Mutex
	var counted []int
	so := func() int {
		mu.Lock()
		defer mu.Unlock()
		return len(counted)
	}
	add := func(c *actors.Context, then then) error {
		r, err := http.NewRequest(http.MethodPost, "/count", nil)
		if err != nil {
			return err
		}
		return c.Room(testKind, to).Fetch(r, then)
	}
	s.do(f.nodes["n1"], from, func(c *actors.Context) error {
		for range calls {
			if err := add(c, func(_ *actors.Context, res *http.Response, err error) {
				n := 0
				if err == nil {
					_, err = fmt.Fscan(res.Body, &n)
				}
				if err != nil {
					t.Errorf("a call failed: %v", err)
				}
				mu.Lock()
				defer mu.Unlock()
				counted = append(counted, n)
			}); err != nil {
				return err
			}
		}
		return nil
	})
	f.Eventually("some calls are answered", func() bool { return so() > 5 })
	f.kill("n2")
	f.Eventually("all calls are answered", func() bool { return so() == calls })
	for i, n := range counted {
		if n != i+1 {
			t.Fatalf("the calls were answered %v", counted)
		}
	}
	r, err := f.nodes["n3"].Call(ctx(t), actors.Call{Room: test(to), Method: http.MethodGet, Target: "/count"})
	if n := count(t, r, err); n != calls {
		t.Errorf("counted to %d, want %d", n, calls)
	}
}
