package fault

import (
	"context"
	"fmt"
	"time"

	"github.com/parlor-sse/parlor/cmd/parlor/faults/client"
	"github.com/parlor-sse/parlor/cmd/parlor/faults/run"
)

// refusalTime is how long a node may take to see that its name is taken.
const refusalTime = 10 * time.Second

// joiners is how many nodes join-leave adds.
const joiners = 2

// churn are the faults of nodes that come and go.
func churn() []Kind {
	return []Kind{
		{
			Name: "duplicate-name", About: "another node comes with the name of one", Nodes: 3, Spare: 1, Hold: 2 * time.Second,
			Inject: duplicate,
		},
		{
			Name: "join-leave", About: "two nodes join under load, and leave again", Nodes: 3, Spare: joiners, Hold: 5 * time.Second,
			Inject: joinLeave,
		},
		{
			Name: "rolling-restart", About: "every node in turn is stopped in good order and started again", Nodes: 1,
			Inject: rollingRestart,
		},
	}
}

// duplicate starts a node under a name that is taken. It has to go by itself.
func duplicate(ctx context.Context, s *Stage) (Scope, error) {
	name := s.victim().Name
	impostor, err := s.Cluster.Impostor(name)
	if err != nil {
		return Scope{}, err
	}
	defer impostor.Kill()
	if err := impostor.Start(); err != nil {
		return Scope{}, err
	}
	began := time.Now()
	waiting, cancel := context.WithTimeout(ctx, refusalTime)
	defer cancel()
	code, err := impostor.Wait(waiting)
	switch {
	case ctx.Err() != nil:
		return Scope{}, ctx.Err()
	case err != nil:
		s.Recorder.Fail("a second %s still runs after %v", name, refusalTime)
	case code == 0:
		s.Recorder.Fail("a second %s ended with exit code 0", name)
	}
	return Scope{Note: fmt.Sprintf("a second %s, which ended with exit code %d after %v", name, code, time.Since(began).Round(time.Millisecond))}, nil
}

// joinLeave adds nodes, lets clients use them, and takes them away again.
func joinLeave(ctx context.Context, s *Stage) (Scope, error) {
	before := s.Nodes.List()
	after := before
	var joined []*run.Node
	for range joiners {
		node, err := s.Cluster.Add()
		if err != nil {
			return Scope{}, err
		}
		joined = append(joined, node)
		after = append(after[:len(after):len(after)], client.Node{Name: node.Name, Address: node.Public()})
	}
	began := time.Now()
	if err := restart(ctx, joined); err != nil {
		return Scope{}, err
	}
	s.Nodes.Set(after)
	if err := s.agree(ctx); err != nil {
		s.Recorder.Fail("new nodes were not taken in: %v", err)
	}
	took := time.Since(began)
	heal := func(ctx context.Context) error {
		s.Nodes.Set(before)
		ctx, cancel := context.WithTimeout(ctx, settleTime)
		defer cancel()
		for i := len(joined) - 1; i >= 0; i-- {
			if err := joined[i].Terminate(ctx); err != nil {
				return err
			}
			s.Cluster.Remove()
		}
		return nil
	}
	return Scope{Nodes: names(joined), Note: fmt.Sprintf("%v in after %v", names(joined), took.Round(time.Millisecond)), Heal: heal}, nil
}

// rollingRestart stops and starts one node after the other.
func rollingRestart(ctx context.Context, s *Stage) (Scope, error) {
	nodes := s.Cluster.Nodes()
	for _, n := range nodes {
		if err := restartInOrder(ctx, n); err != nil {
			return Scope{Nodes: names(nodes)}, err
		}
		if err := s.agree(ctx); err != nil {
			s.Recorder.Fail("the cluster is not whole after %s was restarted: %v", n.Name, err)
		}
	}
	return Scope{Nodes: names(nodes)}, nil
}

func restartInOrder(ctx context.Context, n *run.Node) error {
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	if err := n.Terminate(ctx); err != nil {
		return err
	}
	return n.Restart(ctx)
}
