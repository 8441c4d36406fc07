package actors_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/cluster/clustertest"
	"github.com/parlor-sse/parlor/cluster/remoting"
	"github.com/parlor-sse/parlor/persistence"
)

// fleet is several systems in one process, over a real cluster each.
type fleet struct {
	*clustertest.Net
	t      *testing.T
	stores map[string]persistence.Store
	nodes  map[string]*bench // those that run
	change func(*actors.Config)
}

// newFleet starts a system on each of the nodes and waits until all hold rooms.
func newFleet(t *testing.T, names ...string) *fleet {
	return newFleetOf(t, func(*actors.Config) {}, names...)
}

// newFleetOf is newFleet with a configuration of its own for all nodes.
func newFleetOf(t *testing.T, change func(*actors.Config), names ...string) *fleet {
	f := &fleet{
		Net: clustertest.New(t, nil, names...), t: t, change: change,
		stores: make(map[string]persistence.Store), nodes: make(map[string]*bench),
	}
	f.start(names...)
	f.Ring(names...)
	return f
}

// start starts nodes on what their stores hold.
func (f *fleet) start(names ...string) {
	f.t.Helper()
	for _, name := range names {
		if f.stores[name] == nil {
			f.stores[name] = memory(f.t, 10)
		}
		f.Node(name).Config.Life = f.stores[name].Life().Epoch
		f.Start(name)
	}
	for _, name := range names {
		node := f.Node(name)
		host, port, err := net.SplitHostPort(node.Config.Bind)
		if err != nil {
			f.t.Fatal(err)
		}
		p, _ := strconv.Atoi(port)
		f.nodes[name] = open(f.t, f.stores[name], all(f.change, func(c *actors.Config) {
			c.Node, c.Ring, c.Cluster, c.Incarnation = name, nil, node.Cluster, node.Config.Incarnation
			c.Durability = actors.DurabilityQuorumMemory
			c.Remote = &remoting.Config{Bind: net.JoinHostPort(host, strconv.Itoa(p+2))}
			c.Update = 20 * time.Millisecond
		}))
	}
}

// kill ends a node without a word to the others.
func (f *fleet) kill(name string) {
	f.t.Helper()
	b := f.nodes[name]
	delete(f.nodes, name)
	f.Kill(name)
	b.listener.Close()
	_ = b.committer.Close()
	b.System.Close()
}

// roomOf returns the name of a room that the node owns.
func (f *fleet) roomOf(owner string) string {
	f.t.Helper()
	ring := f.Node(owner).View().Ring()
	for i := range 1000 {
		name := fmt.Sprintf("room-%d", i)
		if ring.Owner(actors.DefaultKind, name).Name == owner {
			return name
		}
	}
	f.t.Fatalf("%s owns nothing", owner)
	return ""
}

// messages reads broadcasts until the one numbered last, and wants ids to rise
// by one and numbers to come in order.
func (s *stream) messages(first, last int) {
	s.t.Helper()
	var before persistence.Position
	for n := first; n <= last; {
		e := s.next()
		if e.Name != "broadcast" {
			if e.Name != "update" {
				s.t.Fatalf("event %q %s", e.Name, e.Data)
			}
			continue
		}
		at, err := persistence.ParsePosition(e.ID)
		if err != nil || before.Seq != 0 && at.Seq != before.Seq+1 || at.Epoch < before.Epoch {
			s.t.Fatalf("id %s after %v", e.ID, before)
		}
		if got := numberOf(s.t, e); got != n {
			s.t.Fatalf("message %d, want %d", got, n)
		}
		before, n = at, n+1
	}
}

func TestRoomsAreReachedThroughAnyNode(t *testing.T) {
	f := newFleet(t, "n1", "n2", "n3")
	for owner := range f.nodes {
		room := f.roomOf(owner)
		var streams []*stream
		for _, b := range f.nodes {
			streams = append(streams, b.connect(on(room)).greeted())
		}
		n := 0
		for _, b := range f.nodes {
			for range 20 {
				n++
				r := b.publish(room, n)
				if r.ID.Seq != uint64(n) || r.Durability != actors.DurabilityQuorumMemory || r.Of != 3 || r.Copies < 2 {
					t.Fatalf("receipt %+v of message %d", r, n)
				}
			}
		}
		for _, s := range streams {
			s.messages(1, n)
		}
		for name, b := range f.nodes {
			info, err := b.Info(ctx(t), key(room))
			if err != nil || info.Owner != owner || info.Seq != uint64(n) {
				t.Errorf("%s says %+v, %v", name, info, err)
			}
			h, err := b.History(ctx(t), key(room))
			if err != nil || len(h) != 10 || h[9].Seq != uint64(n) {
				t.Errorf("%s recalls %d messages, %v", name, len(h), err)
			}
		}
	}
}

// TestOwnerDies kills the owner while publishers at the other nodes go on:
// nobody is refused, and streams there neither end nor miss anything.
func TestOwnerDies(t *testing.T) {
	f := newFleet(t, "n1", "n2", "n3")
	const victim = "n2"
	room := f.roomOf(victim)
	streams := map[string]*stream{}
	for _, name := range []string{"n1", "n3"} {
		streams[name] = f.nodes[name].connect(on(room)).greeted()
	}
	const total = 300
	var published atomic.Int64
	var work sync.WaitGroup
	publishers := []*bench{f.nodes["n1"], f.nodes["n3"]}
	work.Go(func() {
		for n := 1; n <= total; n++ {
			publishers[n%2].publish(room, n)
			published.Store(int64(n))
		}
	})
	f.Eventually("messages are on their way", func() bool { return published.Load() > 50 })
	f.kill(victim)
	work.Wait()
	for _, s := range streams {
		s.messages(1, total)
	}
	info, err := publishers[0].Info(ctx(t), key(room))
	if err != nil || info.Owner == victim || info.Seq != total {
		t.Errorf("afterwards %+v, %v", info, err)
	}
}

