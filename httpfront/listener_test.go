package httpfront

import (
	"errors"
	"log/slog"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// scriptedListener returns what a script says, one step an Accept, then waits
// for Close.
type scriptedListener struct {
	steps  []any // net.Conn or error
	closed chan struct{}
}

func (l *scriptedListener) Accept() (net.Conn, error) {
	if len(l.steps) == 0 {
		<-l.closed
		return nil, net.ErrClosed
	}
	step := l.steps[0]
	l.steps = l.steps[1:]
	if conn, ok := step.(net.Conn); ok {
		return conn, nil
	}
	return nil, step.(error)
}

func (l *scriptedListener) Close() error   { close(l.closed); return nil }
func (l *scriptedListener) Addr() net.Addr { return &net.TCPAddr{} }

func accepting(errno error) error {
	return &net.OpError{Op: "accept", Net: "tcp", Err: os.NewSyscallError("accept4", errno)}
}

// newTestListener returns a listener over a script, and its metrics.
func newTestListener(t *testing.T, l *limits, steps ...any) (*listener, prometheus.Gatherer) {
	t.Helper()
	reg := prometheus.NewRegistry()
	m, err := newMetrics(reg, l)
	if err != nil {
		t.Fatal(err)
	}
	script := &scriptedListener{steps: steps, closed: make(chan struct{})}
	return newListener(script, l, m, slog.New(slog.DiscardHandler)), reg
}

// counter returns the value of a counter without labels.
func counter(t *testing.T, g prometheus.Gatherer, name string) float64 {
	t.Helper()
	families, err := g.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetCounter().GetValue()
		}
	}
	t.Fatalf("no metric %s", name)
	return 0
}

func TestAcceptRetries(t *testing.T) {
	want, peer := net.Pipe()
	defer want.Close()
	defer peer.Close()
	ln, reg := newTestListener(t, newLimits(10, 1),
		accepting(syscall.EMFILE), accepting(syscall.ENFILE), accepting(syscall.ENOBUFS), accepting(syscall.ECONNABORTED), want)
	got, err := ln.Accept()
	if err != nil || got != want {
		t.Errorf("got %v, %v", got, err)
	}
	if n := counter(t, reg, "parlor_http_accept_errors_total"); n != 4 {
		t.Errorf("%v failures counted", n)
	}
}

func TestAcceptEnds(t *testing.T) {
	for _, end := range []error{accepting(syscall.EBADF), accepting(syscall.EINVAL), net.ErrClosed} {
		ln, _ := newTestListener(t, newLimits(10, 1), end)
		if conn, err := ln.Accept(); conn != nil || !errors.Is(err, end) {
			t.Errorf("%v: got %v, %v", end, conn, err)
		}
	}
}

// TestCloseEndsBackoff closes a listener whose every accept fails.
func TestCloseEndsBackoff(t *testing.T) {
	steps := make([]any, 1000)
	for i := range steps {
		steps[i] = accepting(syscall.EMFILE)
	}
	ln, reg := newTestListener(t, newLimits(10, 1), steps...)
	done := make(chan error)
	go func() { _, err := ln.Accept(); done <- err }()
	for counter(t, reg, "parlor_http_accept_errors_total") < 3 {
		time.Sleep(time.Millisecond)
	}
	if err := ln.Close(); err != nil {
		t.Error(err)
	}
	if err := <-done; !errors.Is(err, net.ErrClosed) {
		t.Errorf("accept: %v", err)
	}
	if err := ln.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
}

func TestAcceptTurnsAway(t *testing.T) {
	first, firstPeer := net.Pipe()
	second, secondPeer := net.Pipe()
	defer firstPeer.Close()
	defer secondPeer.Close()
	defer second.Close()
	l := newLimits(2, 1)
	l.conns.Add(2)
	ln, reg := newTestListener(t, l, first, accepting(syscall.EMFILE), second)
	go func() {
		_, _ = firstPeer.Read(make([]byte, 1)) // ends when the connection is closed
		l.conns.Add(-1)
	}()
	got, err := ln.Accept()
	if err != nil || got != second {
		t.Errorf("got %v, %v", got, err)
	}
	if n := counter(t, reg, "parlor_http_turned_away_total"); n != 1 {
		t.Errorf("%v turned away", n)
	}
}

func TestConnectionBudget(t *testing.T) {
	for descriptors, want := range map[uint64]int{0: 1, 1: 1, 4: 3, 256: 192, 1024: 768, 4800: 3600, 10_000: 8800, 1 << 63: 1 << 20} {
		if got := connectionBudget(descriptors); got != want {
			t.Errorf("%d descriptors: %d connections, want %d", descriptors, got, want)
		}
	}
}

func TestCountedAddr(t *testing.T) {
	for in, want := range map[string]string{
		"203.0.113.9:1": "203.0.113.9", "[::ffff:203.0.113.9]:1": "203.0.113.9", "[2001:db8:1:2:3::4]:1": "2001:db8:1:2::", "[fe80::1%eth0]:1": "fe80::",
		"127.0.0.1:1": "", "[::1]:1": "", "[::ffff:127.9.9.9]:1": "",
	} {
		addr, err := net.ResolveTCPAddr("tcp", in)
		if err != nil {
			t.Fatal(err)
		}
		got, counted := countedAddr(peerAddr(addr))
		if counted != (want != "") || counted && got.String() != want {
			t.Errorf("%s: %v, %v", in, got, counted)
		}
	}
	if _, counted := countedAddr(peerAddr(&net.UnixAddr{})); counted {
		t.Error("a unix socket is counted")
	}
}
