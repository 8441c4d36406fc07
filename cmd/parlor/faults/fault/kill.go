package fault

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/parlor-sse/parlor/cmd/parlor/faults/run"
)

// kills are the faults that end processes without warning.
func kills() []Kind {
	return []Kind{
		{
			Name: "quiet", About: "nothing is done", Nodes: 1, Hold: 10 * time.Second,
			Inject: func(context.Context, *Stage) (Scope, error) { return Scope{}, nil },
		},
		{
			Name: "kill-owner", About: "kill -9 of the node that owns a room", Nodes: 1, Hold: 5 * time.Second,
			Inject: func(ctx context.Context, s *Stage) (Scope, error) {
				node, room, err := s.owner(ctx)
				if err != nil {
					return Scope{}, err
				}
				return kill("the owner of "+room, node), nil
			},
		},
		{
			Name: "kill-leader", About: "kill -9 of the node that leads the cluster", Nodes: 3, Hold: 5 * time.Second,
			Inject: func(ctx context.Context, s *Stage) (Scope, error) {
				node, err := s.leader(ctx)
				if err != nil {
					return Scope{}, err
				}
				return kill("the leader", node), nil
			},
		},
		{
			Name: "kill-both", About: "kill -9 of the leader and of an owner, at once", Nodes: 5, Hold: 5 * time.Second,
			Inject: killBoth,
		},
		{
			Name: "kill-all", About: "kill -9 of all nodes at once", Nodes: 1, Hold: time.Second,
			Inject: func(_ context.Context, s *Stage) (Scope, error) {
				return kill("all", s.Cluster.Nodes()...), nil
			},
		},
	}
}

func killBoth(ctx context.Context, s *Stage) (Scope, error) {
	leader, err := s.leader(ctx)
	if err != nil {
		return Scope{}, err
	}
	owner, room, err := s.owner(ctx)
	if err != nil {
		return Scope{}, err
	}
	if owner == leader {
		rest := s.others(leader)
		return kill("the leader, which owns "+room+", and another", leader, rest[s.Rand.IntN(len(rest))]), nil
	}
	return kill("the leader and the owner of "+room, leader, owner), nil
}

// kill ends nodes at once; healing starts them again.
func kill(note string, nodes ...*run.Node) Scope {
	var killing sync.WaitGroup
	for _, n := range nodes {
		killing.Go(n.Kill)
	}
	killing.Wait()
	return Scope{
		Nodes: names(nodes), Note: note,
		Heal: func(ctx context.Context) error { return restart(ctx, nodes) },
	}
}

// restart starts nodes, all at once, and waits until they are ready.
func restart(ctx context.Context, nodes []*run.Node) error {
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	errs := make([]error, len(nodes))
	var starting sync.WaitGroup
	for i, n := range nodes {
		starting.Go(func() { errs[i] = n.Restart(ctx) })
	}
	starting.Wait()
	return errors.Join(errs...)
}
