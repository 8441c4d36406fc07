package fault

import (
	"context"
	"fmt"
	"time"

	"github.com/parlor-sse/parlor/cmd/parlor/faults/run"
)

// loss is the share of packets that loss-20 drops.
const loss = 0.2

// cuts are the faults of the links between nodes. Clients reach every node all
// the time.
func cuts() []Kind {
	return []Kind{
		{
			Name: "owner-cut", About: "the owner of a room reaches no other node", Nodes: 3, Links: true, Hold: 20 * time.Second,
			Inject: func(ctx context.Context, s *Stage) (Scope, error) {
				node, room, err := s.owner(ctx)
				if err != nil {
					return Scope{}, err
				}
				scope, err := s.split([]*run.Node{node}, s.others(node), true, true)
				scope.Note, scope.Isolated = "the owner of "+room, scope.Nodes
				return scope, err
			},
		},
		{
			Name: "split-2-3", About: "two nodes and the others lose each other for 75 s", Nodes: 5, Links: true, Hold: 75 * time.Second,
			Inject: func(_ context.Context, s *Stage) (Scope, error) {
				nodes := s.Cluster.Nodes()
				s.Rand.Shuffle(len(nodes), func(i, j int) { nodes[i], nodes[j] = nodes[j], nodes[i] })
				return s.split(nodes[:2], nodes[2:], true, true)
			},
		},
		oneWay("asymmetric-in", "nothing that other nodes send reaches the owner of a room", true),
		oneWay("asymmetric-out", "nothing that the owner of a room sends reaches other nodes", false),
		{
			Name: "loss-20", About: "every link between nodes drops 20 % of its packets", Nodes: 3, Links: true, Hold: 20 * time.Second,
			Inject: func(_ context.Context, s *Stage) (Scope, error) {
				nodes := s.Cluster.Nodes()
				for _, n := range nodes {
					if err := s.Network.Lose(n.Index, loss); err != nil {
						return Scope{}, err
					}
				}
				return Scope{Nodes: names(nodes), Heal: s.mend}, nil
			},
		},
	}
}

// oneWay is a fault that blocks one direction between the owner of a room and
// all others.
func oneWay(name, about string, in bool) Kind {
	return Kind{
		Name: name, About: about, Nodes: 3, Links: true, Hold: 15 * time.Second,
		Inject: func(ctx context.Context, s *Stage) (Scope, error) {
			node, room, err := s.owner(ctx)
			if err != nil {
				return Scope{}, err
			}
			scope, err := s.split([]*run.Node{node}, s.others(node), in, !in)
			scope.Note = "the owner of " + room
			return scope, err
		},
	}
}

// split blocks what some nodes get from the rest (in), and what they send there
// (out).
func (s *Stage) split(some, rest []*run.Node, in, out bool) (Scope, error) {
	scope := Scope{Nodes: names(some), Note: fmt.Sprint(names(some)), Heal: s.mend}
	for _, a := range some {
		for _, b := range rest {
			if in {
				if err := s.Network.Block(b.Index, a.Index); err != nil {
					return scope, err
				}
			}
			if out {
				if err := s.Network.Block(a.Index, b.Index); err != nil {
					return scope, err
				}
			}
		}
	}
	return scope, nil
}

// mend restores all links.
func (s *Stage) mend(context.Context) error { return s.Network.Heal() }
