package fanout

import (
	"fmt"
	"net"
	"sync"
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
