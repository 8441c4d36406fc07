package replication_test

import (
	"testing"

	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/replication"
)

// driver is the core of the node a, with a disk that is always quick, among
// members that a test speaks for.
type driver struct {
	*testing.T
	core   *replication.Core
	claim  replication.Claim // newest that the core made
	sends  []replication.Send
	events []replication.Event
	writes []persistence.Write
}

func newDriver(t *testing.T, cf replication.Config) *driver {
	return driverOf(t, cf, &persistence.State{}, replication.Options{})
}

func driverOf(t *testing.T, cf replication.Config, s *persistence.State, o replication.Options) *driver {
	t.Helper()
	o.Self, o.Life, o.Incarnation = "a", 1, 1
	d := &driver{T: t, core: replication.New(o, s)}
	d.do(replication.Configure{Configs: []replication.Config{cf}})
	return d
}

// do gives the core an input, and back what it says to itself. What it says to
// others, and its events, are kept until the next do.
func (d *driver) do(in replication.Input) {
	d.sends, d.events, d.writes = nil, nil, nil
	for queue := []replication.Input{in}; len(queue) > 0; queue = queue[1:] {
		e := d.core.Step(queue[0])
		d.events = append(d.events, e.Events...)
		d.writes = append(d.writes, e.Writes...)
		for _, s := range e.Sends {
			if p, ok := s.Message.(replication.Prepare); ok {
				d.claim = p.Claim
			}
			if s.To == "a" {
				queue = append(queue, replication.Receive{From: "a", Message: s.Message})
			} else {
				d.sends = append(d.sends, s)
			}
		}
		if n := len(e.Writes); n > 0 {
			queue = append(queue, replication.Durable{N: n})
		}
	}
}

func (d *driver) hear(from string, m replication.Message) {
	d.do(replication.Receive{From: from, Message: m})
}

// own makes the core the owner of an empty room, by the word of b.
func (d *driver) own() replication.Owned {
	d.Helper()
	d.do(replication.Acquire{Now: 5})
	d.hear("b", replication.Promise{Claim: d.claim, Life: 1})
	d.hear("b", replication.Ack{Claim: d.claim, Life: 1})
	return d.owned()
}

func (d *driver) owned() replication.Owned {
	d.Helper()
	if len(d.events) == 0 {
		d.Fatal("says nothing, want Owned")
	}
	o, ok := d.events[0].(replication.Owned)
	if !ok {
		d.Fatalf("%+v, want Owned", d.events)
	}
	return o
}

// sent returns the messages of one type that were just sent to a node.
func sent[M replication.Message](d *driver, to string) []M {
	var all []M
	for _, s := range d.sends {
		if m, ok := s.Message.(M); ok && s.To == to {
			all = append(all, m)
		}
	}
	return all
}
