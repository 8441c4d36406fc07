package fanout

import (
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// stall makes a peer whose kernel holds little, so that lag shows early.
func stall(s *Spec) {
	_ = s.Conn.(*net.TCPConn).SetWriteBuffer(8 << 10)
}

// pump appends frames of a kilobyte until the condition holds.
func (h *harness) pump(from int, until func() bool) (next int) {
	h.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !until() {
		h.log.Append(numbered(from, 1000))
		from++
		if from%10 == 0 {
			time.Sleep(time.Millisecond)
		}
		if time.Now().After(deadline) {
			h.t.Fatal("pumped for too long")
		}
	}
	return from
}

func number(t *testing.T, line string) int {
	t.Helper()
	var n int
	if _, err := fmt.Sscan(line, &n); err != nil {
		t.Fatalf("torn line %.40q", line)
	}
	return n
}

func TestSlowStreamIsClosedAndOthersAreNot(t *testing.T) {
	both(t, func(t *testing.T, h *harness) {
		good := h.connect(nil)
		slow := h.connect(stall)
		_ = slow.conn.SetReadBuffer(4 << 10)
		var got sync.WaitGroup
		total := make(chan int, 1)
		got.Go(func() {
			good.expect("hello")
			for n := 0; ; n++ {
				if at := number(t, good.line()); at != n {
					t.Errorf("the good stream read %d, want %d", at, n)
					return
				}
				select {
				case end := <-total:
					total <- end
					if n == end-1 {
						return
					}
				default:
				}
			}
		})
		var reason Reason
		closed := false
		end := h.pump(0, func() bool {
			select {
			case reason = <-slow.closed:
				closed = true
			default:
			}
			return closed
		})
		total <- end + 1
		h.append(end)
		got.Wait()
		if reason != ReasonSlow {
			t.Errorf("closed for reason %v", reason)
		}
	})
}

func TestSlowStreamSkips(t *testing.T) {
	for _, policy := range []Policy{Gap, Latest} {
		t.Run(policy.String(), func(t *testing.T) {
			both(t, func(t *testing.T, h *harness) {
				slow := h.connect(func(s *Spec) { stall(s); s.Policy = policy })
				_ = slow.conn.SetReadBuffer(4 << 10)
				const end = 2000
				sent := 0
				h.pump(0, func() bool { sent++; return sent > end })
				slow.expect("hello")
				gaps := 0
				for next := 0; next < end; {
					line := slow.line()
					var from, to int
					if n, _ := fmt.Sscanf(line, "gap %d %d", &from, &to); n == 2 {
						gaps++
						if from != next {
							t.Fatalf("gap from %d at %d", from, next)
						}
						next = to + 1
						continue
					}
					if n := number(t, line); n != next {
						t.Fatalf("read %d, want %d, after %d gaps", n, next, gaps)
					}
					next++
				}
				if gaps == 0 || h.engine.Stats().Skips[policy] == 0 {
					t.Errorf("%d gaps in the stream, %d skips counted", gaps, h.engine.Stats().Skips[policy])
				}
				h.append(end)
				if n := number(t, slow.line()); n != end {
					t.Errorf("then read %d, want %d", n, end)
				}
			})
		})
	}
}

func TestStalledStreamIsCut(t *testing.T) {
	for _, portable := range []bool{false, true} {
		t.Run(fmt.Sprintf("portable=%v", portable), func(t *testing.T) {
			cfg := DefaultConfig()
			cfg.Portable, cfg.StallAfter = portable, 300*time.Millisecond
			h := newHarness(t, cfg)
			h.log = NewLog(Limits{Messages: 1 << 20, Bytes: 64 << 20}, nil)
			p := h.connect(stall)
			_ = p.conn.SetReadBuffer(4 << 10)
			var reason Reason
			h.pump(0, func() bool {
				select {
				case reason = <-p.closed:
					return true
				default:
					return false
				}
			})
			if reason != ReasonStalled {
				t.Errorf("closed for reason %v", reason)
			}
		})
	}
}

// TestFlood has events for single streams come faster than the engine can look at
// them: what waits is bounded, and whoever is sent too much is closed.
func TestFlood(t *testing.T) {
	both(t, func(t *testing.T, h *harness) {
		const limit = hardFactor * 256 << 10
		held := &holder{let: make(chan struct{})}
		var busy []*peer
		for range 2 { // as many as there are shards
			busy = append(busy, h.connect(func(s *Spec) { s.Owner = held }))
		}
		flooded, fine := h.connect(nil), h.connect(nil)
		for _, p := range busy {
			p.stream.Close(nil, ReasonKicked)
		}
		homes := int32(max(1, len(h.engine.detached.homes())))
		eventually(t, "all are held", func() bool { return held.waiting.Load() == homes })
		event := numbered(1, 1000).Bytes
		for range limit/len(event) + 100 {
			flooded.stream.Send(event)
		}
		fine.stream.Send(event)
		if w := flooded.stream.waiting.Load(); w > limit {
			t.Errorf("%d bytes wait", w)
		}
		close(held.let)
		var reading sync.WaitGroup
		reading.Go(func() { _, _ = io.Copy(io.Discard, flooded.conn) })
		flooded.expectClosed(ReasonSlow)
		reading.Wait()
		fine.expect("hello")
		if n := number(t, fine.line()); n != 1 {
			t.Errorf("read %d", n)
		}
		if w := fine.stream.waiting.Load(); w != 0 {
			t.Errorf("%d bytes wait still", w)
		}
	})
}

// holder holds up the goroutine that tells it of a stream's end.
type holder struct {
	waiting atomic.Int32
	let     chan struct{}
}

func (h *holder) StreamClosed(Reason) {
	h.waiting.Add(1)
	<-h.let
}
