package bulk_test

import (
	"bytes"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parlor-sse/parlor/actors/bulk"
	"github.com/parlor-sse/parlor/actors/wire"
)

func isMore(_, _ string, m wire.Message) bool { w, ok := m.(wire.Want); return ok && w.N > 0 }

// TestStuckMessagesAreGivenUp cuts what a transfer needs, and wants both ends to
// forget it within reason.
func TestStuckMessagesAreGivenUp(t *testing.T) {
	for _, tt := range []struct {
		name string
		cut  func(from, to string, m wire.Message) bool
		rate int
	}{
		{"everything", everything, 0},
		{"parts", parts, 0},
		{"parts with a rate", parts, chunk},
		{"questions", isMore, 0},
		{"one way", func(from, _ string, _ wire.Message) bool { return from == "a" }, 0},
		{"the other way", func(from, _ string, _ wire.Message) bool { return from == "b" }, 0},
	} {
		for _, before := range []time.Duration{0, 6 * time.Millisecond} { // not begun, or in the middle
			t.Run(fmt.Sprint(tt.name, before), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					net := open(t, 2, func(c *bulk.Config) { c.Rate = tt.rate })
					start := func() { net.nodes["a"].Carry("b", room("r"), message(1, 9*chunk)) }
					if before > 0 {
						start()
						time.Sleep(before)
						net.sever(tt.cut)
					} else {
						net.sever(tt.cut)
						start()
					}
					time.Sleep(12 * time.Second)
					net.idle()
					net.nodes["b"].wants()
					net.nodes["a"].expect(map[string]float64{"carried_total": 0, "given_up_total,send": 1})
				})
			})
		}
	}
}

// TestOthersGoOnBesideOneThatIsStuck wants one node that fell silent to cost its
// own messages only.
func TestOthersGoOnBesideOneThatIsStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := open(t, 3, nil)
		for i := range 6 {
			net.nodes["a"].Carry("b", room(fmt.Sprint(i)), message(1, 3*chunk))
		}
		time.Sleep(2*latency + latency/2)
		net.sever(func(from, _ string, _ wire.Message) bool { return from == "a" })
		m := message(2, 3*chunk)
		net.nodes["c"].Carry("b", room("r"), m)
		time.Sleep(12 * time.Second)
		net.nodes["b"].wants(m)
		net.idle()
	})
}

func TestWhatIsNotWhatWasOffered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := open(t, 2, nil)
		b := net.nodes["b"]
		net.sever(everything)
		b.Receive("a", wire.Offer{ID: 1, Bytes: 3, Sum: 1, Room: room("r")})
		b.Receive("a", wire.Part{ID: 1, Data: []byte("abc")})
		synctest.Wait()
		b.wants()
		b.expect(map[string]float64{"given_up_total,receive,checksum": 1})
		net.idle()
	})
}

// TestNonsense sends what no node would.
func TestNonsense(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := open(t, 2, nil)
		a, b := net.nodes["a"], net.nodes["b"]
		m := message(1, 2*chunk)
		var id uint64
		net.sever(func(_, _ string, m wire.Message) bool {
			if o, ok := m.(wire.Offer); ok {
				id = o.ID
			}
			return parts("", "", m)
		})
		a.Carry("b", room("r"), m)
		time.Sleep(3 * latency)
		for _, w := range []wire.Want{
			{N: chunk + 1}, {Offset: 2 * chunk, N: 1}, {Offset: 1<<64 - 1, N: 2}, {Offset: chunk + 1, N: chunk},
		} {
			w.ID = id
			a.Receive("b", w)
		}
		a.expect(map[string]float64{"ignored_total,malformed": 4})
		for _, p := range []wire.Part{
			{Data: m[:chunk-1]}, {Data: m[:chunk+1]}, {Data: nil}, {Offset: chunk, Data: m[:1]},
		} {
			p.ID = id
			b.Receive("a", p)
		}
		b.expect(map[string]float64{"ignored_total,malformed": 4})
		for _, p := range []wire.Part{
			{ID: id, Offset: 1, Data: m[:chunk]}, {ID: id + 1, Data: m[:chunk]}, {ID: id, Offset: 1 << 63, Data: m[:chunk]},
		} {
			b.Receive("a", p)
		}
		b.Receive("c", wire.Part{ID: id, Data: m[:chunk]}) // it is not c's
		b.expect(map[string]float64{"ignored_total,repeated": 4, "received_bytes_total": 0})
		a.Receive("c", wire.Drop{ID: id})
		a.Receive("b", wire.Contact{})
		a.expect(map[string]float64{"sending": 1})
		net.sever(nil)
		time.Sleep(time.Second)
		b.wants(m)
	})
}

// TestAReceiverBeginsAnew has the receiving node end and begin again while it
// fetches a message.
func TestAReceiverBeginsAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := open(t, 2, nil)
		b := net.nodes["b"]
		m := message(1, 9*chunk)
		net.nodes["a"].Carry("b", room("r"), m)
		time.Sleep(5 * latency)
		b.Close()
		again, err := bulk.Open(bulk.Config{Send: b.send, Deliver: b.deliver})
		if err != nil {
			t.Fatal(err)
		}
		defer again.Close()
		net.mu.Lock()
		clear(net.asked)
		net.mu.Unlock()
		b.swap(again)
		time.Sleep(5 * time.Second)
		if got := b.got(); len(got) != 1 || !bytes.Equal(got[0], m) {
			t.Errorf("%d messages arrived", len(got))
		}
		net.nodes["a"].expect(map[string]float64{"carried_total": 1, "sending": 0})
	})
}
