package e2e_test

import (
	"io"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors/sse"
	"github.com/parlor-sse/parlor/cmd/proctest"
)

// crowdSize is how many streams it takes for a drain to last more than a second.
const crowdSize = 1500

// crowd opens many streams on a room that nobody publishes to.
func crowd(t *testing.T, s *server) []net.Conn {
	t.Helper()
	conns := make([]net.Conn, crowdSize)
	var openers sync.WaitGroup
	for w := range 4 {
		openers.Go(func() {
			for i := w; i < len(conns); i += 4 {
				conn, err := tcp(s.addr)()
				if err != nil {
					t.Error(err)
					return
				}
				conns[i] = conn
				if _, err := io.WriteString(conn, request("/connect?room=crowd")); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	openers.Wait()
	t.Cleanup(func() {
		for _, conn := range conns {
			if conn != nil {
				_ = conn.Close()
			}
		}
	})
	proctest.Until(t, "all streams are open", func() bool {
		return t.Failed() || s.metric("parlor_streams_open") >= crowdSize
	})
	return conns
}

// TestDrain stops a server with many streams. They end one after the other, in
// good order, each told when to come back; meanwhile the server still works.
func TestDrain(t *testing.T) {
	t.Parallel()
	s := start(t, "--drain", "60s")
	before := s.publish("a", `{"n":1}`)
	var watchers []*stream
	for range 20 {
		watchers = append(watchers, s.open("/connect?room=a"))
	}
	conns := crowd(t, s)
	s.Signal(syscall.SIGTERM)
	proctest.Until(t, "the server is not ready", s.notReady)
	proctest.Until(t, "streams are being closed", func() bool {
		return s.metric(`parlor_streams_closed_total{reason="shutdown"}`) >= 5
	})

	during := s.publish("a", `{"n":2}`)
	late, err := tryOpen(t, tcp(s.addr), "/connect?room=a", resumeAt(before.ID))
	if err != nil || late.head[0] != "HTTP/1.1 200 OK" || !strings.HasPrefix(late.header("Content-Type"), "text/event-stream") {
		t.Fatalf("a stream during the drain: %v", err)
	}
	if rest := late.rest(); len(rest) != 0 {
		t.Errorf("a stream during the drain got %v", rest)
	}
	if retry, ok := late.parser.Retry(); !ok || retry < time.Second || retry > 5*time.Second {
		t.Errorf("a stream during the drain was told to retry after %v, %v", retry, ok)
	}
	if s.metric("parlor_streams_open") == 0 {
		t.Error("the drain was over too soon to tell anything")
	}
	if state := s.Wait(); state.ExitCode() != 0 {
		t.Errorf("ended with %v", state)
	}
	checkFarewells(t, conns)

	s = s.again()
	got := 0
	for _, st := range watchers {
		rest := st.rest()
		before.want(t, rest[0])
		if len(rest) == 2 {
			during.want(t, rest[1])
			got++
			continue
		}
		back := s.open("/connect?room=a", resumeAt(st.parser.LastEventID()))
		during.want(t, back.message())
	}
	t.Logf("%d of %d streams got the message during the drain, the others after it", got, len(watchers))
}

// checkFarewells wants streams to have ended in good order, with times to come
// back that are spread out.
func checkFarewells(t *testing.T, conns []net.Conn) {
	t.Helper()
	retries := make(map[time.Duration]int)
	for i, conn := range conns {
		_ = conn.SetReadDeadline(time.Now().Add(proctest.Patience))
		all, err := io.ReadAll(conn)
		if err != nil {
			t.Fatalf("stream %d: %v", i, err)
		}
		_, body, _ := strings.Cut(string(all), "\r\n\r\n")
		p := sse.NewParser(sse.Options{})
		if err := p.Feed([]byte(body), func(sse.Event) {}); err != nil {
			t.Fatal(err)
		}
		if retry, _ := p.Retry(); strings.Count(body, "retry: ") != 2 || !strings.HasSuffix(body, "\n\n") {
			t.Fatalf("stream %d: %q", i, body)
		} else {
			retries[retry]++
		}
	}
	// 1,500 draws of 4,001 values give about 1,250 different ones.
	if len(retries) < crowdSize/2 {
		t.Errorf("%d streams were told %d different times", len(conns), len(retries))
	}
}

// TestSecondSignal wants an operator who asks twice to be obeyed at once.
func TestSecondSignal(t *testing.T) {
	t.Parallel()
	s := start(t, "--drain", "60s")
	sent := s.publish("a", `{"n":1}`)
	crowd(t, s)
	s.Signal(syscall.SIGTERM)
	proctest.Until(t, "the drain is under way", func() bool {
		return s.metric(`parlor_streams_closed_total{reason="shutdown"}`) >= crowdSize/10
	})
	again := time.Now()
	s.Signal(syscall.SIGTERM)
	state := s.Wait()
	if status, ok := state.Sys().(syscall.WaitStatus); !ok || !status.Signaled() || status.Signal() != syscall.SIGTERM {
		t.Errorf("ended with %v, which is not the second signal's doing", state)
	}
	t.Logf("ended %v after the second signal", time.Since(again))

	s = s.again()
	st := s.open("/connect?room=a")
	sent.want(t, st.message())
	if next := s.publish("a", `{"n":2}`); position(t, next.ID).Epoch <= position(t, sent.ID).Epoch {
		t.Errorf("%s follows %s, though the end was not clean", next.ID, sent.ID)
	}
}
