package fanout

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// patience bounds every wait, for busy machines.
const patience = 30 * time.Second

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// both runs a test on the path that this system prefers and on the portable one.
func both(t *testing.T, test func(t *testing.T, h *harness)) {
	for _, portable := range []bool{false, true} {
		name := "detached"
		if portable {
			name = "portable"
		}
		t.Run(name, func(t *testing.T) {
			if !portable && runtime.GOOS != "linux" {
				t.Skip("streams are detached on Linux only")
			}
			cfg := DefaultConfig()
			cfg.Portable, cfg.Shards = portable, 2
			test(t, newHarness(t, cfg))
		})
	}
}

type harness struct {
	t      *testing.T
	engine *Engine
	ln     net.Listener
	log    *Log
}

func newHarness(t *testing.T, cfg Config) *harness {
	t.Helper()
	e, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close(); e.Close() })
	return &harness{t: t, engine: e, ln: ln, log: NewLog(Limits{Messages: 256, Bytes: 256 << 10}, &trailing0{})}
}

// trailing0 renders gaps and no trailer.
type trailing0 struct{ trailing }

func (*trailing0) AppendTrailer(dst []byte) []byte { return dst }
func (*trailing0) AppendGap(dst []byte, skipped []Frame) []byte {
	return fmt.Appendf(dst, "gap %v %v\n", skipped[0].Note, skipped[len(skipped)-1].Note)
}

// peer is a client's end.
type peer struct {
	t      *testing.T
	conn   *net.TCPConn
	lines  *bufio.Scanner
	stream *Stream
	closed chan Reason
}

func (p *peer) StreamClosed(r Reason) { p.closed <- r }

// connect adds a stream that follows the log from now on.
func (h *harness) connect(change func(*Spec)) *peer {
	h.t.Helper()
	type dialed struct {
		conn net.Conn
		err  error
	}
	c := make(chan dialed, 1)
	go func() {
		conn, err := net.Dial("tcp", h.ln.Addr().String())
		c <- dialed{conn, err}
	}()
	server, err := h.ln.Accept()
	if err != nil {
		h.t.Fatal(err)
	}
	d := <-c
	if d.err != nil {
		h.t.Fatal(d.err)
	}
	p := &peer{t: h.t, conn: d.conn.(*net.TCPConn), lines: bufio.NewScanner(d.conn), closed: make(chan Reason, 1)}
	h.t.Cleanup(func() { p.conn.Close() })
	spec := Spec{
		Conn: server, First: []byte("hello\n"), Log: h.log, From: h.log.Next(), Owner: p,
		Started: func(s *Stream) { p.stream = s },
	}
	if change != nil {
		change(&spec)
	}
	h.engine.Add(spec)
	return p
}

func (p *peer) line() string {
	p.t.Helper()
	_ = p.conn.SetReadDeadline(time.Now().Add(patience))
	if !p.lines.Scan() {
		p.t.Fatalf("stream ended: %v", p.lines.Err())
	}
	return p.lines.Text()
}

func (p *peer) expect(want string) {
	p.t.Helper()
	if got := p.line(); got != want {
		p.t.Fatalf("read %.60q, want %q", got, want)
	}
}

func (p *peer) expectClosed(want Reason) {
	p.t.Helper()
	select {
	case got := <-p.closed:
		if got != want {
			p.t.Fatalf("closed for reason %v, want %v", got, want)
		}
	case <-time.After(patience):
		p.t.Fatalf("not closed, want reason %v", want)
	}
}

func (h *harness) append(n int) { h.log.Append(numbered(n, 0)) }

// numbered is a frame of one line: its number, and padding.
func numbered(n, pad int) Frame {
	return Frame{Bytes: fmt.Appendf(nil, "%d%s\n", n, strings.Repeat(" ", pad)), Note: n}
}

