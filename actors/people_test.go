package actors_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/persistence"
)

// whose asks for a stream of a user on a room of the default kind.
func whose(user, client, room string) actors.SubscribeRequest {
	req := on(room)
	req.User, req.Client = user, client
	return req
}

// clients returns the clients who listen to a room, sorted.
func (b *bench) clients(room persistence.RoomKey) []string {
	b.t.Helper()
	list, total, err := b.Subscribers(ctx(b.t), room)
	if err != nil || total != len(list) {
		b.t.Fatalf("%d of %d subscribers: %v", len(list), total, err)
	}
	var all []string
	for _, s := range list {
		all = append(all, s.Client)
	}
	slices.Sort(all)
	return all
}

func TestSubscribers(t *testing.T) {
	b := open(t, memory(t, 10), nil)
	if list, total, err := b.Subscribers(ctx(t), key("a")); len(list) != 0 || total != 0 || err != nil {
		t.Errorf("of an empty room %v, %d, %v", list, total, err)
	}
	b.connect(whose("anna", "phone", "a")).greeted()
	b.connect(whose("", "kiosk", "a")).greeted()
	waitFor(t, "both are there", func() bool { return len(b.clients(key("a"))) == 2 })
	list, _, err := b.Subscribers(ctx(t), key("a"))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []actors.Subscriber{{Client: "phone", User: "anna"}, {Client: "kiosk"}} {
		got := list[i]
		if got.Client != want.Client || got.User != want.User || got.Node != "n1" ||
			!strings.HasPrefix(got.ID, "n1:") || time.Since(got.Since) > time.Minute {
			t.Errorf("subscriber %d is %+v", i, got)
		}
	}
}

func TestDisconnect(t *testing.T) {
	b := open(t, memory(t, 10), nil)
	phone := []*stream{b.connect(whose("", "phone", "a")).greeted(), b.connect(whose("", "phone", "a")).greeted()}
	other := b.connect(whose("", "", "a")).greeted()
	waitFor(t, "all are there", func() bool { return len(b.clients(key("a"))) == 3 })
	for client, want := range map[string]int{"": 0, "nobody": 0, strings.Repeat("x", 1000): 0, "phone": 2} {
		if n, err := b.Disconnect(ctx(t), key("a"), client); n != want || err != nil {
			t.Errorf("disconnecting %.9q ends %d, %v, want %d", client, n, err, want)
		}
	}
	for _, s := range phone {
		for s.fill() {
		}
	}
	b.publish("a", 1)
	other.expect(1, 1)
}

func TestTargetedAtAUser(t *testing.T) {
	b := open(t, memory(t, 10), nil)
	phone, desk := b.connect(whose("anna", "phone", "a")).greeted(), b.connect(whose("anna", "desk", "a")).greeted()
	other := b.connect(whose("bert", "anna", "a")).greeted()
	nobody := b.connect(whose("", "", "a")).greeted()
	waitFor(t, "all are there", func() bool { return len(b.clients(key("a"))) == 4 })
	r, err := b.Publish(ctx(t), actors.Publication{Room: key("a"), User: "anna", Body: []byte(`{"n":1}`)})
	if err != nil || r.Subscribers != 2 || r.ID.Seq != 0 || r.Durability != actors.DurabilityMemory {
		t.Errorf("receipt %+v, %v", r, err)
	}
	b.publish("a", 2)
	for _, s := range []*stream{phone, desk} {
		s.expect(1, 2)
	}
	other.expect(2, 2)
	nobody.expect(2, 2)
}

// TestUsersOfABehaviour has a behaviour look at users, send to one, and end the
// streams of one.
func TestUsersOfABehaviour(t *testing.T) {
	w := &watcher{t: t}
	b := open(t, memory(t, 10), with(kind(w)))
	listen := func(user, client string) *stream {
		req := sub("a")
		req.User, req.Client = user, client
		return b.connect(req).greeted()
	}
	anna, bert := listen("anna", "a"), listen("bert", "b")
	w.hears(t, "+a", "+b")
	w.do(b, "a", func(c *actors.Context) error {
		users := map[string]string{}
		for _, s := range c.Subscribers() {
			users[s.Client] = s.User
		}
		if len(users) != 2 || users["a"] != "anna" || users["b"] != "bert" {
			t.Errorf("the behaviour sees %v", users)
		}
		for _, bad := range []string{"", strings.Repeat("u", actors.MaxUserLen+1)} {
			if err := c.SendToUser(bad, "x", 1); !errors.Is(err, actors.ErrBadUser) {
				t.Errorf("sending to a user of %d bytes: %v", len(bad), err)
			}
		}
		return errors.Join(c.SendToUser("anna", "note", 1), c.SendTo("", "all", 2), c.KickUser("bert"), c.KickUser(""))
	})
	if e := anna.next(); e.Name != "note" || string(e.Data) != "1" {
		t.Errorf("anna gets %+v", e)
	}
	if e := anna.next(); e.Name != "all" {
		t.Errorf("all get %+v", e)
	}
	for bert.fill() {
	}
	w.hears(t, "+a", "+b", "-b")
}

// shown is a behaviour that is shown publications.
type shown func(*actors.Message)

// Publish implements actors.Publisher.
func (s shown) Publish(_ *actors.Context, m *actors.Message) error { s(m); return nil }

