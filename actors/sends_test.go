package actors_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"testing"

	"github.com/parlor-sse/parlor/actors"
)

// TestSends sends what is not kept: to all, to one client, to nobody; and ends
// the streams of one client.
func TestSends(t *testing.T) {
	var s script
	b := open(t, memory(t, 10), with(kind(&s)))
	streams := map[string]*stream{}
	for _, client := range []string{"x", "y"} {
		req := sub("a")
		req.Client = client
		streams[client] = b.connect(req)
		streams[client].bookmark()
	}
	plain := sub("a")
	plain.Framing = actors.Plain
	streams["plain"] = b.connect(plain)
	waitFor(t, "all are counted", func() bool {
		i, err := b.Info(ctx(t), test("a"))
		return err == nil && i.ConnectionCount == 3
	})
	s.do(b, "a", func(c *actors.Context) error {
		return errors.Join(c.Send("to-all", 1), c.SendTo("x", "to-x", 2), c.SendTo("nobody", "lost", 3),
			c.Send("", "unnamed"), c.Broadcast("", "kept"))
	})
	for client, want := range map[string][]string{
		"x":     {`broadcast "kept"`, "to-all 1", ` "unnamed"`, "to-x 2"},
		"y":     {`broadcast "kept"`, "to-all 1", ` "unnamed"`},
		"plain": {` "kept"`, ` "unnamed"`},
	} {
		var got []string
		for range want {
			e := streams[client].next()
			got = append(got, e.Name+" "+string(e.Data))
		}
		if at := slices.Index(got, "to-x 2"); at >= 0 { // it has a way of its own
			got = append(slices.Delete(got, at, at+1), "to-x 2")
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s was sent %q, want %q", client, got, want)
		}
	}
	s.do(b, "a", func(c *actors.Context) error { return errors.Join(c.Kick("x"), c.Kick("nobody"), c.Kick("")) })
	for streams["x"].fill() {
	}
	s.do(b, "a", func(c *actors.Context) error { return c.Broadcast("", "more") })
	if e := streams["y"].next(); string(e.Data) != `"more"` {
		t.Errorf("y was sent %q %s", e.Name, e.Data)
	}
	if h, err := b.History(ctx(t), test("a")); err != nil || len(h) != 2 {
		t.Errorf("%d messages are kept, %v", len(h), err)
	}
}

// TestOutgoingBounds sends what is too much, or malformed.
func TestOutgoingBounds(t *testing.T) {
	var s script
	b := open(t, memory(t, 10), with(kind(&s)))
	large := make([]byte, actors.MaxBroadcast)
	for i := range large {
		large[i] = 'x'
	}
	s.do(b, "a", func(c *actors.Context) error {
		for name, err := range map[string][2]error{
			"reserved":       {c.Broadcast("gap", 1), actors.ErrBadEvent},
			"reserved aside": {c.Send("update", 1), actors.ErrBadEvent},
			"malformed":      {c.Broadcast("a b", 1), actors.ErrBadEvent},
			"newline":        {c.SendTo("x", "a\n", 1), actors.ErrBadEvent},
			"no JSON":        {c.Broadcast("", make(chan int)), actors.ErrBadData},
			"broken JSON":    {c.Broadcast("", json.RawMessage(`{`)), actors.ErrBadData},
			"two values":     {c.Broadcast("", json.RawMessage(`1 2`)), actors.ErrBadData},
			"no UTF-8":       {c.Broadcast("", json.RawMessage("\"\xff\"")), actors.ErrBadData},
			"too large":      {c.Broadcast("", string(large)), actors.ErrBadData},
			"largest":        {c.Broadcast("", string(large[2:])), nil},
		} {
			if !errors.Is(err[0], err[1]) {
				t.Errorf("%s: %v, want %v", name, err[0], err[1])
			}
		}
		for i := 1; i < actors.MaxBroadcasts; i++ {
			if err := errors.Join(c.Broadcast("", i), c.Send("x", i), c.Kick("x")); err != nil {
				t.Errorf("message %d: %v", i, err)
			}
		}
		for name, err := range map[string]error{
			"Broadcast": c.Broadcast("", 1), "Send": errors.Join(c.Send("x", 1), c.Send("x", 1)), "Kick": errors.Join(c.Kick("x"), c.Kick("x")),
		} {
			if !errors.Is(err, actors.ErrTurnSize) {
				t.Errorf("one %s too many: %v", name, err)
			}
		}
		return nil
	})
	if i, err := b.Info(ctx(t), test("a")); err != nil || i.Seq != actors.MaxBroadcasts {
		t.Errorf("info %+v, %v", i, err)
	}
	s.on("/raw", func(c *actors.Context, _ http.ResponseWriter, _ *http.Request) error {
		return c.Broadcast("", json.RawMessage("{ \"a\" :\n\"<&>\" }"))
	})
	if _, err := b.ask("a", "/raw"); err != nil {
		t.Error(err)
	}
	h, err := b.History(ctx(t), test("a"))
	if err != nil || string(h[len(h)-1].Data) != `{"a":"<&>"}` {
		t.Errorf("last is %s, %v", h[len(h)-1].Data, err)
	}
}
