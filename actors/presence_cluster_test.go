package actors_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/cluster"
)

// TestAlarmSurvivesItsOwner stops the owner between the moment when an alarm was
// set and the one when it is due: it rings at another node, with nobody calling.
func TestAlarmSurvivesItsOwner(t *testing.T) {
	s := newSleeper(nil)
	f := newKindFleet(t, kind(s), "n1", "n2", "n3")
	const rooms = 5
	names := f.rooms("n2", rooms)
	for wait := 500 * time.Millisecond; ; wait *= 2 {
		for _, room := range names {
			s.set(f.nodes["n1"], room, time.Now().Add(wait))
		}
		f.kill("n2")
		early := len(s.rings) == 0
		want := map[string]bool{}
		for _, room := range names {
			want[room] = true
		}
		for range rooms {
			r := s.rang(t)
			if !want[r.room] || r.RetryCount != 0 {
				t.Errorf("%+v, want one of %v", r, want)
			}
			delete(want, r.room)
		}
		if early { // else the machine was too slow for what is looked at
			return
		}
		f.start("n2")
		f.Ring("n1", "n2", "n3")
	}
}

// TestPresenceMovesWithTheRoom has the owner die, and with it streams of its own:
// those at other fronts stay, and are told of no more; those that died are gone.
// Then a front dies.
func TestPresenceMovesWithTheRoom(t *testing.T) {
	w := &watcher{t: t}
	f := newKindFleet(t, kind(w), "n1", "n2", "n3", "n4")
	room := f.roomOf("n2")
	streams := map[string]*stream{}
	for name, b := range f.nodes {
		for i := range 3 {
			client := fmt.Sprint(name, ".", i)
			streams[client] = b.listen(room, client)
		}
	}
	var want []string
	each := func(what, node string) {
		for i := range 3 {
			want = append(want, fmt.Sprint(what, node, ".", i))
		}
	}
	for name := range f.nodes {
		each("+", name)
	}
	w.hears(t, want...)
	f.kill("n2")
	each("-", "n2")
	w.hears(t, want...)
	late := f.nodes["n1"].listen(room, "late")
	want = append(want, "+late")
	w.hears(t, want...)
	streams["n1.0"].conn.Close()
	want = append(want, "-n1.0")
	w.hears(t, want...)
	front := "n4"
	if f.Node("n1").View().Ring().Owner(testKind, room).Name == front {
		front = "n3"
	}
	f.kill(front)
	each("-", front)
	w.hears(t, want...)
	late.conn.Close()
	want = append(want, "-late")
	w.hears(t, want...)
}

// TestStubAcrossNodes calls rooms of all nodes from rooms of all nodes.
func TestStubAcrossNodes(t *testing.T) {
	var s script
	var came answers
	f := newKindFleet(t, kind(&s), "n1", "n2", "n3")
	s.on("/who", func(c *actors.Context, w http.ResponseWriter, r *http.Request) error {
		_, err := fmt.Fprint(w, c.Name(), " by ", r.Header.Get("Parlor-Caller"))
		return err
	})
	calls := 0
	for from := range f.nodes {
		room := f.roomOf(from)
		s.do(f.nodes["n1"], room, func(c *actors.Context) error {
			for to := range f.nodes {
				target := f.roomOf(to)
				want := fmt.Sprint(target, " by ", test(room).ObjectID())
				calls++
				if err := c.Room(testKind, target).Fetch(get("/who"), func(_ *actors.Context, res *http.Response, err error) {
					if err != nil {
						came.add(err.Error())
						return
					}
					body, err := io.ReadAll(res.Body)
					if err != nil || string(body) != want {
						came.add(fmt.Sprintf("%s, %v, want %s", body, err, want))
						return
					}
					came.add("")
				}); err != nil {
					return err
				}
				calls++
				if err := c.Room(testKind, target).Fetch(get("/nothing"), func(_ *actors.Context, res *http.Response, err error) {
					if err != nil || res.StatusCode != http.StatusNotFound {
						came.add(fmt.Sprintf("refused by %+v, %v", res, err))
						return
					}
					came.add("")
				}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for _, complaint := range came.wait(t, calls) {
		if complaint != "" {
			t.Error(complaint)
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
