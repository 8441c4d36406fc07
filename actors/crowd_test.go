package actors_test

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/actors/sse"
)

// presence is the data of event presence.
type presence struct {
	Type        string
	Room        string
	Subscriber  *person
	Subscribers []person
	Count       int
	Truncated   bool
}

type person struct{ ID, Client, User, Node, Since string }

// crowd is what a stream knows of who is on a room, as a client keeps it.
type crowd struct {
	*stream
	room   string
	here   map[string]person
	count  int
	frames []string // the types of the events, as they came

	truncated bool // the last list was
}

// watching asks to be told who comes and goes.
func watching(client string, rooms ...string) actors.SubscribeRequest {
	req := on(rooms...)
	req.Client, req.Presence = client, true
	return req
}

func (b *bench) watch(req actors.SubscribeRequest) *crowd {
	b.t.Helper()
	return &crowd{stream: b.connect(req).greeted(), room: req.Rooms[0].Name}
}

// take takes an event, and reports whether it was one of presence.
func (c *crowd) take(e sse.Event) bool {
	c.t.Helper()
	if e.Name != "presence" {
		return false
	}
	var p presence
	if err := json.Unmarshal(e.Data, &p); err != nil || p.Room != c.room || e.ID != "" {
		c.t.Fatalf("presence %+v %s, %v", e, e.Data, err)
	}
	c.count = p.Count
	c.frames = append(c.frames, p.Type)
	if p.Subscriber != nil {
		if len(p.Subscribers) > 0 {
			c.t.Errorf("one and several: %s", e.Data)
		}
		p.Subscribers = []person{*p.Subscriber}
	}
	switch {
	case p.Type == "list":
		c.here, c.truncated = make(map[string]person), p.Truncated
		fallthrough
	case p.Type == "join" && c.here != nil:
		for _, s := range p.Subscribers {
			c.here[s.ID] = s
		}
	case p.Type == "leave" && c.here != nil:
		for _, s := range p.Subscribers {
			delete(c.here, s.ID)
		}
	default:
		c.t.Fatalf("presence %s before a list", e.Data)
	}
	return true
}

// sees reads until the room's clients are these, and counted right. Other events
// are passed over.
func (c *crowd) sees(want ...string) {
	c.t.Helper()
	slices.Sort(want)
	for c.here == nil || c.count != len(want) || !slices.Equal(c.clients(), want) {
		for len(c.queue) == 0 {
			if !c.fill() {
				c.t.Fatalf("the stream ended when it knew of %v, want %v", c.clients(), want)
			}
		}
		c.take(c.next())
	}
}

// clients returns the clients who are there, sorted.
func (c *crowd) clients() []string {
	var all []string
	for p := range maps.Values(c.here) {
		all = append(all, p.Client)
	}
	slices.Sort(all)
	return all
}

// counted wants so many events of a type to have come.
func (c *crowd) counted(t testing.TB, kind string, want int) {
	t.Helper()
	n := 0
	for _, f := range c.frames {
		if f == kind {
			n++
		}
	}
	if n != want {
		t.Errorf("%d events of type %s among %v, want %d", n, kind, c.frames, want)
	}
}
