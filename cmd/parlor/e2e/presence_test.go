package e2e_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/cmd/proctest"
)

// audience is who listens to a room, as a stream with presence=on tells.
type audience struct {
	st     *stream
	people map[string]actors.Subscriber // by the stream's id; nil before the first list
	kinds  map[string]int               // how often each kind of news came
}

func (n *node) watch(room, client, token string) *audience {
	n.t.Helper()
	st := n.open("/connect?presence=on&room="+room+"&client="+client, bearing(token))
	return &audience{st: st, kinds: make(map[string]int)}
}

// take notes one event of presence.
func (a *audience) take(data []byte, room string) error {
	var news struct {
		Type        string
		Room        string
		Subscriber  *actors.Subscriber
		Subscribers []actors.Subscriber
		Count       int
		Truncated   bool
	}
	if err := json.Unmarshal(data, &news); err != nil {
		return err
	}
	if news.Subscriber != nil {
		news.Subscribers = append(news.Subscribers, *news.Subscriber)
	}
	a.kinds[news.Type]++
	if news.Type == "list" {
		a.people = make(map[string]actors.Subscriber)
	}
	for _, who := range news.Subscribers {
		switch _, known := a.people[who.ID]; {
		case news.Type == "leave" && known:
			delete(a.people, who.ID)
		case news.Type != "leave" && !known && a.people != nil:
			a.people[who.ID] = who
		default:
			return fmt.Errorf("%s while there are %v", data, a.people)
		}
	}
	if news.Room != room || news.Truncated || news.Count != len(a.people) {
		return fmt.Errorf("%s makes %v", data, a.people)
	}
	return nil
}

// until reads until these clients listen, and nobody else.
func (a *audience) until(room string, clients ...string) {
	a.st.t.Helper()
	slices.Sort(clients)
	for deadline := time.Now().Add(proctest.Patience); !slices.Equal(clientsOf(slices.Collect(maps.Values(a.people))), clients); {
		e, err := a.st.readBefore(deadline)
		if err == nil && e.Name == "presence" {
			err = a.take(e.Data, room)
		}
		if err != nil {
			a.st.t.Fatalf("the audience of %s is to be %v, and is %v: %v", room, clients, a.people, err)
		}
	}
}

func clientsOf(all []actors.Subscriber) []string {
	var names []string
	for _, who := range all {
		names = append(names, who.Client)
	}
	slices.Sort(names)
	return names
}

// subscribers asks who listens to a room.
func (s *server) subscribers(room string) []actors.Subscriber {
	s.t.Helper()
	var got struct {
		Count       int
		Subscribers []actors.Subscriber
		Truncated   bool
	}
	s.get("/rooms/"+room+"/subscribers", &got)
	if got.Count != len(got.Subscribers) || got.Truncated {
		s.t.Errorf("subscribers of %s at %s: %+v", room, s.addr, got)
	}
	return got.Subscribers
}

// disconnect ends a client's streams of a room, and returns how many there were.
func (s *server) disconnect(room, client string) int {
	s.t.Helper()
	req, err := http.NewRequest(http.MethodDelete, s.url("/rooms/"+room+"/subscribers/"+client), nil)
	if err != nil {
		s.t.Fatal(err)
	}
	var got struct{ Disconnected int }
	if err := s.do(req, &got); err != nil {
		s.t.Fatalf("disconnect %s: %v", client, err)
	}
	return got.Disconnected
}

// TestPresence watches a room that another node owns, and one that is owned by the
// node that is killed.
func TestPresence(t *testing.T) {
	t.Parallel()
	is := newIssuer(t)
	f := is.startFleet(3)
	for _, owner := range f.nodes[1:] {
		watchRoom(is, f, f.roomOf(owner))
	}
}

// watchRoom has clients come to a room, leave it, be shown out, and go down with
// the last of three nodes, and wants a watcher to be told all of it.
func watchRoom(is *issuer, f *fleet, room string) {
	t := f.t
	t.Helper()
	n1, n2, n3 := f.nodes[0], f.nodes[1], f.nodes[2]
	token := is.grant(rights{"subscribe": []string{room}, "presence": true}, claims{"sub": "ann"})
	join := func(n *node, client string) *stream {
		t.Helper()
		return n.open("/connect?replay=0&room="+room+"&client="+client, bearing(token))
	}
	early := join(n3, "early")
	w := n1.watch(room, "watcher", token)
	w.until(room, "early", "watcher")
	left, out := join(n2, "left"), join(n2, "out")
	w.until(room, "early", "left", "out", "watcher")
	for _, n := range f.nodes {
		if got := clientsOf(n.subscribers(room)); !slices.Equal(got, []string{"early", "left", "out", "watcher"}) {
			t.Errorf("%s says that %v listen to %s", n.name, got, room)
		}
	}
	left.close()
	w.until(room, "early", "out", "watcher")
	if n := n3.disconnect(room, "out"); n != 1 {
		t.Errorf("%d streams were ended", n)
	}
	out.rest()
	w.until(room, "early", "watcher")
	if n := n3.disconnect(room, "out"); n != 0 {
		t.Errorf("%d streams were ended again", n)
	}
	if w.kinds["join"] == 0 || w.kinds["leave"] == 0 {
		t.Errorf("the watcher was told %v", w.kinds)
	}

	join(n3, "late")
	w.until(room, "early", "late", "watcher")
	f.crash(n3)
	begin := time.Now()
	w.until(room, "watcher")
	t.Logf("told of those who went down with %s after %v", n3.name, time.Since(begin))
	_, _ = early.read() // it has broken
	stays := join(n2, "stays")
	w.until(room, "stays", "watcher")
	for _, n := range f.up() {
		proctest.Eventually(f.t, n.name+" says who listens", func() error {
			if got := clientsOf(n.subscribers(room)); !slices.Equal(got, []string{"stays", "watcher"}) {
				return fmt.Errorf("it says that %v do", got)
			}
			return nil
		})
	}
	for _, who := range w.people {
		if who.User != "ann" || who.Node != map[string]string{"stays": "n2", "watcher": "n1"}[who.Client] || who.Since.IsZero() {
			t.Errorf("%+v", who)
		}
	}
	stays.close()
	w.st.close()
	f.start(n3)
	f.settled()
}
