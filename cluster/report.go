package cluster

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/parlor-sse/parlor/cluster/agree"
)

// report is what a node tells the leader of itself and of others.
type report struct {
	Node     string `json:"node"`
	Life     uint64 `json:"life"`
	Done     uint64 `json:"done,omitempty"`     // ring version
	CaughtUp uint64 `json:"caughtUp,omitempty"` // ring version

	// Crashed are processes whose end the node has proven: name and incarnation.
	Crashed map[string]uint64 `json:"crashed,omitempty"`
}

// inbox keeps the newest report of each node for the leader to agree on. It may
// be used from any goroutine.
type inbox struct {
	mu      sync.Mutex
	reports map[string]report // Guarded by mu; by node
	servers map[string]bool   // Guarded by mu; those without a vote that have caught up
}

func newInbox() *inbox { return &inbox{reports: map[string]report{}} }

// put keeps the report, unless there are too many: then it comes again.
func (b *inbox) put(r report) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.reports[r.Node]; ok || len(b.reports) < agree.MaxMembers {
		b.reports[r.Node] = r
	}
}

// all returns the reports by node.
func (b *inbox) all() []report {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []report
	for _, node := range slices.Sorted(maps.Keys(b.reports)) {
		all = append(all, b.reports[node])
	}
	return all
}

func (b *inbox) setReady(servers map[string]bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.servers = servers
}

// ready returns who has caught up with the leader. It is not to be changed.
func (b *inbox) ready() map[string]bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.servers
}

// outbox keeps what this node has to report until it is agreed. It may be used
// from any goroutine.
type outbox struct {
	wake chan struct{} // holds a token while there may be something new

	mu       sync.Mutex
	done     uint64 // Guarded by mu
	caughtUp uint64 // Guarded by mu
}

func newOutbox() *outbox { return &outbox{wake: make(chan struct{}, 1)} }

// Done reports that this node has nothing left to hand over for the ring of
// that version: every room of which it keeps a copy is established under it. It
// never blocks: the report is repeated until it is agreed.
func (c *Cluster) Done(version uint64) {
	c.outbox.mu.Lock()
	c.outbox.done = max(c.outbox.done, version)
	c.outbox.mu.Unlock()
	wake(c.outbox.wake)
}

// CaughtUp reports that this learner holds copies of all that it is to hold
// under the ring of that version once it is full. It never blocks: the report
// is repeated until it is agreed.
func (c *Cluster) CaughtUp(version uint64) {
	c.outbox.mu.Lock()
	c.outbox.caughtUp = max(c.outbox.caughtUp, version)
	c.outbox.mu.Unlock()
	wake(c.outbox.wake)
}

// outstanding returns what the document does not have yet, and whether that is
// anything.
func (c *Cluster) outstanding() (report, bool) {
	doc := c.published.document()
	r := report{Node: c.cfg.Node, Life: c.cfg.Life}
	if !doc.Formed() {
		return r, false
	}
	r.Crashed = c.crashes.proofs()
	maps.DeleteFunc(r.Crashed, func(node string, _ uint64) bool {
		_, member := doc.Last().Member(node)
		return !member
	})
	c.outbox.mu.Lock()
	done, caughtUp := c.outbox.done, c.outbox.caughtUp
	c.outbox.mu.Unlock()
	if _, news := agree.ReportDone(doc, r.Node, agree.Report{Version: done, Life: r.Life}); news {
		r.Done = done
	}
	if _, news := agree.ReportCaughtUp(doc, r.Node, agree.Report{Version: caughtUp, Life: r.Life}); news {
		r.CaughtUp = caughtUp
	}
	return r, r.Done != 0 || r.CaughtUp != 0 || len(r.Crashed) > 0
}

// reportAgain is the pause before a report is repeated.
const reportAgain = 200 * time.Millisecond

// report tells the leader what is outstanding, again and again.
func (c *Cluster) report() {
	tick := time.NewTicker(reportAgain)
	defer tick.Stop()
	for {
		select {
		case <-c.outbox.wake:
		case <-tick.C:
		case <-c.ctx.Done():
			return
		}
		r, any := c.outstanding()
		if !any {
			continue
		}
		if c.node.Leading() {
			c.takeReport(r)
			continue
		}
		leader := c.node.Leader()
		address, ok := c.controlOf(leader)
		if leader == "" || !ok {
			continue
		}
		ctx, cancel := context.WithTimeout(c.ctx, askTimeout)
		err := c.port.Call(ctx, leader, address, askReport, r, nil)
		cancel()
		if err != nil {
			c.log.Debug("report did not reach the leader", "leader", leader, "error", err)
		}
	}
}

// takeReport is what a leader does with a report.
func (c *Cluster) takeReport(r report) {
	c.inbox.put(r)
	for node, incarnation := range r.Crashed {
		if p, ok := c.tracker.peer(node); ok && p.Meta.Started == incarnation {
			c.Suspect(node) // this node makes sure itself
		}
	}
	wake(c.wakeLead)
}

// answerReport takes another node's report.
func (c *Cluster) answerReport(_ context.Context, from string, body json.RawMessage) (any, error) {
	var r report
	if err := json.Unmarshal(body, &r); err != nil {
		return nil, err
	}
	if r.Node != from || len(r.Crashed) > agree.MaxMembers {
		return nil, c.refuse("report", false, "node %q reports in the name of %q", from, r.Node)
	}
	if !c.node.Leading() {
		return nil, c.refuse("not_leader", false, "node %q does not lead", c.cfg.Node)
	}
	c.takeReport(r)
	return nil, nil
}
