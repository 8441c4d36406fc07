package fault

import (
	"context"
	"syscall"
	"time"
)

// pauses are the faults that stop processes for a while which know nothing of
// it afterwards.
func pauses() []Kind {
	return []Kind{{
		Name: "zombie", About: "the owner of a room is frozen for 6 s, and goes on as if it still were", Nodes: 3, Hold: 6 * time.Second,
		Inject: func(ctx context.Context, s *Stage) (Scope, error) {
			node, room, err := s.owner(ctx)
			if err != nil {
				return Scope{}, err
			}
			return Scope{
				Nodes: []string{node.Name}, Note: "the owner of " + room,
				Heal: func(context.Context) error { return node.Signal(syscall.SIGCONT) },
			}, node.Signal(syscall.SIGSTOP)
		},
	}}
}
