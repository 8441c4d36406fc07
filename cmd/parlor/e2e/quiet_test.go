package e2e_test

import (
	"encoding/json"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cmd/proctest"
)

// jsonHas reports whether a JSON object has that text under that key.
func jsonHas(t *testing.T, data []byte, key, value string) bool {
	t.Helper()
	var object map[string]any
	if err := json.Unmarshal(data, &object); err != nil {
		t.Fatalf("%s: %v", data, err)
	}
	return object[key] == value
}

// TestHeartbeat wants signs of life on streams on which nothing happens: for
// proxies as a comment, for scripts as an event that repeats the id.
func TestHeartbeat(t *testing.T) {
	t.Parallel()
	s := start(t, "--update", "0", "--heartbeat", "1s")
	r := s.publish("a", `{}`)
	comments, events := s.open("/connect?room=a"), s.open("/connect?room=a&heartbeat=event")
	r.want(t, comments.message())
	r.want(t, events.message())
	if e := events.message(); e.Name != "heartbeat" || e.ID != r.ID {
		t.Errorf("got %s %q %s, want a heartbeat at %s", e.Name, e.ID, e.Data, r.ID)
	}
	for deadline := time.Now().Add(proctest.Patience); len(comments.comments) == 0; {
		if err := comments.fill(deadline); err != nil {
			t.Fatal(err)
		}
	}
	if comments.comments[0] != "heartbeat" {
		t.Errorf("comments %q", comments.comments)
	}
}

// TestSleepingRoom lets a room go to sleep under open streams. They stay open,
// and the next message wakes it and reaches them.
func TestSleepingRoom(t *testing.T) {
	t.Parallel()
	s := start(t, "--update", "0", "--idle", "20ms")
	asleep := func() {
		proctest.Until(t, "the room sleeps", func() bool { return s.metric("parlor_rooms_awake") == 0 })
	}
	early := s.open("/connect?room=a")
	early.next()
	for n := range 5 {
		asleep()
		late := s.open("/connect?room=a&replay=0")
		late.next()
		proctest.Until(t, "the room knows of both", func() bool { return s.info("a").ConnectionCount == 2 })
		asleep()
		r := s.publish("a", fmt.Sprintf(`{"n":%d}`, n))
		r.want(t, early.message())
		r.want(t, late.message())
		if at := position(t, r.ID); int(at.Seq) != n+1 || r.Subscribers != 2 {
			t.Errorf("%s has %d subscribers", r.ID, r.Subscribers)
		}
		late.close()
		proctest.Until(t, "the stream has left", func() bool { return s.metric("parlor_streams_open") == 1 })
	}
}

// TestTargeted wants a message to one client to reach that client alone and to
// leave no trace in the order.
func TestTargeted(t *testing.T) {
	t.Parallel()
	s := start(t)
	mine, other := s.open("/connect?room=a&client=me"), s.open("/connect?room=a&client=you")
	mine.next()
	other.next()
	first := s.publish("a", `{"n":1}`)
	r, err := s.post("room=a&client=me&event=whisper", "", `{"n":"psst"}`)
	if err != nil || r.ID != "" || r.Subscribers != 1 {
		t.Fatalf("targeted: %+v, %v", r, err)
	}
	second := s.publish("a", `{"n":2}`)
	first.want(t, mine.message())
	if e := mine.message(); e.Name != "whisper" || e.ID != "" || string(e.Data) != string(r.Data) {
		t.Errorf("got %s %q %s", e.Name, e.ID, e.Data)
	}
	second.want(t, mine.message())
	first.want(t, other.message())
	second.want(t, other.message())
	if kept := s.history("a"); len(kept) != 2 {
		t.Errorf("the history is %v", kept)
	}
}

// TestNothingLeaks wants what streams cost to come back when they are gone,
// however they went.
func TestNothingLeaks(t *testing.T) {
	t.Parallel()
	s := start(t, smallQueue...)
	visit := func(count int) {
		for i := range count {
			st := s.open(fmt.Sprintf("/connect?room=a%d&client=c%d", i%7, i))
			st.next()
			switch i % 3 {
			case 0:
				st.close()
			case 1: // a reset
				_ = st.conn.(*net.TCPConn).SetLinger(0)
				st.close()
			case 2: // a client that speaks is sent away
				if _, err := st.conn.Write([]byte("x")); err != nil {
					t.Fatal(err)
				}
				_, _ = st.readMessage()
				st.close()
			}
		}
		proctest.Until(t, "the streams are gone", func() bool {
			return s.metric("parlor_streams_open") == 0 && s.metric("parlor_http_streams") == 0
		})
	}
	visit(7)
	s.client.CloseIdleConnections()
	files, routines := s.metric("process_open_fds"), s.metric("go_goroutines")
	visit(200)
	s.client.CloseIdleConnections()
	proctest.Until(t, "files and goroutines are as before", func() bool {
		return s.metric("process_open_fds") <= files && s.metric("go_goroutines") <= routines+2
	})
}
