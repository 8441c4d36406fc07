package bulk_test

import (
	"bytes"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cespare/xxhash/v2"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/parlor-sse/parlor/actors/bulk"
	"github.com/parlor-sse/parlor/actors/wire"
)

const chunk = bulk.ChunkBytes

func TestMessagesArriveWhole(t *testing.T) {
	for _, size := range []int{1, chunk - 1, chunk, chunk + 1, 2 * chunk, 5*chunk + 7} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				net := open(t, 2, nil)
				m := message(1, size)
				net.nodes["a"].Carry("b", room("r"), m)
				time.Sleep(time.Second)
				net.nodes["b"].wants(m)
				net.nodes["a"].expect(map[string]float64{"carried_total": 1, "sent_bytes_total": float64(size), "given_up_total": 0})
				net.nodes["b"].expect(map[string]float64{
					"delivered_total": 1, "received_bytes_total": float64(size), "asked_again_total": 0, "ignored_total": 0,
				})
				net.idle()
				if n := net.counted(isOffer); n != 1 {
					t.Errorf("offered %d times", n)
				}
			})
		})
	}
}

// TestBadNetworks sends messages both ways among three nodes, and wants all of
// them to arrive, each once, whatever the network does.
func TestBadNetworks(t *testing.T) {
	for _, tt := range []struct {
		name        string
		loss, twice float64
		jitter      time.Duration
	}{
		{"reordering", 0, 0, 100 * time.Millisecond},
		{"repeating", 0, 0.5, 20 * time.Millisecond},
		{"losing", 0.2, 0, 0},
		{"all of it", 0.2, 0.2, 300 * time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				net := open(t, 3, nil)
				net.loss, net.twice, net.jitter = tt.loss, tt.twice, tt.jitter
				time.Sleep(time.Second) // idle at first
				want := map[string][][]byte{}
				for seed := range uint64(12) {
					from, to := string(rune('a'+seed%3)), string(rune('a'+(seed+1+seed/6)%3))
					m := message(seed, chunk+int(seed)*chunk/2)
					want[to] = append(want[to], m)
					net.nodes[from].Carry(to, room(fmt.Sprint(seed)), m)
				}
				time.Sleep(time.Minute)
				net.idle()
				for name, messages := range want {
					sameSet(t, net.nodes[name].got(), messages)
					size := 0
					for _, m := range messages {
						size += len(m)
					}
					net.nodes[name].expect(map[string]float64{"received_bytes_total": float64(size)})
				}
			})
		})
	}
}

// sameSet wants got to be all of want, in whatever order.
func sameSet(t *testing.T, got, want [][]byte) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d messages arrived, want %d", len(got), len(want))
	}
	for i, w := range want {
		found := 0
		for _, g := range got {
			if bytes.Equal(g, w) {
				found++
			}
		}
		if found != 1 {
			t.Errorf("message %d arrived %d times", i, found)
		}
	}
}

// TestTheLastWordIsLost wants a message that has arrived to be neither fetched
// nor delivered again because its sender did not hear of it.
func TestTheLastWordIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := open(t, 2, nil)
		lost := 0
		net.sever(func(_, _ string, m wire.Message) bool {
			d, ok := m.(wire.Drop)
			if ok && d.Done && lost < 3 {
				lost++
				return true
			}
			return false
		})
		m := message(1, 3*chunk)
		net.nodes["a"].Carry("b", room("r"), m)
		time.Sleep(3 * time.Second)
		net.nodes["b"].wants(m)
		net.nodes["b"].expect(map[string]float64{"received_bytes_total": 3 * chunk})
		net.nodes["a"].expect(map[string]float64{"carried_total": 1, "given_up_total": 0})
		net.idle()
	})
}

// TestDeliveryHoldsUpNothing wants neither parts nor senders to wait for the one
// that a message is delivered to.
func TestDeliveryHoldsUpNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := open(t, 2, nil)
		b := net.nodes["b"]
		b.gate = make(chan struct{})
		var all [][]byte
		for seed := range uint64(6) {
			all = append(all, message(seed, chunk))
			net.nodes["a"].Carry("b", room(fmt.Sprint(seed)), all[seed])
		}
		time.Sleep(20 * time.Second)
		net.nodes["a"].expect(map[string]float64{"carried_total": 4, "given_up_total": 0, "sending": 2})
		b.expect(map[string]float64{"receiving": 4, "waiting": 2})
		close(b.gate)
		time.Sleep(time.Second)
		sameSet(t, b.got(), all)
		net.idle()
	})
}

// TestADropTooLate has a sender give up a message that was just fetched.
func TestADropTooLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := open(t, 1, nil)
		net.sever(everything)
		n := net.nodes["a"]
		n.gate = make(chan struct{})
		m := message(1, 3)
		n.Receive("b", wire.Offer{ID: 1, Bytes: 3, Sum: xxhash.Sum64(m), Room: room("r")})
		n.Receive("b", wire.Part{ID: 1, Data: m})
		n.Receive("b", wire.Drop{ID: 1})
		n.expect(map[string]float64{"receiving": 1, "receiving_bytes": 3, "given_up_total": 0})
		close(n.gate)
		synctest.Wait()
		n.wants(m)
		net.idle()
	})
}

func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := open(t, 2, func(c *bulk.Config) { c.Rate = 1 << 20 })
		a, b := net.nodes["a"], net.nodes["b"]
		a.Carry("b", room("r"), message(1, 8*chunk))
		b.Carry("a", room("r"), message(2, 8*chunk))
		time.Sleep(time.Second)
		a.Close()
		a.Close()
		before := net.counted(func(wire.Message) bool { return true })
		a.Carry("b", room("s"), message(3, chunk))
		a.Receive("b", wire.Want{ID: 1, N: 1})
		synctest.Wait()
		if after := net.counted(func(wire.Message) bool { return true }); after != before {
			t.Errorf("%d messages were sent after Close", after-before)
		}
		if families, err := a.registry.Gather(); err != nil || len(families) > 0 {
			t.Errorf("metrics left after Close: %v, %v", families, err)
		}
		time.Sleep(20 * time.Second)
		b.wants()
		b.expect(map[string]float64{"sending": 0, "receiving": 0})
	})
}

func TestOpenRefuses(t *testing.T) {
	send, deliver := func(string, wire.Message) {}, func(string, []byte) {}
	for what, c := range map[string]bulk.Config{
		"no send":       {Deliver: deliver},
		"no delivery":   {Send: send},
		"low rate":      {Send: send, Deliver: deliver, Rate: 65_535},
		"negative rate": {Send: send, Deliver: deliver, Rate: -1},
	} {
		if b, err := bulk.Open(c); err == nil {
			b.Close()
			t.Errorf("%s: taken", what)
		}
	}
	taken := prometheus.NewRegistry()
	taken.MustRegister(prometheus.NewCounter(prometheus.CounterOpts{Name: "parlor_bulk_carried_total", Help: "Another."}))
	if _, err := bulk.Open(bulk.Config{Send: send, Deliver: deliver, Registerer: taken}); err == nil {
		t.Error("metrics under names that are taken")
	}
}