func TestKeysSurviveTheirOwner(t *testing.T) {
	f := newFleet(t, "n1", "n2", "n3")
	room := f.roomOf("n2")
	p := actors.Publication{Room: key(room), Body: []byte(`{"n":1}`), Key: "k"}
	first, err := f.nodes["n1"].Publish(ctx(t), p)
	if err != nil {
		t.Fatal(err)
	}
	f.kill("n2")
	again, err := f.nodes["n3"].Publish(ctx(t), p)
	if err != nil || again.ID != first.ID || !again.Duplicate {
		t.Errorf("%+v, %v, want the first one's %v", again, err, first.ID)
	}
	p.Body = []byte(`{"n":2}`)
	if _, err := f.nodes["n3"].Publish(ctx(t), p); !errors.Is(err, actors.ErrKeyConflict) {
		t.Errorf("another body: %v", err)
	}
}

// TestListenersAreCountedEverywhere has streams come and go at several fronts,
// one of which dies.
func TestListenersAreCountedEverywhere(t *testing.T) {
	f := newFleet(t, "n1", "n2", "n3")
	room := f.roomOf("n1")
	count := func(want int) {
		t.Helper()
		f.Eventually(fmt.Sprintf("%d listeners", want), func() bool {
			info, err := f.nodes["n1"].Info(ctx(t), key(room))
			return err == nil && info.ConnectionCount == want
		})
	}
	var at2 []*stream
	for range 3 {
		at2 = append(at2, f.nodes["n2"].connect(on(room)))
	}
	for range 2 {
		f.nodes["n3"].connect(on(room))
	}
	f.nodes["n1"].connect(on(room))
	count(6)
	at2[0].conn.Close()
	count(5)
	f.kill("n3")
	count(3)
	r, err := f.nodes["n2"].Publish(ctx(t), actors.Publication{Room: key(room), Body: []byte(`{}`)})
	if err != nil || r.Subscribers != 3 {
		t.Errorf("%d subscribers, %v", r.Subscribers, err)
	}
}

// TestLeaving has a node hand its rooms over while it publishes and listens
// itself.
func TestLeaving(t *testing.T) {
	f := newFleet(t, "n1", "n2", "n3")
	room := f.roomOf("n2")
	s := f.nodes["n2"].connect(on(room)).greeted()
	f.nodes["n2"].publishAll(room, 1, 20)
	leaving, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	left := make(chan error, 1)
	go func() { left <- f.Node("n2").Leave(leaving) }()
	n := 20
	for done := false; !done; {
		select {
		case err := <-left:
			if err != nil {
				t.Fatal(err)
			}
			done = true
		default:
			n++
			f.nodes["n2"].publish(room, n)
		}
	}
	f.nodes["n2"].publishAll(room, n+1, n+10)
	s.messages(1, n+10)
	info, err := f.nodes["n2"].Info(ctx(t), key(room))
	if err != nil || info.Owner == "n2" || info.Seq != uint64(n+10) {
		t.Errorf("afterwards %+v, %v", info, err)
	}
}

// TestRoomsFollowTheRing joins a fourth node: what it is to hold is there when
// it counts, and gone where it is held no longer.
func TestRoomsFollowTheRing(t *testing.T) {
	f := newFleet(t, "n1", "n2", "n3")
	var rooms []string
	for i := range 60 {
		rooms = append(rooms, fmt.Sprintf("room-%d", i))
		f.nodes["n1"].publishAll(rooms[i], 1, 3)
	}
	f.Add("n4")
	f.start("n4")
	f.Ring("n1", "n2", "n3", "n4")
	ring := f.Node("n1").View().Ring()
	f.Eventually("every copy is where the ring wants it", func() bool {
		for _, room := range rooms {
			var homes []string
			for _, m := range ring.HomeSet(nil, actors.DefaultKind, room, 3) {
				homes = append(homes, m.Name)
			}
			for name, store := range f.stores {
				s, err := store.Load(key(room))
				if err != nil || (s.Last.Seq == 3) != slices.Contains(homes, name) {
					return false
				}
			}
		}
		return true
	})
	for _, room := range rooms {
		f.nodes["n4"].publish(room, 4)
	}
}

// TestResumeAtAnotherNode comes back, again and again, with an id that the new
// front may not have been told of yet.
func TestResumeAtAnotherNode(t *testing.T) {
	f := newFleet(t, "n1", "n2", "n3")
	room := f.roomOf("n2")
	f.nodes["n3"].connect(on(room)).greeted() // so that the front has the room at hand
	for n := range 100 {
		id := f.nodes["n1"].publish(room, n).ID.String()
		s := f.nodes["n3"].connect(resume(id, room)).greeted()
		if got := s.lastID(func(id string) bool { return id != "" }); got != id {
			t.Fatalf("came with %s and got %s", id, got)
		}
		for _, e := range s.queue {
			if e.Name != "update" {
				t.Fatalf("came with %s and was sent %q %s", id, e.Name, e.Data)
			}
		}
		s.conn.Close()
	}
	s := f.nodes["n3"].connect(resume("7-1000", room)).greeted()
	e := s.next()
	for e.Name == "update" {
		e = s.next()
	}
	if e.Name != "reset" {
		t.Errorf("an id that never was got %q %s", e.Name, e.Data)
	}
}
