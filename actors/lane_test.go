package actors

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/parlor-sse/parlor/persistence"
)

// numbered returns messages from one seq to another, both included.
func numbered(from, to uint64) (all []persistence.Record) {
	for seq := from; seq <= to; seq++ {
		all = append(all, persistence.Record{Position: persistence.Position{Epoch: 1, Seq: seq}, Data: []byte("{}")})
	}
	return all
}

// TestLaneShedsCheaply has messages come to a lane that is full while a delivery
// is under way, as they do all the time while a sink is away: that costs nothing
// that grows with what waits, and the sink's messages stay as they are.
func TestLaneShedsCheaply(t *testing.T) {
	const n = 20_000
	l := &lane{state: new(sinkState), item: messageItem, cover: 1 << 20}
	l.add(numbered(1, n), 0)
	l.ready = n
	batch := l.next()
	given := slices.Clone(batch)
	bound, seq := l.weight, uint64(n)
	more := numbered(1, 1)
	if allocs := testing.AllocsPerRun(1000, func() {
		seq++
		more[0].Seq = seq
		l.add(more, 0)
		if l.shed(bound) != 1 {
			t.Fatal("nothing was given up")
		}
	}); allocs >= 1 {
		t.Errorf("%v allocations for each message that takes another one's place", allocs)
	}
	if !slices.EqualFunc(batch, given, func(a, b persistence.Record) bool { return a.Position == b.Position }) {
		t.Error("messages with the sink were moved")
	}
	l.conclude(nil)
	if len(l.queue) != n-len(given) || l.queue[0].Seq != seq-uint64(len(l.queue))+1 || l.past != l.queue[0].Seq-1 {
		t.Errorf("%d messages from %d are left, past is %d", len(l.queue), l.queue[0].Seq, l.past)
	}
}

// TestLaneOfBusySink has a sink without a place for a delivery: nothing is given up
// for that, however often it happens, and what else fails is counted on.
func TestLaneOfBusySink(t *testing.T) {
	l := &lane{state: new(sinkState), item: hookItem, tries: 2, ready: 1}
	l.add(numbered(1, 1), 0)
	conclude := func(err error) (delivered, givenUp int) {
		t.Helper()
		if l.next() == nil {
			t.Fatal("nothing to deliver")
		}
		return l.conclude(err)
	}
	broken, busy := errors.New("broken"), fmt.Errorf("later: %w", ErrSinkBusy)
	for n := 1; n <= 40; n++ {
		if delivered, givenUp := conclude(busy); delivered+givenUp != 0 || l.backlog().failing != 0 {
			t.Fatalf("busy %d times: delivered %d, given up %d, %+v", n, delivered, givenUp, l.backlog())
		}
		if pause := redeliveryPause(l); pause < firstRedelivery/2 || pause > lastRedelivery {
			t.Fatalf("busy %d times: again after %s", n, pause)
		}
	}
	for n := 1; n <= 2; n++ {
		if _, givenUp := conclude(broken); givenUp != 0 || redeliveryPause(l) != firstAlarmRetry<<(n-1) {
			t.Fatalf("failed %d times: given up %d, again after %s", n, givenUp, redeliveryPause(l))
		}
		conclude(busy)
	}
	if _, givenUp := conclude(broken); givenUp != 1 || !l.empty() {
		t.Errorf("failed for good: given up %d", givenUp)
	}
}
