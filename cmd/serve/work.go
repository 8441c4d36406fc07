package serve

import (
	"context"
	"errors"
	"time"
)

// work is what the program does beside the servers.
type work struct {
	failed chan struct{} // closed when it has ended with an error
	ended  chan struct{} // closed when it has ended
	err    error         // how it ended; to be read after either
}

// startWork starts what the program does beside the servers, until ctx ends.
func (n *Node) startWork(ctx context.Context) *work {
	w := &work{failed: make(chan struct{}), ended: make(chan struct{})}
	if n.program.Started == nil {
		close(w.ended)
		return w
	}
	go func() {
		defer close(w.ended)
		err := n.program.Started(ctx, n)
		if ctx.Err() != nil && (errors.Is(err, ctx.Err()) || errors.Is(err, context.Cause(ctx))) {
			return // it was told to end, and says so
		}
		if w.err = err; err != nil {
			close(w.failed)
		}
	}()
	return w
}

// await returns how the work ended, and does not wait for ever: it was told to
// end before.
func (n *Node) await(w *work) error {
	timer := time.NewTimer(stopGrace)
	defer timer.Stop()
	select {
	case <-w.ended:
		return w.err
	case <-timer.C:
		n.log.Warn("the program's own work has not ended; going on without it", "after", stopGrace)
		return nil
	}
}
