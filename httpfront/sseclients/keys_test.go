package sseclients

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// TestNewestGetsTheEvents opens streams with one key and ends them in both
// orders.
func TestNewestGetsTheEvents(t *testing.T) {
	fronts(t, nil, func(t *testing.T, f *front) {
		t.Run("old ends first", func(t *testing.T) {
			older, newer := f.connect("clientId=a"), f.connect("clientId=a")
			f.broadcast(1, 1)
			newer.expectEvent(1, "1")
			_ = older.conn.Close()
			eventually(t, "the old one has ended", func() bool { return f.Stats().Streams == 1 })
			sent(t, f.SendEvent("a", "e", 2))
			newer.expectEvent(2, "2")
			f.RemoveClient("a")
			newer.expectEnd()
			eventually(t, "the new one has ended", func() bool { return f.Stats().Streams == 0 })
		})
		t.Run("new ends first", func(t *testing.T) {
			older, newer := f.connect("clientId=b"), f.connect("clientId=b")
			sent(t, f.SendEvent("b", "e", 1))
			newer.expectEvent(1, "1")
			_ = newer.conn.Close()
			eventually(t, "the new one has ended", func() bool { return f.Stats().Streams == 1 })
			sent(t, f.SendEvent("b", "e", 2))
			older.expectEvent(1, "2")
			f.RemoveClient("b")
			older.expectEnd()
		})
		t.Run("middle ends first", func(t *testing.T) {
			first, middle, last := f.connect("clientId=c"), f.connect("clientId=c"), f.connect("clientId=c")
			eventually(t, "all three are open", func() bool { return f.Stats().Streams == 3 })
			_ = middle.conn.Close()
			eventually(t, "one has ended", func() bool { return f.Stats().Streams == 2 })
			f.broadcast(1, 1)
			last.expectEvent(1, "1")
			_ = last.conn.Close()
			eventually(t, "two have ended", func() bool { return f.Stats().Streams == 1 })
			f.broadcast(1, 2)
			first.expectEvent(1, "2")
			f.RemoveClient("c")
			first.expectEnd()
		})
	})
}

func TestRemoveEndsAllOfAKey(t *testing.T) {
	fronts(t, nil, func(t *testing.T, f *front) {
		older, newer, other := f.connect("clientId=a"), f.connect("clientId=a"), f.connect("clientId=b")
		if !f.RemoveClient("a") {
			t.Error("there was no client a")
		}
		if f.RemoveClient("a") || f.RemoveClient("nobody") {
			t.Error("a client was removed that there is not")
		}
		older.expectEnd()
		newer.expectEnd()
		if err := f.SendEvent("a", "e", 1); !errors.Is(err, ErrUnknownClient) {
			t.Errorf("send after the removal: %v", err)
		}
		again := f.connect("clientId=a")
		f.broadcast(2, 1)
		again.expectEvent(1, "1")
		other.expectEvent(1, "1")
		eventually(t, "two are counted", func() bool { return f.Stats().Ended["kicked"] == 2 })
	})
}

// TestRemovedAfterItWasSent checks that an event goes out that was sent right
// before the stream was ended.
func TestRemovedAfterItWasSent(t *testing.T) {
	fronts(t, nil, func(t *testing.T, f *front) {
		for range 50 {
			p := f.connect("clientId=a")
			for i := range 3 {
				sent(t, f.SendEvent("a", "e", i))
			}
			f.RemoveClient("a")
			for i := range 3 {
				p.expectEvent(i+1, fmt.Sprint(i))
			}
			p.expectEnd()
		}
	})
}

func TestKeys(t *testing.T) {
	for key, ok := range map[string]bool{
		"a": true, "A.z_0:~@-": true, strings.Repeat("a", MaxKeyLen): true,
		"": false, strings.Repeat("a", MaxKeyLen+1): false, "a b": false, "ä": false, "a\n": false, "a/b": false,
	} {
		if err := checkKey(key); (err == nil) != ok || err != nil && !errors.Is(err, ErrBadKey) {
			t.Errorf("%.20q: %v", key, err)
		}
	}
}
