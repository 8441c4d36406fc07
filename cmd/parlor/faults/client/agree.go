package client

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/parlor-sse/parlor/cmd/parlor/faults/history"
)

// agreeEvery is how often Agree asks.
const agreeEvery = 100 * time.Millisecond

// Agree waits until all nodes that clients know name the same ring, whose
// members are they and nobody else, and have nothing left to hand over. The
// error says what was missing when ctx ended. A node alone always agrees.
func (o *Observer) Agree(ctx context.Context) error {
	ticker := time.NewTicker(agreeEvery)
	defer ticker.Stop()
	missing := "nobody was asked"
	for {
		now := o.disagreement(ctx)
		if now == "" {
			return nil
		}
		if ctx.Err() == nil { // else it only says that the time was up
			missing = now
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("nodes do not agree: %s: %w", missing, context.Cause(ctx))
		case <-ticker.C:
		}
	}
}

// disagreement says what keeps the nodes from agreeing; empty if nothing does.
func (o *Observer) disagreement(ctx context.Context) string {
	nodes := o.nodes.List()
	if len(nodes) < 2 {
		return ""
	}
	var names []string
	for _, n := range nodes {
		names = append(names, n.Name)
	}
	slices.Sort(names)
	version := uint64(0)
	for i, n := range nodes {
		ring, err := o.Ring(ctx, n)
		if err != nil {
			return fmt.Sprintf("%s does not answer: %v", n.Name, err)
		}
		if i == 0 {
			version = ring.Version
		}
		if why := whole(ring, version, names); why != "" {
			return n.Name + " " + why
		}
	}
	return ""
}

// whole says what a ring lacks.
func whole(ring history.Ring, version uint64, names []string) string {
	var members []string
	for _, m := range ring.Members {
		members = append(members, m.Name)
		if m.State != "full" {
			return fmt.Sprintf("says that %s is %s", m.Name, m.State)
		}
	}
	slices.Sort(members)
	switch {
	case ring.Version != version:
		return fmt.Sprintf("is at ring %d, not %d", ring.Version, version)
	case !slices.Equal(members, names):
		return fmt.Sprintf("names the members %v", members)
	case ring.Rings > 1:
		return fmt.Sprintf("still uses %d rings", ring.Rings)
	case ring.Handing:
		return "has rooms to hand over or to take over"
	}
	return ""
}
