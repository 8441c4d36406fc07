package replication_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/replication"
)

func at(epoch, seq uint64) persistence.Position {
	return persistence.Position{Epoch: epoch, Seq: seq}
}

func rec(epoch, seq uint64) persistence.Record {
	return persistence.Record{Position: at(epoch, seq), Data: fmt.Append(nil, epoch, seq)}
}

// even is the head of a room of that epoch whose turns were all messages.
func even(epoch, seq uint64) persistence.Head {
	if seq == 0 {
		return persistence.Head{}
	}
	return persistence.Head{Turn: seq, Last: at(epoch, seq), Lineage: persistence.Lineage{{Epoch: epoch, First: 1}}}
}

// said returns a turn for each of the messages.
func said(records ...persistence.Record) []persistence.Turn {
	var turns []persistence.Turn
	for _, r := range records {
		turns = append(turns, persistence.Turn{Records: []persistence.Record{r}})
	}
	return turns
}

func claim(epoch, holder, ring uint64) replication.Claim {
	return replication.Claim{Epoch: epoch, Holder: holder, Ring: ring, Since: ring}
}

// home is a home set by the names of its members, each under the life 1.
func home(ring uint64, names ...string) replication.Config {
	c := replication.Config{Ring: ring}
	for _, n := range names {
		c.Members = append(c.Members, replication.Member{Node: n, Life: 1})
	}
	return c
}

// bench is one core, of the node b, that a test talks to.
type bench struct {
	*testing.T
	core *replication.Core
}

func newBench(t *testing.T, s *persistence.State, configs ...replication.Config) *bench {
	t.Helper()
	return newBenchOf(t, replication.Options{}, s, configs...)
}

func newBenchOf(t *testing.T, o replication.Options, s *persistence.State, configs ...replication.Config) *bench {
	t.Helper()
	o.Self, o.Life, o.Incarnation, o.History = "b", 1, 77, 3
	b := &bench{t, replication.New(o, s)}
	if len(configs) == 0 {
		configs = []replication.Config{home(1, "a", "b", "c")}
	}
	b.core.Step(replication.Configure{Configs: configs})
	return b
}

// do gives the core an input and returns what it sends and how much it writes.
func (b *bench) do(in replication.Input) ([]replication.Send, int) {
	e := b.core.Step(in)
	for _, w := range e.Writes {
		w.Room = persistence.RoomKey{Kind: "room", Name: "x"}
		if err := w.Validate(); err != nil {
			b.Errorf("after %s: %v", describe(in), err)
		}
	}
	return slices.Clone(e.Sends), len(e.Writes)
}

// hear gives the core a message of a, and reports all its writes durable.
func (b *bench) hear(m replication.Message) []replication.Send {
	b.Helper()
	sends, writes := b.do(replication.Receive{From: "a", Message: m})
	if writes > 0 {
		more, _ := b.do(replication.Durable{N: writes})
		sends = append(sends, more...)
	}
	return sends
}

// answers fails unless the only message sent is m. How much a copy weighs is left
// out of it.
func (b *bench) answers(sends []replication.Send, m replication.Message) {
	b.Helper()
	for i := range sends {
		if p, ok := sends[i].Message.(replication.Promise); ok {
			p.Bytes = 0
			sends[i].Message = p
		}
	}
	want := []replication.Send{{To: "a", Message: m}}
	if m == nil {
		want = nil
	}
	if len(sends) != len(want) || len(want) > 0 && !reflect.DeepEqual(sends, want) {
		b.Fatalf("sends %+v, want %+v", sends, want)
	}
}

// follower is a core that follows epoch 5 up to 5-2.
func follower(t *testing.T, configs ...replication.Config) *bench {
	b := newBench(t, &persistence.State{}, configs...)
	c := claim(5, 1, 1)
	b.answers(b.hear(replication.Sync{Claim: c, Birth: 5}), replication.Ack{Claim: c, Life: 1})
	b.answers(b.hear(replication.Append{Claim: c, First: 1, Turns: said(rec(5, 1), rec(5, 2))}),
		replication.Ack{Claim: c, Life: 1, Turn: 2})
	return b
}
