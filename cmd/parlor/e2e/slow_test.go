package e2e_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cmd/proctest"
)

// A reader that keeps up lags at most one batch; one that stalls is soon beyond
// the queue of twice that, and what the kernel holds for it.
var smallQueue = []string{"--queue-messages", "128", "--queue-bytes", "128KiB"}

const batchSize = 64

// watcher is a reader that keeps up and checks the order.
type watcher struct {
	stream *stream
	seen   atomic.Uint64 // seq
	err    error         // set before ended is closed
	ended  chan struct{}
}

// watch opens readers of room a that keep up.
func watch(s *server, count int) []*watcher {
	s.t.Helper()
	var all []*watcher
	for range count {
		w := &watcher{stream: s.open("/connect?room=a"), ended: make(chan struct{})}
		all = append(all, w)
		go w.run()
	}
	return all
}

func (w *watcher) run() {
	defer close(w.ended)
	var c chain
	for {
		e, err := w.stream.readMessage()
		if err != nil {
			w.err = err
			return
		}
		if w.err = c.take(e); w.err != nil {
			return
		}
		if c.gaps > 0 {
			w.err = fmt.Errorf("gap %s", e.Data)
			return
		}
		w.seen.Store(c.last.Seq)
	}
}

// flood publishes batches of 1 KiB messages to room a until enough reports
// true. Before a batch everybody who keeps up has got the one before it.
func flood(s *server, watchers []*watcher, enough func() bool) {
	s.t.Helper()
	body := `{"pad":"` + strings.Repeat("x", 1000) + `"}`
	for begin := time.Now(); !enough(); {
		if time.Since(begin) > proctest.Patience {
			s.t.Fatalf("still not enough after %v", proctest.Patience)
		}
		newest := batch(s, body)
		proctest.Until(s.t, "readers that keep up have everything", func() bool {
			for _, w := range watchers {
				select {
				case <-w.ended:
					s.t.Fatalf("a reader that keeps up: %v", w.err)
				default:
				}
				if w.seen.Load() < newest {
					return false
				}
			}
			return true
		})
	}
}

// batch publishes a batch from four goroutines and returns the greatest seq.
func batch(s *server, body string) (newest uint64) {
	s.t.Helper()
	var workers sync.WaitGroup
	var receipts [batchSize]receipt
	var errs [batchSize]error
	for w := range 4 {
		workers.Go(func() {
			for i := w; i < batchSize; i += 4 {
				receipts[i], errs[i] = s.post("room=a", "", body)
			}
		})
	}
	workers.Wait()
	if err := errors.Join(errs[:]...); err != nil {
		s.t.Fatalf("publish: %v", err)
	}
	for _, r := range receipts {
		newest = max(newest, position(s.t, r.ID).Seq)
	}
	return newest
}

// batches returns what makes flood publish that many batches.
func batches(n int) func() bool {
	return func() bool { n--; return n < 0 }
}

// TestStalledReaderIsCut wants a reader that takes nothing to be cut, others
// not to notice, and that it is told what it missed when it comes back.
func TestStalledReaderIsCut(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(*testing.T, ...string) *server{"plain": start, "TLS": startTLS} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, smallQueue...)
			watchers := watch(s, 3)
			stalled := openBy(t, s.dialStalling(), "/connect?room=a")
			flood(s, watchers, func() bool { return s.metric(`parlor_streams_closed_total{reason="slow"}`) == 1 })
			if open := s.metric("parlor_streams_open"); open != 3 {
				t.Errorf("%v streams are open", open)
			}
			var c chain
			for {
				e, err := stalled.readMessage()
				if err != nil {
					break // a reset, or whatever the cut made of it
				}
				if err := c.take(e); err != nil {
					t.Fatal(err)
				}
			}
			history := s.history("a")
			back := s.open("/connect?room=a", resumeAt(c.last.String()))
			oldest, gap := position(t, history[0].ID), back.gap("trimmed")
			if from, to := position(t, gap.From), position(t, gap.To); from.Seq != c.last.Seq+1 || to.Seq != oldest.Seq-1 {
				t.Errorf("gap %+v between %v and %v", gap, c.last, oldest)
			}
			back.expect(history)
			s.publish("a", `{}`).want(t, back.message())
		})
	}
}

// TestSlowReaderSkips wants a reader that takes too little to be told, to the
// message, what it does not get.
func TestSlowReaderSkips(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(*testing.T, ...string) *server{"plain": start, "TLS": startTLS} {
		for _, policy := range []string{"gap", "latest"} {
			t.Run(name+"/"+policy, func(t *testing.T) {
				t.Parallel()
				s := start(t, append(smallQueue, "--slow", policy)...)
				watchers := watch(s, 2)
				slow := openBy(t, s.dialStalling(), "/connect?room=a")
				flood(s, watchers, batches(8))
				// It wakes up, and takes a little while more comes in than it takes.
				var c chain
				more := batches(8)
				flood(s, watchers, func() bool {
					for range batchSize / 8 {
						if err := c.take(slow.message()); err != nil {
							t.Fatal(err)
						}
					}
					return more()
				})
				last := s.publish("a", `{"n":"last"}`)
				for c.last.String() != last.ID {
					if err := c.take(slow.message()); err != nil {
						t.Fatal(err)
					}
				}
				skips := s.metric(fmt.Sprintf("parlor_streams_skips_total{policy=%q}", policy))
				if c.gaps == 0 || skips < float64(c.gaps) {
					t.Errorf("%d gaps, %v skips", c.gaps, skips)
				}
				t.Logf("%d messages, %d lost in %d gaps", c.last.Seq, c.lost, c.gaps)
				if closed := s.metric(`parlor_streams_closed_total{reason="slow"}`); closed != 0 {
					t.Errorf("%v streams were cut", closed)
				}
			})
		}
	}
}

// TestSilentReaderIsCut wants a reader that takes nothing for ten seconds to be
// cut though it has not fallen far behind.
func TestSilentReaderIsCut(t *testing.T) {
	t.Parallel()
	s := start(t)
	watchers := watch(s, 1)
	stalled := openBy(t, smallWindow(s.addr), "/connect?room=a")
	flood(s, watchers, func() bool { return s.metric("parlor_streams_parked") == 1 })
	begin := time.Now()
	proctest.Until(t, "the stalled stream is cut", func() bool {
		return s.metric(`parlor_streams_closed_total{reason="stalled"}`) == 1
	})
	t.Logf("cut after %v", time.Since(begin))
	for {
		if _, err := stalled.readMessage(); err != nil {
			if errors.Is(err, io.EOF) {
				t.Error("the stream ended as if it had been sent everything")
			}
			break
		}
	}
	r := s.publish("a", `{}`)
	proctest.Until(t, "the other reader goes on", func() bool { return watchers[0].seen.Load() == position(t, r.ID).Seq })
}
