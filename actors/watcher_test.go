package actors_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors"
)

// watcher is a behaviour that keeps who listens, and tells a test of whom it was
// told. It may be that of several nodes.
type watcher struct {
	script
	t    testing.TB
	told answers
	fail func(actors.Subscriber) error // what Connect comes to; nil for no error
}

// Connect implements actors.Connecter.
func (w *watcher) Connect(c *actors.Context, s actors.Subscriber) error {
	if err := errors.Join(w.note(c, "+", s), c.Storage().PutJSON("who:"+s.ID, s.Client)); err != nil {
		w.t.Error(err)
	}
	if w.fail != nil {
		return w.fail(s)
	}
	return nil
}

// Disconnect implements actors.Disconnecter.
func (w *watcher) Disconnect(c *actors.Context, s actors.Subscriber) error {
	_, err := c.Storage().Delete("who:" + s.ID)
	return errors.Join(err, w.note(c, "-", s))
}

// note adds "+client" or "-client" to what was told, here and in the room, and
// wants the subscriber to be among those that the room says it has, or not to be.
func (w *watcher) note(c *actors.Context, what string, s actors.Subscriber) error {
	here := slices.ContainsFunc(c.Subscribers(), func(o actors.Subscriber) bool { return o == s })
	if here != (what == "+") {
		w.t.Errorf("told of %s%s, and it is there: %v", what, s.Client, here)
	}
	if s.ID == "" || s.Node == "" || !strings.HasPrefix(s.ID, s.Node) || time.Since(s.Since) > time.Hour {
		w.t.Errorf("told of %+v", s)
	}
	w.told.add(what + s.Client)
	n, key := 0, "told:"+what+s.Client
	_, err := c.Storage().GetJSON(key, &n)
	return errors.Join(err, c.Storage().PutJSON(key, n+1))
}

// count returns how often the behaviour was told something.
func (w *watcher) count(what string) int {
	n := 0
	for _, told := range w.told.list() {
		if told == what {
			n++
		}
	}
	return n
}

// hears waits until each of these was told exactly once, and nothing else was.
func (w *watcher) hears(t testing.TB, want ...string) {
	t.Helper()
	slices.Sort(want)
	waitFor(t, fmt.Sprintf("the behaviour hears %v", want), func() bool { return len(w.told.list()) >= len(want) })
	if got := slices.Sorted(slices.Values(w.told.list())); !slices.Equal(got, want) {
		t.Errorf("the behaviour hears %v, want %v", got, want)
	}
}

// roll is what a watched room says of itself.
type roll struct {
	Here, Stored map[string]string // client by stream: who listens, and who is kept
	Told         map[string]int    // how often it was told of what
}

// call answers with the room's roll.
func (w *watcher) call(c *actors.Context, res http.ResponseWriter, _ *http.Request) error {
	said := roll{Here: map[string]string{}, Stored: map[string]string{}, Told: map[string]int{}}
	for _, s := range c.Subscribers() {
		said.Here[s.ID] = s.Client
	}
	items, err := c.Storage().List(actors.ListOptions{})
	for _, it := range items {
		id, kept := strings.CutPrefix(it.Key, "who:")
		if kept {
			said.Stored[id] = strings.Trim(string(it.Value), `"`)
			continue
		}
		n, convErr := strconv.Atoi(string(it.Value))
		said.Told[strings.TrimPrefix(it.Key, "told:")] = n
		err = errors.Join(err, convErr)
	}
	return errors.Join(err, json.NewEncoder(res).Encode(said))
}

// roll asks a room for its roll. What counts is what it answers: a call that an
// owner made and could not commit or answer is made again by the next one.
func (w *watcher) roll(b *bench, room string) (said roll) {
	b.t.Helper()
	w.on("/roll", w.call)
	r, err := b.insist(post(room, "/roll"))
	if err == nil {
		err = json.Unmarshal(r.Body, &said)
	}
	if err != nil {
		b.t.Fatal(err)
	}
	return said
}

// recalls waits until the room has stored that it was told each of these, and
// wants that to be exactly once, and nothing else.
func (w *watcher) recalls(f *kindFleet, b *bench, room string, want ...string) {
	f.t.Helper()
	once := make(map[string]int)
	for _, what := range want {
		once[what] = 1
	}
	var said roll
	f.Eventually(fmt.Sprintf("the room recalls %v", want), func() bool {
		said = w.roll(b, room)
		return len(said.Told) >= len(once)
	})
	if !maps.Equal(said.Told, once) {
		f.t.Errorf("the room recalls %v, want %v", said.Told, once)
	}
}

// agrees wants those of whom the room says that they listen to be exactly these
// clients, and those that the behaviour has stored the same.
func (w *watcher) agrees(b *bench, room string, want ...string) {
	b.t.Helper()
	said := w.roll(b, room)
	if here := slices.Sorted(maps.Values(said.Here)); !maps.Equal(said.Here, said.Stored) || !slices.Equal(here, want) {
		b.t.Errorf("room %s has %v and stored %v, want %v", room, said.Here, said.Stored, want)
	}
}

// listen opens a stream of a client on a room of the test kind.
func (b *bench) listen(room, client string) *stream {
	b.t.Helper()
	req := sub(room)
	req.Client = client
	return b.connect(req)
}
