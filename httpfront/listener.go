package httpfront

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"syscall"
	"time"
)

// How long to wait before accepting again after a failure that passes: doubled
// from the first to the last.
const (
	firstBackoff = 5 * time.Millisecond
	lastBackoff  = time.Second
)

// Listen listens for streams. Connections have no TCP keep-alive, which
// heartbeats make needless; on Linux they have a small send buffer, so that a
// stalled client is noticed before megabytes are queued for it in the kernel,
// and are given up when the peer acknowledges nothing for 30 s.
func Listen(ctx context.Context, network, addr string) (net.Listener, error) {
	cfg := net.ListenConfig{KeepAlive: -1, Control: tuneListener}
	ln, err := cfg.Listen(ctx, network, addr)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	return ln, nil
}

// listener accepts connections for fasthttp, which ends for good at the first
// error. Connections are returned as they are, so that the bare one can be
// reached by whoever hijacks it.
type listener struct {
	net.Listener // also closed by Close

	// Static after construction.
	limits  *limits
	metrics *metrics
	log     *slog.Logger
	done    chan struct{} // closed by Close, which ends a wait in Accept

	closing sync.Once
	err     error // of closing; set within closing
}

func newListener(ln net.Listener, l *limits, m *metrics, log *slog.Logger) *listener {
	return &listener{Listener: ln, limits: l, metrics: m, log: log, done: make(chan struct{})}
}

// Accept waits for a connection. Shortages of descriptors or memory are waited
// out. When there are as many connections as there may be, new ones are closed
// without a word: an EventSource tries again after that, but not after a 503.
func (l *listener) Accept() (net.Conn, error) {
	backoff := firstBackoff
	for {
		conn, err := l.Listener.Accept()
		switch {
		case err == nil && !l.limits.full():
			return conn, nil
		case err == nil:
			l.metrics.turnedAway()
			_ = conn.Close()
			backoff = firstBackoff
		case !passes(err):
			return nil, err
		default:
			l.metrics.acceptFailed()
			l.log.Warn("accept failed, trying again", "error", err, "wait", backoff)
			if !l.wait(backoff) {
				return nil, net.ErrClosed
			}
			backoff = min(2*backoff, lastBackoff)
		}
	}
}

// wait waits for d and reports false when the listener was closed meanwhile.
func (l *listener) wait(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-l.done:
		return false
	}
}

// Close closes the listener. Calls after the first return what it returned.
func (l *listener) Close() error {
	l.closing.Do(func() {
		close(l.done)
		l.err = l.Listener.Close()
	})
	return l.err
}

// passes reports whether an accept error says nothing about the next accept.
func passes(err error) bool {
	for _, errno := range []syscall.Errno{
		syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM,
		syscall.ECONNABORTED, syscall.EINTR, syscall.EPROTO,
	} {
		if errors.Is(err, errno) {
			return true
		}
	}
	return false
}

// connectionBudget returns how many connections a process may have that may
// have that many descriptors: the rest is for the store's files and for peers.
func connectionBudget(descriptors uint64) int {
	const (
		most  = 1 << 20
		files = 1200 // what the store and the cluster may open, at most
	)
	descriptors = min(descriptors, most+files)
	return max(1, int(descriptors-min(descriptors/4, files)))
}
