package bulk_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/parlor-sse/parlor/actors/bulk"
)

func TestTheSameIsNotOfferedTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := open(t, 3, nil)
		a := net.nodes["a"]
		m := message(1, 3*chunk)
		for range 3 {
			a.Carry("b", room("r"), append([]byte(nil), m...))
		}
		time.Sleep(3 * latency) // and again when it was begun
		a.Carry("b", room("r"), m)
		a.Carry("c", room("r"), m) // another node's is another
		a.Carry("b", room("s"), m) // and so is another room's
		time.Sleep(time.Second)
		net.nodes["b"].wants(m, m)
		net.nodes["c"].wants(m)
		a.expect(map[string]float64{"carried_total": 3, "refused_total": 0, "replaced_total": 0})
		if n := net.counted(isOffer); n != 3 {
			t.Errorf("%d offers", n)
		}
	})
}

// TestAnotherReplacesWhatIsNotBegun wants the newest message about a room to be
// fetched, at the place where the first one waited.
func TestAnotherReplacesWhatIsNotBegun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := open(t, 2, nil)
		a, b := net.nodes["a"], net.nodes["b"]
		b.gate = make(chan struct{})
		before := message(1, chunk)
		for _, name := range []string{"1", "2", "3", "4"} {
			a.Carry("b", room(name), before)
		}
		time.Sleep(5 * latency)
		last := message(9, 2*chunk)
		a.Carry("b", room("r"), message(2, 3*chunk))
		a.Carry("b", room("s"), last)
		time.Sleep(5 * latency)
		newest := message(3, 4*chunk)
		a.Carry("b", room("r"), message(4, 2*chunk))
		a.Carry("b", room("r"), newest)
		time.Sleep(5 * latency)
		b.expect(map[string]float64{"waiting": 2})
		for range 5 {
			b.gate <- struct{}{}
			time.Sleep(time.Second)
		}
		b.wants(before, before, before, before, newest)
		close(b.gate)
		time.Sleep(time.Second)
		b.wants(before, before, before, before, newest, last)
		a.expect(map[string]float64{"carried_total": 6, "replaced_total": 2, "refused_total": 0, "given_up_total": 0})
		net.idle()
	})
}

// TestWhatIsBegunArrives wants a message to arrive although its room changes all
// the while.
func TestWhatIsBegunArrives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := open(t, 2, func(c *bulk.Config) { c.Rate = 4 * chunk })
		a := net.nodes["a"]
		first := message(1, 16*chunk)
		a.Carry("b", room("r"), first)
		time.Sleep(100 * time.Millisecond)
		changes := 0
		for len(net.nodes["b"].got()) == 0 && changes < 1000 {
			changes++
			a.Carry("b", room("r"), message(uint64(1+changes), 2*chunk))
			time.Sleep(100 * time.Millisecond)
		}
		net.nodes["b"].wants(first)
		if refused := a.metric("refused_total", "begun"); refused < 30 {
			t.Errorf("%v refused of %d changes", refused, changes)
		}
	})
}

// TestAnOfferReplacedOnTheWay has the receiver begin what the sender just
// replaced.
func TestAnOfferReplacedOnTheWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := open(t, 2, nil)
		a := net.nodes["a"]
		newest := message(2, 3*chunk)
		a.Carry("b", room("r"), message(1, 3*chunk))
		time.Sleep(latency + latency/2) // the offer is there, the question is not
		a.Carry("b", room("r"), newest)
		time.Sleep(time.Second)
		net.nodes["b"].wants(newest)
		a.expect(map[string]float64{"replaced_total": 1, "carried_total": 1})
		net.nodes["b"].expect(map[string]float64{"given_up_total,receive,dropped": 1})
		net.idle()
	})
}