func TestPublisherIsShownTheUser(t *testing.T) {
	var got []string
	b := open(t, memory(t, 10), with(kind(shown(func(m *actors.Message) { got = append(got, m.User) }))))
	for _, user := range []string{"", "anna"} {
		if _, err := b.Publish(ctx(t), actors.Publication{Room: test("a"), User: user, Body: []byte(`{}`)}); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(got, []string{"", "anna"}) {
		t.Errorf("it is shown users %q", got)
	}
}

func TestWhatIsAskedIsChecked(t *testing.T) {
	b := open(t, memory(t, 10), all(with(actors.Kind{Name: "inner", Private: true, New: func() any { return nil }}), with(kind(nil))))
	long := strings.Repeat("u", actors.MaxUserLen+1)
	for name, c := range map[string]struct {
		want error
		ask  func() error
	}{
		"publish to no room": {actors.ErrBadRoom, func() error {
			_, err := b.Publish(ctx(t), actors.Publication{Room: persistence.RoomKey{Kind: "room"}, Body: []byte(`{}`)})
			return err
		}},
		"call with a blank": {actors.ErrBadRoom, func() error {
			_, err := b.Call(ctx(t), actors.Call{Room: test("a b"), Method: "GET", Target: "/"})
			return err
		}},
		"info of a long name": {actors.ErrBadRoom, func() error {
			_, err := b.Info(ctx(t), persistence.RoomKey{Kind: "room", Name: strings.Repeat("r", actors.MaxNameLen+1)})
			return err
		}},
		"stream on a bad name": {actors.ErrBadRoom, func() error {
			_, err := b.Subscribe(ctx(t), actors.SubscribeRequest{Rooms: []persistence.RoomKey{{Kind: "room", Name: "\n"}}})
			return err
		}},
		"publish to a long user": {actors.ErrBadUser, func() error {
			_, err := b.Publish(ctx(t), actors.Publication{Room: key("a"), User: long, Body: []byte(`{}`)})
			return err
		}},
		"publish to both": {actors.ErrBadUser, func() error {
			_, err := b.Publish(ctx(t), actors.Publication{Room: key("a"), User: "u", Client: "c", Body: []byte(`{}`)})
			return err
		}},
		"stream of a long user": {actors.ErrBadUser, func() error { _, err := b.Subscribe(ctx(t), whose(long, "", "a")); return err }},
		"only stream of nobody": {actors.ErrBadUser, func() error { _, err := b.Subscribe(ctx(t), only("", "", "a")); return err }},
		"subscribers of no kind": {actors.ErrNoKind, func() error {
			_, _, err := b.Subscribers(ctx(t), persistence.RoomKey{Kind: "no", Name: "a"})
			return err
		}},
		"disconnect in a bad room": {actors.ErrBadRoom, func() error { _, err := b.Disconnect(ctx(t), persistence.RoomKey{Kind: "room"}, "c"); return err }},
		"stream on a user's room": {actors.ErrNoKind, func() error {
			_, err := b.Subscribe(ctx(t), actors.SubscribeRequest{Rooms: []persistence.RoomKey{{Kind: "parlor.user", Name: "a"}}})
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			if err := c.ask(); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
	for kind, want := range map[string]bool{actors.DefaultKind: true, testKind: true, "inner": false, "none": false, "parlor.user": false} {
		if got := b.Reachable(kind); got != want {
			t.Errorf("kind %s is reachable: %v", kind, got)
		}
	}
	if !b.HasKind("inner") || b.HasKind("parlor.user") {
		t.Error("HasKind")
	}
}

func TestBuiltInKindsAreTaken(t *testing.T) {
	err := actors.Config{Kinds: []actors.Kind{{Name: "parlor.user", New: func() any { return nil }}}}.Validate()
	if err == nil || !strings.Contains(err.Error(), "built-in") {
		t.Errorf("a kind of a built-in name: %v", err)
	}
}

// TestExpiry has streams be told that they expire, then that they have.
func TestExpiry(t *testing.T) {
	b := open(t, memory(t, 10), nil)
	end := time.Now().Add(300 * time.Millisecond)
	at := end.UTC().Format("2006-01-02T15:04:05.000Z")
	for _, rooms := range [][]string{{"a"}, {"a", "b"}} {
		req := on(rooms...)
		req.Expires = end
		s := b.connect(req).greeted()
		if e := s.next(); e.Name != "token-expiring" || string(e.Data) != fmt.Sprintf(`{"expiresAt":"%s","secondsLeft":1}`, at) {
			t.Errorf("ahead: %q %s", e.Name, e.Data)
		}
		e := s.next()
		if e.Name != "token-expired" || string(e.Data) != fmt.Sprintf(`{"expiredAt":"%s"}`, at) || time.Now().Before(end.Truncate(time.Millisecond)) {
			t.Errorf("at the end: %q %s", e.Name, e.Data)
		}
		if retry, _ := s.p.Retry(); retry < time.Second || retry > 5*time.Second {
			t.Errorf("to come back after %v", retry)
		}
		if len(s.queue) > 0 || s.fill() {
			t.Error("the stream goes on")
		}
		end = time.Now().Add(300 * time.Millisecond)
		at = end.UTC().Format("2006-01-02T15:04:05.000Z")
	}
}
