package bulk_test

import (
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parlor-sse/parlor/actors/bulk"
	"github.com/parlor-sse/parlor/actors/wire"
)

func TestFourAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := open(t, 4, nil)
		for seed := range uint64(9) {
			from := string(rune('b' + seed%3))
			net.nodes[from].Carry("a", room(fmt.Sprint(seed)), message(seed, 4*chunk))
		}
		most := 0.0
		for range 100 {
			time.Sleep(time.Millisecond)
			most = max(most, net.nodes["a"].metric("receiving"))
		}
		if most != 4 {
			t.Errorf("%v messages were received at a time", most)
		}
		if got := len(net.nodes["a"].got()); got != 9 {
			t.Errorf("%d messages arrived", got)
		}
		net.idle()
	})
}

// TestOffersWait wants 64 offers to wait, the oldest to make room for newer ones,
// and none to be given up because it waits long.
func TestOffersWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := open(t, 2, nil)
		a, b := net.nodes["a"], net.nodes["b"]
		b.gate = make(chan struct{})
		m := message(1, chunk)
		const all = 4 + 64 + 3
		for i := range all {
			a.Carry("b", room(fmt.Sprint(i)), m)
			time.Sleep(10 * time.Millisecond)
		}
		b.expect(map[string]float64{"receiving": 4, "waiting": 64, "given_up_total,receive,crowded": 3})
		a.expect(map[string]float64{"sending": 64, "carried_total": 4, "given_up_total,send,dropped": 3})
		time.Sleep(time.Minute)
		b.expect(map[string]float64{"waiting": 64})
		close(b.gate)
		time.Sleep(time.Second)
		a.expect(map[string]float64{"carried_total": all - 3})
		net.idle()
	})
}

// TestWaitingOffersEndWithTheirSenders has one sender vanish whose message waits,
// and another hear nothing any more.
func TestWaitingOffersEndWithTheirSenders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := open(t, 4, nil)
		a := net.nodes["a"]
		a.gate = make(chan struct{})
		for i := range 4 {
			net.nodes["b"].Carry("a", room(fmt.Sprint(i)), message(1, chunk))
		}
		time.Sleep(5 * latency)
		net.nodes["c"].Carry("a", room("c"), message(2, chunk))
		net.nodes["d"].Carry("a", room("d"), message(3, chunk))
		time.Sleep(time.Second)
		a.expect(map[string]float64{"waiting": 2})
		net.sever(func(from, to string, _ wire.Message) bool { return from == "c" || to == "d" })
		time.Sleep(5*time.Second + 100*time.Millisecond)
		a.expect(map[string]float64{"waiting": 0, "given_up_total,receive,stuck": 1})
		net.nodes["d"].expect(map[string]float64{"given_up_total,send,stuck": 1})
		close(a.gate)
		time.Sleep(time.Second)
		net.idle()
	})
}

// TestBytesReceivedAreBounded offers more than may be received at a time.
func TestBytesReceivedAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := open(t, 2, nil)
		b := net.nodes["b"]
		for id := range uint64(2) {
			b.Receive("a", wire.Offer{ID: id, Bytes: bulk.MaxBytes/2 + 1, Room: room(fmt.Sprint(id))})
		}
		b.expect(map[string]float64{"receiving": 1, "waiting": 1, "receiving_bytes": bulk.MaxBytes/2 + 1})
		b.Receive("a", wire.Drop{ID: 0})
		b.expect(map[string]float64{"receiving": 1, "waiting": 0})
		b.Receive("a", wire.Offer{ID: 7, Bytes: bulk.MaxBytes + 1, Room: room("r")})
		b.expect(map[string]float64{"waiting": 0, "ignored_total,malformed": 1})
	})
}

// TestLengthsAreNotTrusted wants memory to be taken for what came, and not for
// what is said to come.
func TestLengthsAreNotTrusted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := open(t, 2, nil)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		net.nodes["b"].Receive("a", wire.Offer{ID: 1, Bytes: bulk.MaxBytes, Room: room("r")})
		net.nodes["b"].Receive("a", wire.Part{ID: 1, Data: make([]byte, chunk)})
		synctest.Wait()
		runtime.ReadMemStats(&after)
		if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 4*chunk {
			t.Errorf("one part takes %d bytes of memory", allocated)
		}
		net.nodes["b"].expect(map[string]float64{"receiving": 1, "received_bytes_total": chunk})
	})
}

func TestBytesKeptAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := open(t, 1, nil)
		net.sever(everything)
		a := net.nodes["a"]
		m := make([]byte, bulk.MaxBytes) // one is enough: nobody writes to it
		for i := range 3 {
			a.Carry("b", room(fmt.Sprint(i)), m)
		}
		a.expect(map[string]float64{"sending": 2, "sending_bytes": bulk.MaxKeptBytes, "refused_total,full": 1})
		a.Carry("b", room("1"), m[:chunk]) // takes the place of a large one
		a.expect(map[string]float64{"sending": 2, "sending_bytes": bulk.MaxBytes + chunk, "replaced_total": 1})
		a.Carry("b", room("r"), nil)
		a.Carry("b", room("r"), make([]byte, bulk.MaxBytes+1))
		a.expect(map[string]float64{"sending": 2, "refused_total,size": 2})
	})
}

func TestMessagesKeptAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := open(t, 1, nil)
		net.sever(everything)
		for i := range 2050 {
			net.nodes["a"].Carry("b", room(fmt.Sprint(i)), []byte{1})
		}
		net.nodes["a"].expect(map[string]float64{"sending": 2048, "refused_total,full": 2})
	})
}
