package replication_test

import (
	"testing"

	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/replication"
)

// BenchmarkCommit takes one message at a time through three cores: proposed,
// sent, written and acknowledged everywhere.
func BenchmarkCommit(b *testing.B) {
	names := []string{"a", "b", "c"}
	cores := make([]*replication.Core, len(names))
	for i, n := range names {
		cores[i] = replication.New(replication.Options{Self: n, Life: 1, Incarnation: uint64(i + 1)}, &persistence.State{})
		cores[i].Step(replication.Configure{Configs: []replication.Config{home(1, names...)}})
	}
	type input struct {
		to int
		in replication.Input
	}
	var queue []input
	var epoch, committed uint64
	step := func(to int, in replication.Input) {
		e := cores[to].Step(in)
		for _, s := range e.Sends {
			queue = append(queue, input{int(s.To[0] - 'a'), replication.Receive{From: names[to], Message: s.Message}})
		}
		if n := len(e.Writes); n > 0 {
			queue = append(queue, input{to, replication.Durable{N: n}})
		}
		for _, e := range e.Events {
			switch e := e.(type) {
			case replication.Owned:
				epoch = e.Epoch
			case replication.Committed:
				committed = e.Turn
			}
		}
	}
	flow := func() {
		for i := 0; i < len(queue); i++ {
			step(queue[i].to, queue[i].in)
		}
		queue = queue[:0]
	}
	step(0, replication.Acquire{Now: 5})
	flow()
	data := make([]byte, 200)
	b.ReportAllocs()
	turn := uint64(0)
	for b.Loop() {
		turn++
		step(0, replication.Propose{Number: turn, Turn: persistence.Turn{
			Records: []persistence.Record{{Position: at(epoch, turn), Data: data}}}})
		flow()
	}
	if committed != turn {
		b.Fatalf("%d of %d committed", committed, turn)
	}
}