func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !cond() {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

func TestEveryStreamGetsEverything(t *testing.T) {
	both(t, func(t *testing.T, h *harness) {
		const streams, frames = 60, 2000
		var peers []*peer
		for range streams {
			peers = append(peers, h.connect(nil))
		}
		var readers sync.WaitGroup
		for _, p := range peers {
			readers.Go(func() {
				p.expect("hello")
				for n := range frames {
					p.expect(fmt.Sprint(n))
				}
			})
		}
		for n := range frames {
			h.append(n)
			if n%50 == 0 {
				time.Sleep(time.Millisecond) // several flushes rather than one
			}
		}
		readers.Wait()
		eventually(t, "the log drops what all were sent", func() bool { return held(h.log) == 0 })
		if s := h.engine.Stats(); s.Streams != streams || s.Frames < streams*frames {
			t.Errorf("stats %+v", s)
		}
	})
}

// TestJoiningUnderLoad adds streams while frames are appended: each begins
// where it was told to and misses nothing.
func TestJoiningUnderLoad(t *testing.T) {
	both(t, func(t *testing.T, h *harness) {
		// Nothing paces the appender here; how far it may run ahead is not the point.
		h.log = NewLog(Limits{Messages: 1 << 20, Bytes: 1 << 26}, nil)
		var mu sync.Mutex
		next, target := 0, 1<<30 // guarded by mu
		more := func() bool {
			mu.Lock()
			defer mu.Unlock()
			h.append(next)
			next++
			return next < target
		}
		var appending, reading sync.WaitGroup
		appending.Go(func() {
			for more() {
				runtime.Gosched()
			}
		})
		for range 40 {
			first := 0
			p := h.connect(func(s *Spec) {
				h.log.Release(s.From)
				mu.Lock()
				defer mu.Unlock()
				s.From, first = h.log.Next(), next
			})
			reading.Go(func() {
				p.expect("hello")
				for n := first; n < first+500; n++ {
					p.expect(fmt.Sprint(n))
				}
				p.conn.Close()
				p.expectClosed(ReasonClient)
			})
		}
		mu.Lock()
		target = next + 500 // what the last ones wait for
		mu.Unlock()
		appending.Wait()
		reading.Wait()
	})
}

func TestPeerLeaves(t *testing.T) {
	both(t, func(t *testing.T, h *harness) {
		for _, leave := range []func(*peer){
			func(p *peer) { p.conn.Close() },
			func(p *peer) { p.conn.CloseWrite() },
			func(p *peer) { p.conn.SetLinger(0); p.conn.Close() },
		} {
			p := h.connect(nil)
			p.expect("hello")
			leave(p)
			p.expectClosed(ReasonClient)
		}
		eventually(t, "no stream is left", func() bool { return h.engine.Stats().Streams == 0 })
	})
}

func TestPeerSpeaks(t *testing.T) {
	both(t, func(t *testing.T, h *harness) {
		p := h.connect(nil)
		p.expect("hello")
		if _, err := p.conn.Write([]byte("GET / HTTP/1.1\r\n\r\n")); err != nil {
			t.Fatal(err)
		}
		p.expectClosed(ReasonSpoke)
	})
}

func TestExpires(t *testing.T) {
	both(t, func(t *testing.T, h *harness) {
		p := h.connect(func(s *Spec) { s.TTL = 50 * time.Millisecond })
		p.expect("hello")
		p.expectClosed(ReasonExpired)
		if p.lines.Scan() {
			t.Errorf("read %q after the end", p.lines.Text())
		}
	})
}

// TestExpiresWithNotice has streams be told of their end, before it and at it;
// one that has little time left, at once.
func TestExpiresWithNotice(t *testing.T) {
	for name, warn := range map[string]time.Duration{"ahead": 20 * time.Millisecond, "at once": time.Hour} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, h *harness) {
				cfg := h.engine.cfg
				cfg.Warn = warn
				cfg.Notice = func(end time.Time, left time.Duration) []byte {
					return fmt.Appendf(nil, "%d %v\n", end.UnixMilli(), left > 0)
				}
				h = newHarness(t, cfg)
				end := time.Now().Add(100 * time.Millisecond)
				p := h.connect(func(s *Spec) { s.Expires = end })
				never := h.connect(nil)
				p.expect("hello")
				p.expect(fmt.Sprint(end.UnixMilli(), " true"))
				if ahead := time.Now().Before(end.Add(-warn - time.Millisecond)); ahead {
					t.Error("told too early")
				}
				p.expect(fmt.Sprint(end.UnixMilli(), " false"))
				p.expectClosed(ReasonExpired)
				h.append(1)
				never.expect("hello")
				never.expect("1")
			})
		})
	}
}

func TestSendToOne(t *testing.T) {
	both(t, func(t *testing.T, h *harness) {
		early := h.connect(func(s *Spec) {
			started := s.Started
			s.Started = func(st *Stream) { started(st); st.Send([]byte("early\n")) }
		})
		a, b := h.connect(nil), h.connect(nil)
		a.expect("hello")
		b.expect("hello")
		early.expect("hello")
		early.expect("early")
		h.append(1)
		a.expect("1")
		a.stream.Send([]byte("for a\n"))
		a.expect("for a")
		h.append(2)
		a.expect("2")
		b.expect("1")
		b.expect("2")
		early.expect("1")
		early.expect("2")
	})
}

func TestCloseWithFarewell(t *testing.T) {
	both(t, func(t *testing.T, h *harness) {
		p := h.connect(nil)
		p.expect("hello")
		p.stream.Close([]byte("bye\n"), ReasonKicked)
		p.expect("bye")
		p.expectClosed(ReasonKicked)
		p.stream.Close([]byte("again\n"), ReasonKicked) // nothing happens
		p.stream.Send([]byte("again\n"))
		if p.lines.Scan() {
			t.Errorf("read %q after the end", p.lines.Text())
		}
	})
}

func TestDrain(t *testing.T) {
	both(t, func(t *testing.T, h *harness) {
		var peers []*peer
		for range 30 {
			peers = append(peers, h.connect(nil))
		}
		h.engine.Drain(context.Background(), 50*time.Millisecond, func() []byte { return []byte("bye\n") })
		for _, p := range peers {
			p.expect("hello")
			p.expect("bye")
			p.expectClosed(ReasonShutdown)
		}
	})
}

func TestEngineCloseEndsStreams(t *testing.T) {
	both(t, func(t *testing.T, h *harness) {
		p := h.connect(nil)
		p.expect("hello")
		h.engine.Close()
		p.expectClosed(ReasonShutdown)
		late := h.connect(nil)
		late.expectClosed(ReasonShutdown)
	})
}

// TestDescriptorsComeBack opens and closes streams in every way and counts the
// process's descriptors.
func TestDescriptorsComeBack(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("counts descriptors in /proc")
	}
	both(t, func(t *testing.T, h *harness) {
		before := descriptors(t)
		for range 20 {
			p := h.connect(nil)
			p.expect("hello")
			p.conn.Close()
			p.expectClosed(ReasonClient)
			q := h.connect(nil)
			q.expect("hello")
			q.stream.Close(nil, ReasonKicked)
			q.expectClosed(ReasonKicked)
			q.conn.Close()
		}
		eventually(t, "descriptors come back", func() bool { return descriptors(t) <= before })
	})
}

func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}
