package fault

import (
	"context"
	"time"

	"github.com/parlor-sse/parlor/cmd/parlor/faults/run"
)

// flapEvery is how long the broker of broker-flaps is there, and away, in turn.
const flapEvery = 700 * time.Millisecond

// brokers are the faults of the Kafka broker that messages are handed to.
func brokers() []Kind {
	return []Kind{
		{
			Name: "broker-away", About: "the Kafka broker is away while one owner after the other is killed", Nodes: 1, Broker: true,
			Hold: 5 * time.Second, Inject: brokerAway,
		},
		{
			Name: "broker-flaps", About: "the Kafka broker comes and goes while an owner is killed", Nodes: 1, Broker: true,
			Hold: 8 * time.Second, Inject: brokerFlaps,
		},
	}
}

// killedOwners is how many owners broker-away kills.
const killedOwners = 3

// brokerAway takes the broker away and kills owners, each of which is back before
// the next one goes.
func brokerAway(ctx context.Context, s *Stage) (Scope, error) {
	s.Broker.Leave()
	scope := Scope{Heal: func(context.Context) error { return s.Broker.Return() }}
	for range killedOwners {
		node, _, err := s.owner(ctx)
		if err != nil {
			return scope, err
		}
		node.Kill()
		scope.Nodes = append(scope.Nodes, node.Name)
		if err := restart(ctx, []*run.Node{node}); err != nil {
			return scope, err
		}
		if err := s.agree(ctx); err != nil {
			s.Recorder.Fail("the cluster is not whole after %s was killed: %v", node.Name, err)
		}
	}
	scope.Note = "the broker, and then the owners"
	return scope, nil
}

// brokerFlaps has the broker come and go until the fault is undone.
func brokerFlaps(ctx context.Context, s *Stage) (Scope, error) {
	node, room, err := s.owner(ctx)
	if err != nil {
		return Scope{}, err
	}
	scope := kill("the owner of "+room+", beside a broker that comes and goes", node)
	flapping, end := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.flap(flapping)
	}()
	revive := scope.Heal
	scope.Heal = func(ctx context.Context) error {
		end()
		<-ended
		if err := s.Broker.Return(); err != nil {
			return err
		}
		return revive(ctx)
	}
	return scope, nil
}

// flap takes the broker away and gets it back, until ctx ends.
func (s *Stage) flap(ctx context.Context) {
	ticker := time.NewTicker(flapEvery)
	defer ticker.Stop()
	for away := false; ; away = !away {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if !away {
			s.Broker.Leave()
		} else if err := s.Broker.Return(); err != nil {
			s.Recorder.Fail("%v", err)
			return
		}
	}
}
