package actors

import (
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
