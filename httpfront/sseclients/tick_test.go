package sseclients

import (
	"bytes"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parlor-sse/parlor/actors/fanout"
)

// listener is a client at the other end of a pipe, for tests whose time is not
// the clock's.
type listener struct {
	mu    sync.Mutex
	heard bytes.Buffer // guarded by mu
	ended time.Time    // guarded by mu
}

func listen(t *testing.T, m *Manager, key string, ttl time.Duration) *listener {
	t.Helper()
	here, there := net.Pipe()
	if err := m.reserve(key); err != nil {
		t.Fatal(err)
	}
	l := &listener{}
	go func() {
		defer here.Close()
		buf := make([]byte, 512)
		for {
			n, err := here.Read(buf)
			l.mu.Lock()
			l.heard.Write(buf[:n])
			if err != nil {
				l.ended = time.Now()
			}
			l.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	m.attach(key, ttl, there, []byte("head\n"))
	return l
}

// lasted returns what the client has heard, and how long after start its stream
// ended; 0 if it has not.
func (l *listener) lasted(start time.Time) (heard string, ended time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended.IsZero() {
		return l.heard.String(), 0
	}
	return l.heard.String(), l.ended.Sub(start)
}

// openInBubble returns a manager of which no goroutine waits in the kernel.
func openInBubble(t *testing.T, change func(*Config)) *Manager {
	t.Helper()
	cfg, engine := DefaultConfig(), fanout.DefaultConfig()
	engine.Portable = true
	change(&cfg)
	m, err := open(cfg, engine)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestExpiry checks that a stream ends with the first check after its time to
// live.
func TestExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := openInBubble(t, func(c *Config) { c.Heartbeat = 0 })
		defer m.Close()
		start := time.Now()
		cases := []struct {
			key         string
			ttl, lasted time.Duration
		}{
			{"none", 0, 0},
			{"negative", -time.Second, 0},
			{"long", time.Hour, 0},
			{"short", 3 * time.Second, 30 * time.Second},
			{"exact", 30 * time.Second, 30 * time.Second},
			{"beyond", 31 * time.Second, 60 * time.Second},
		}
		var clients []*listener
		for _, tc := range cases {
			clients = append(clients, listen(t, m, tc.key, tc.ttl))
		}
		time.Sleep(29 * time.Second)
		synctest.Wait()
		if n := m.Len(); n != len(cases) {
			t.Errorf("%d clients before the first check", n)
		}
		time.Sleep(46 * time.Second)
		synctest.Wait()
		for i, tc := range cases {
			if heard, lasted := clients[i].lasted(start); lasted != tc.lasted || heard != "head\n" {
				t.Errorf("%s: lasted %v, want %v; heard %q", tc.key, lasted, tc.lasted, heard)
			}
		}
		if s := m.Stats(); s.Clients != 3 || s.Streams != 3 || s.Ended["expired"] != 3 {
			t.Errorf("%+v", s)
		}
	})
}

// TestExpiryHandsTheKeyBack ends the newest stream of a key by its time to live.
func TestExpiryHandsTheKeyBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := openInBubble(t, func(c *Config) { c.Heartbeat = 0 })
		defer m.Close()
		older := listen(t, m, "a", 0)
		listen(t, m, "a", time.Second)
		time.Sleep(31 * time.Second)
		synctest.Wait()
		if err := m.SendEvent("a", "e", 1); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if heard, _ := older.lasted(time.Now()); heard != "head\nid: 1\nevent: e\ndata: 1\n\n" {
			t.Errorf("heard %q", heard)
		}
	})
}

// TestHeartbeat checks that all silent streams get a comment, and only those.
func TestHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := openInBubble(t, func(*Config) {})
		defer m.Close()
		replaced, silent, busy := listen(t, m, "a", 0), listen(t, m, "a", 0), listen(t, m, "b", 0)
		time.Sleep(10 * time.Second)
		if err := m.SendEvent("b", "e", 1); err != nil {
			t.Error(err)
		}
		time.Sleep(21 * time.Second)
		late := listen(t, m, "c", 0)
		time.Sleep(15 * time.Second)
		synctest.Wait()
		for l, want := range map[*listener]string{
			replaced: "head\n:heartbeat\n\n:heartbeat\n\n",
			silent:   "head\n:heartbeat\n\n:heartbeat\n\n",
			busy:     "head\nid: 1\nevent: e\ndata: 1\n\n:heartbeat\n\n:heartbeat\n\n",
			late:     "head\n",
		} {
			if heard, _ := l.lasted(time.Now()); heard != want {
				t.Errorf("heard %q, want %q", heard, want)
			}
		}
	})
}
