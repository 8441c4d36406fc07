package sseclients

import (
	"errors"
	"strconv"
	"strings"
	"testing"
)

// kilobyte pads an event to about its size.
var kilobyte = strings.Repeat("x", 1000)

// TestSlowClientIsCut lets one of three clients take nothing. The others get
// every event while it is still there, and after.
func TestSlowClientIsCut(t *testing.T) {
	fronts(t, func(c *Config) { c.QueueEvents = 16 }, func(t *testing.T, f *front) {
		slow := f.connect("clientId=slow")
		_ = slow.conn.SetReadBuffer(4 << 10)
		good := []*peer{f.connect("clientId=a"), f.connect("clientId=b")}
		id, meanwhile := 0, 0
		deliver := func() {
			id++
			if _, err := f.Broadcast("e", kilobyte); err != nil {
				t.Fatalf("broadcast %d: %v", id, err)
			}
			for _, p := range good {
				p.expectEvent(id, strconv.Quote(kilobyte))
			}
		}
		eventually(t, "the slow one is cut", func() bool {
			deliver()
			meanwhile++
			ended := f.Stats().Ended
			return ended["slow"]+ended["overrun"] == 1
		})
		if meanwhile <= 16 {
			t.Errorf("cut after %d events", meanwhile)
		}
		deliver()
		if f.Len() != 2 {
			t.Errorf("%d clients", f.Len())
		}
	})
}

// TestSenderTooFast sends to one client more than it takes at once: the sender
// is refused, and what it was not refused arrives.
func TestSenderTooFast(t *testing.T) {
	for name, send := range map[string]func(*front, any) error{
		"to one": func(f *front, data any) error { return f.SendEvent("a", "e", data) },
		"to all": func(f *front, data any) error { _, err := f.Broadcast("e", data); return err },
	} {
		t.Run(name, func(t *testing.T) {
			fronts(t, func(c *Config) { c.QueueEvents = 16 }, func(t *testing.T, f *front) {
				detachedOnly(t) // of the others, the engine does not tell what is not sent yet
				p := f.connect("clientId=a")
				accepted := 0
				for err := error(nil); err == nil; {
					if err = send(f, kilobyte); err == nil {
						accepted++
					} else if !errors.Is(err, ErrOverloaded) {
						t.Fatalf("after %d events: %v, %+v", accepted, err, f.Stats())
					}
				}
				for id := range accepted {
					p.expectEvent(id+1, strconv.Quote(kilobyte))
				}
				eventually(t, "there is room again", func() bool { return send(f, 1) == nil })
				p.expectEvent(accepted+1, "1")
				if s := f.Stats(); s.Overloaded == 0 || s.Events != uint64(accepted)+1 {
					t.Errorf("%+v after %d events", s, accepted+1)
				}
			})
		})
	}
}
