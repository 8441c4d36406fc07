package e2e_test

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cmd/proctest"
)

// TestDescriptorsRunOut opens more connections than the process may have open
// files. Streams that are open live on, others are turned away in ways after
// which an EventSource comes back, and when the crowd leaves all is as before.
func TestDescriptorsRunOut(t *testing.T) {
	t.Parallel()
	const limit = 256
	s := launch(t, server{data: t.TempDir(), limit: limit})
	// These connections stay, and are what is used later on.
	s.publish("a", `{"n":0}`)
	s.metric("parlor_streams_open")
	var live []*stream
	for range limit {
		st, how := knock(t, s)
		if how == "live" {
			live = append(live, st)
		} else if how != "retry" {
			t.Fatalf("after %d streams one was answered by %q", len(live), how)
		}
	}
	if len(live) < limit/2 || len(live) >= limit {
		t.Errorf("%d streams of %d files", len(live), limit)
	}

	leave := crowdIn(t, tcp(s.addr), limit/8)
	proctest.Until(t, "connections are closed at once", func() bool {
		_, how := knock(t, s)
		return how == "closed"
	})
	leaveAdmin := crowdIn(t, tcp(s.admin), limit/2)
	last := crowdIn(t, tcp(s.addr), 1)
	proctest.Until(t, "accepts fail", func() bool { return s.metric("parlor_http_accept_errors_total") > 0 })
	sent := s.publishN("a", 1, 5)
	for _, st := range live {
		st.message()
		for _, r := range sent {
			r.want(t, st.message())
		}
		st.close()
	}
	leave()
	leaveAdmin()
	last()

	gone := time.Now()
	proctest.Until(t, "the streams are gone", func() bool { return s.metric("parlor_streams_open") == 0 })
	proctest.Until(t, "a stream can be had again", func() bool {
		_, how := knock(t, s)
		return how == "live"
	})
	t.Logf("%d streams at a time; the next %v after they have left", len(live), time.Since(gone))
	for i := range len(live) - 1 {
		st, how := knock(t, s)
		if how != "live" {
			t.Fatalf("stream %d after the crowd has left: %s", i, how)
		}
		st.message()
		sent[0].want(t, st.message())
	}
	s.terminate()
}

// crowdIn connects that often without saying a word. The function that it
// returns disconnects.
func crowdIn(t *testing.T, dial dialer, count int) (leave func()) {
	t.Helper()
	var conns []net.Conn
	leave = func() {
		for _, conn := range conns {
			_ = conn.Close()
		}
	}
	t.Cleanup(leave)
	for range count {
		conn, err := dial()
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, conn)
	}
	return leave
}

// knock tries to open a stream and says what came of it: "live"; "retry" when
// the stream ended at once and told when to come back; "closed" when there was
// no answer at all.
func knock(t *testing.T, s *server) (*stream, string) {
	t.Helper()
	st, err := tryOpen(t, s.dial(), "/connect?room=a")
	if err != nil {
		return nil, "closed"
	}
	if st.head[0] != "HTTP/1.1 200 OK" {
		return st, st.head[0]
	}
	e, err := st.read()
	if errors.Is(err, io.EOF) {
		if retry, ok := st.parser.Retry(); !ok || retry < time.Second || retry > 5*time.Second {
			t.Errorf("turned away with retry %v, %v", retry, ok)
		}
		return st, "retry"
	}
	if err != nil || string(e.Data) != greeting {
		t.Errorf("a stream begins with %s %s, %v", e.Name, e.Data, err)
	}
	return st, "live"
}
