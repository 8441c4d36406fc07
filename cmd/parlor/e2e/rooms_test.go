package e2e_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors/sse"
	"github.com/parlor-sse/parlor/cmd/proctest"
	"github.com/parlor-sse/parlor/persistence"
)

// chains follows a stream on several rooms.
type chains struct {
	rooms []string // in the order of the URL
	of    map[string]*chain
	data  map[string]string // of every message, by room and id
}

func newChains(rooms ...string) *chains {
	c := &chains{rooms: rooms, of: make(map[string]*chain), data: make(map[string]string)}
	for _, room := range rooms {
		c.of[room] = &chain{}
	}
	return c
}

// path is the target of a stream on the rooms.
func (c *chains) path() string { return "/connect?room=" + strings.Join(c.rooms, "&room=") }

// take notes what comes next. A bookmark has to name exactly the places that
// the stream is at: one ahead of them would hide a loss from who comes back
// with it.
func (c *chains) take(e sse.Event) error {
	var m struct {
		Room string
		ID   string
		Data json.RawMessage
	}
	switch {
	case string(e.Data) == greeting || e.Name == "update":
		return nil
	case e.Data == nil:
		return c.takeBookmark(e.ID)
	case e.ID != "":
		return fmt.Errorf("%s has the id %s, which is one room's", e.Name, e.ID)
	}
	if err := json.Unmarshal(e.Data, &m); err != nil {
		return err
	}
	of, ok := c.of[m.Room]
	if !ok {
		return fmt.Errorf("%s %s names no room of the stream", e.Name, e.Data)
	}
	switch e.Name {
	case "reset":
		return fmt.Errorf("reset %s", e.Data)
	case "gap":
		g, err := readGap(e)
		if err != nil {
			return err
		}
		e.ID = g.To // where one room's stream has it
	default:
		e.ID = m.ID
		c.data[m.Room+m.ID] = string(m.Data)
	}
	if err := of.take(e); err != nil {
		return fmt.Errorf("room %s: %w", m.Room, err)
	}
	return nil
}

func (c *chains) takeBookmark(id string) error {
	_, list, _ := strings.Cut(id, ":")
	parts := strings.Split(list, ",")
	if len(parts) != len(c.rooms) {
		return fmt.Errorf("bookmark %q of %d rooms", id, len(c.rooms))
	}
	for i, part := range parts {
		at, err := persistence.ParsePosition(part)
		if err != nil {
			return fmt.Errorf("bookmark %q: %w", id, err)
		}
		if want := c.of[c.rooms[i]].last; want != at && want.Seq+at.Seq > 0 {
			return fmt.Errorf("bookmark %q of a stream that is at %v in room %s", id, want, c.rooms[i])
		}
	}
	return nil
}

// until reads until the stream is at the newest of these messages in every
// room, and at a bookmark.
func (c *chains) until(st *stream, newest map[string]receipt) {
	st.t.Helper()
	for deadline := time.Now().Add(proctest.Patience); ; {
		e, err := st.readBefore(deadline)
		if err == nil {
			err = c.take(e)
		}
		if err != nil {
			st.t.Fatal(err)
		}
		there := e.Data == nil
		for room, r := range newest {
			there = there && c.of[room].last.String() == r.ID
		}
		if there {
			return
		}
	}
}

// TestManyRooms follows three rooms on one stream through two ends of the
// server, one sudden and one orderly, by the one id that EventSource keeps.
func TestManyRooms(t *testing.T) {
	t.Parallel()
	s := start(t)
	newest := make(map[string]receipt)
	sent := make(map[string]string)
	publish := func(room string, count int) {
		for range count {
			r := s.publish(room, `{"to":"`+room+`"}`)
			newest[room], sent[room+r.ID] = r, string(r.Data)
		}
	}
	publish("a", 3)
	c := newChains("c", "a", "b")
	st := s.open(c.path())
	c.until(st, newest)
	for range 3 {
		publish("a", 2)
		publish("b", 3)
		publish("c", 1)
	}
	c.until(st, newest)
	for _, end := range []func(*server){func(s *server) { s.Kill() }, (*server).terminate} {
		id := st.parser.LastEventID()
		end(s)
		s = s.again()
		publish("a", 2)
		publish("c", 10)
		st = s.open(c.path(), resumeAt(id))
		c.until(st, newest)
		publish("b", 1)
		c.until(st, newest)
	}
	for room, of := range c.of {
		if of.gaps > 0 {
			t.Errorf("room %s: %d gaps", room, of.gaps)
		}
	}
	if !maps.Equal(c.data, sent) {
		t.Errorf("what came is not what was sent: %v\n%v", c.data, sent)
	}
	id := st.parser.LastEventID()
	publish("c", 12)
	publish("a", 1)
	st = s.open(c.path(), resumeAt(id))
	c.until(st, newest)
	if c.of["c"].lost != 2 || c.of["a"].gaps+c.of["b"].gaps > 0 {
		t.Errorf("after 12 messages in one room: %+v %+v %+v", *c.of["a"], *c.of["b"], *c.of["c"])
	}
}

// TestSlowReaderOfManyRooms wants a reader that skips to be told what it misses
// of each room, and to be able to come back by any bookmark it was given.
func TestSlowReaderOfManyRooms(t *testing.T) {
	t.Parallel()
	s := start(t, append(smallQueue, "--slow", "gap")...)
	c, all := newChains("b", "a"), newChains("b", "a")
	slow := openBy(t, smallWindow(s.addr), c.path())
	good := s.open(c.path())
	body := `{"pad":"` + strings.Repeat("x", 1000) + `"}`
	newest := make(map[string]receipt)
	for range 16 {
		for range 24 {
			newest["a"] = s.publish("a", body)
			newest["b"] = s.publish("b", body)
		}
		all.until(good, newest)
	}
	c.until(slow, newest)
	for _, room := range c.rooms {
		if of := c.of[room]; of.gaps == 0 || all.of[room].gaps > 0 {
			t.Errorf("room %s: %+v, and of the reader that kept up %+v", room, of, all.of[room])
		}
	}
	id := slow.parser.LastEventID()
	slow.close()
	newest["b"] = s.publish("b", body)
	gaps := c.of["a"].gaps + c.of["b"].gaps
	c.until(s.open(c.path(), resumeAt(id)), newest)
	if c.of["a"].gaps+c.of["b"].gaps != gaps {
		t.Error("a gap after coming back at once")
	}
}
