package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Errors of a Cluster.
var (
	// ErrLastHolder says that nobody is there to take over what this node holds.
	ErrLastHolder = errors.New("the last node that holds rooms can not leave")
	// ErrClosed says that the Cluster was closed.
	ErrClosed = errors.New("cluster is closed")
)

// leaveEvery is how often Leave looks at what has no channel.
const leaveEvery = 50 * time.Millisecond

// Leave asks that this node holds nothing any more. It returns when the ring
// says so, all older rings are retired and the node has no vote, so that nobody
// misses it. Or it returns ctx's error, or ErrLastHolder. There is no way back
// but a restart.
func (c *Cluster) Leave(ctx context.Context) error {
	v := c.View()
	if v == nil || v.Ring().Member(c.cfg.Node) == nil {
		c.leaving.Store(true)
		c.spread()
		return nil
	}
	if me := v.Ring().Member(c.cfg.Node); me.Holds() && v.Ring().Holders() == 1 {
		return ErrLastHolder
	}
	c.leaving.Store(true)
	c.spread()
	tick := time.NewTicker(leaveEvery)
	defer tick.Stop()
	for {
		v, changed := c.Watch()
		if c.released(v) {
			return nil
		}
		select {
		case <-changed:
		case <-tick.C:
		case <-c.ctx.Done():
			return ErrClosed
		case <-ctx.Done():
			return fmt.Errorf("leave: %w", context.Cause(ctx))
		}
	}
}

// released reports whether this node is not needed any more.
func (c *Cluster) released(v *View) bool {
	if me := v.Ring().Member(c.cfg.Node); me != nil && me.State != StateLeaving || len(v.Rings) > 1 {
		return false
	}
	votes, err := c.node.HasVote(c.cfg.Node)
	return err == nil && !votes
}
