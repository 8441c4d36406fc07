package e2e_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cmd/proctest"
)

// TestCleanRestart wants a server that was asked to stop to lose nothing, end
// with 0, and go on where it was.
func TestCleanRestart(t *testing.T) {
	t.Parallel()
	s := start(t)
	first, err := s.post("room=a", "the-key", `{"n":0}`)
	if err != nil {
		t.Fatal(err)
	}
	sent := append([]receipt{first}, s.publishN("a", 1, 14)...)
	st := s.open("/connect?room=a")
	for _, r := range sent[5:] {
		r.want(t, st.message())
	}
	s.terminate()
	if rest := st.rest(); len(rest) != 0 {
		t.Errorf("the stream ended with %v", rest)
	}
	if retry, ok := st.parser.Retry(); !ok || retry < time.Second || retry > 5*time.Second {
		t.Errorf("the stream ended with retry %v, %v", retry, ok)
	}

	s = s.again()
	epoch := position(t, first.ID).Epoch
	if info := s.info("a"); info.Epoch != epoch || info.Seq != 15 {
		t.Errorf("after the restart %+v, the epoch was %d", info, epoch)
	}
	back := s.open("/connect?room=a", resumeAt(sent[11].ID))
	for _, r := range sent[12:] {
		r.want(t, back.message())
	}
	live := s.open("/connect?room=a", resumeAt(sent[14].ID))
	again, err := s.post("room=a", "the-key", `{"n":0}`)
	if err != nil || !again.Duplicate || again.ID != first.ID || string(again.Data) != string(first.Data) {
		t.Errorf("retry of the first: %+v, %v", again, err)
	}
	next := s.publish("a", `{"n":15}`)
	if got := position(t, next.ID); got.Epoch != epoch || got.Seq != 16 {
		t.Errorf("the next id is %s, the last one was %s", next.ID, sent[14].ID)
	}
	next.want(t, back.message())
	next.want(t, live.message())
}

// TestStopUnderLoad stops a server while publishes go on: each is answered for
// good, refused for good, or can be sent again.
func TestStopUnderLoad(t *testing.T) {
	t.Parallel()
	s := start(t, "--history", "1000")
	book := newLedger(t)
	epoch := s.info("a").Epoch
	for round, sig := range []os.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGTERM} {
		sent := storm(s, "a", fmt.Sprintf("round%d", round), 50, func() { _ = s.Cmd.Process.Signal(sig) })
		if state := s.Wait(); state.ExitCode() != 0 {
			t.Errorf("ended with %v", state)
		}
		s = s.again()
		if now := s.info("a").Epoch; now != epoch {
			t.Errorf("epoch %d after an orderly end, %d before", now, epoch)
		}
		history := s.history("a")
		var open []publication
		var refused []string
		for _, p := range sent {
			switch {
			case p.refused != nil:
				if p.refused.Outcome != "not_accepted" {
					t.Errorf("publish %s: %v", p.key, p.refused)
				}
				refused = append(refused, p.key)
				continue
			case p.answer.ID != "":
				book.answered(p)
			}
			open = append(open, p)
		}
		book.check(history, 1000)
		for _, m := range history {
			for _, key := range refused {
				if jsonHas(t, m.Data, "key", key) {
					t.Errorf("%s was refused and is kept as %s", key, m.ID)
				}
			}
		}
		retry(t, s, book, open, history)
		book.check(s.history("a"), 1000)
	}
}

// TestSilentConnectionsDoNotHoldUp stops a server to which clients are connected
// that ask for nothing at the moment: browsers and balancers keep such
// connections in reserve.
func TestSilentConnectionsDoNotHoldUp(t *testing.T) {
	t.Parallel()
	for name, said := range map[string]string{"nothing yet": "", "one request": request("/health")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			conn, err := tcp(s.addr)()
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if _, err := io.WriteString(conn, said); err != nil {
				t.Fatal(err)
			}
			proctest.Until(t, "the connection was accepted", func() bool { return s.metric("parlor_http_connections") == 1 })
			begin := time.Now()
			s.terminate()
			// The time that a request's head may take would be 5 s.
			if took := time.Since(begin); took > 3*time.Second {
				t.Errorf("ended only after %v", took)
			}
		})
	}
}

// TestLogReaderIsGone stops a server that nobody listens to any more, as when
// Ctrl-C ends a whole pipeline: "parlor serve 2>&1 | tee parlor.log". That is no
// reason to end any other way.
func TestLogReaderIsGone(t *testing.T) {
	t.Parallel()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer write.Close()
	s := launch(t, server{data: t.TempDir(), log: write})
	st := s.open("/connect?room=a")
	sent := s.publish("a", `{}`)
	sent.want(t, st.message())
	_ = read.Close()
	s.End(os.Interrupt)
	st.rest()
}

// notReady reports whether the server tells balancers to leave it alone.
func (s *server) notReady() bool {
	var refused *refusal
	req, err := http.NewRequest(http.MethodGet, "http://"+s.admin+"/ready", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return errors.As(s.do(req, &struct{}{}), &refused) && refused.status == http.StatusServiceUnavailable
}

// TestNothingHappened restarts servers of a room that never had a message: a
// reader who comes back has missed nothing, and is told so.
func TestNothingHappened(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*server){"kill": func(s *server) { s.Kill() }, "stop": (*server).terminate} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			st := s.open("/connect?room=a")
			st.next()
			id := st.next().ID
			end(s)
			s = s.again()
			st = s.open("/connect?room=a", resumeAt(id))
			st.next()
			if e := st.next(); e.Data != nil {
				t.Fatalf("who had %s got %s %s", id, e.Name, e.Data)
			}
			r := s.publish("a", `{}`)
			r.want(t, st.message())
			r.want(t, s.open("/connect?room=a", resumeAt(id)).message())
		})
	}
}
