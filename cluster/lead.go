package cluster

import (
	"errors"
	"time"

	"github.com/parlor-sse/parlor/cluster/agree"
)

// Times of a leader.
const (
	leadEvery   = 100 * time.Millisecond // waiting times come to an end without an event
	tendEvery   = 500 * time.Millisecond
	surveyEvery = 500 * time.Millisecond
	askTimeout  = 500 * time.Millisecond
)

// maxSteps bounds how many changes a leader makes before it looks around again.
const maxSteps = 32

// reign is what a leader remembers while it leads. It is owned by lead.
type reign struct {
	since   time.Time
	version uint64    // of the ring in force
	forced  time.Time // when this leader learned of it
	tended  time.Time
	refused uint64 // ring that was refused, so that it is counted once
}

// lead does a leader's work for as long as this node leads.
func (c *Cluster) lead() {
	tick := time.NewTicker(leadEvery)
	defer tick.Stop()
	var r *reign
	for {
		select {
		case leading := <-c.node.Leadership():
			if r = nil; leading {
				r = c.begin()
			}
		case <-c.wakeLead:
		case <-tick.C:
		case <-c.ctx.Done():
			return
		}
		switch {
		case !c.node.Leading():
			r = nil
		case r == nil:
			r = c.begin()
		}
		if r != nil {
			c.govern(r)
		}
	}
}

// begin returns a new reign once this node knows all that was agreed before.
func (c *Cluster) begin() *reign {
	if err := c.node.Catch(); err != nil {
		c.log.Debug("cluster leader can not begin yet", "error", err)
		return nil
	}
	c.inbox.setReady(nil) // of an earlier reign
	return &reign{since: time.Now()}
}

// govern makes the changes that are due.
func (c *Cluster) govern(r *reign) {
	for range maxSteps {
		doc, _ := c.node.Document()
		if !doc.Formed() {
			if !c.first() {
				return
			}
			continue
		}
		next, reason, due := c.next(r, doc)
		if !due {
			break
		}
		if err := c.node.Propose(next); err != nil {
			c.log.Debug("cluster change was not agreed", "reason", reason, "error", err)
			if !errors.Is(err, agree.ErrStale) {
				return
			}
			continue
		}
		c.metrics.changes.WithLabelValues(string(reason)).Inc()
	}
	if now := time.Now(); now.Sub(r.tended) >= tendEvery {
		r.tended = now
		c.tend(r)
	}
}

// first proposes the document that the cluster begins with, of which every
// first voter has the members.
func (c *Cluster) first() bool {
	held := c.record.Held()
	if held == nil {
		return false
	}
	doc, err := agree.First(held.Cluster, held.Replicas, held.History, held.Members)
	if err == nil {
		err = c.node.Propose(doc)
	}
	if err != nil {
		c.log.Warn("cluster can not be begun yet", "error", err)
		return false
	}
	c.log.Info("cluster formed", "cluster", held.Cluster, "members", names(doc.Last()))
	return true
}

// next returns the change that is due first: what nodes have reported, then
// what the leader observes.
func (c *Cluster) next(r *reign, doc agree.Document) (agree.Document, agree.Reason, bool) {
	for _, in := range c.inbox.all() {
		if next, news := agree.ReportDone(doc, in.Node, agree.Report{Version: in.Done, Life: in.Life}); news {
			return next, "done", true
		}
		if next, news := agree.ReportCaughtUp(doc, in.Node, agree.Report{Version: in.CaughtUp, Life: in.Life}); news {
			return next, "caught_up", true
		}
	}
	next, change := agree.Plan(doc, c.observe(r, doc), c.rules())
	switch {
	case change.Refused:
		if r.refused != change.Ring {
			r.refused = change.Ring
			c.metrics.tooMany.Inc()
			c.log.Warn("ring change has to wait: too many rings are not retired", "change", change.String(), "rings", len(doc.Rings))
		}
		return doc, "", false
	case change.Reason == agree.ReasonNone:
		return doc, "", false
	}
	c.log.Info("cluster change", "change", change.String())
	return next, change.Reason, true
}

func (c *Cluster) observe(r *reign, doc agree.Document) agree.Observation {
	now := time.Now()
	if v := doc.Last().Version; v != r.version {
		r.version, r.forced = v, now
	}
	o := c.tracker.observe(now, c.crashes.proven)
	o.Led = now.Sub(r.since)
	o.InForce = now.Sub(r.forced)
	return o
}

func (c *Cluster) rules() agree.Rules {
	r := agree.DefaultRules()
	r.DeadAfter, r.GoneAfter = c.cfg.DeadAfter, c.cfg.GoneAfter
	return r
}

// tend keeps the Raft group what it should be, one step at a time.
func (c *Cluster) tend(r *reign) {
	doc, _ := c.node.Document()
	servers, err := c.node.Servers()
	if err != nil || !doc.Formed() {
		return
	}
	step := agree.Autopilot(doc, servers, c.observe(r, doc), c.rules(), c.inbox.ready())
	if step.Action == agree.NoAction {
		return
	}
	if step.Server.Node == c.cfg.Node && step.Action != agree.AddVoter && step.Action != agree.AddServer {
		err = c.node.HandOver() // the next leader will do it
	} else {
		err = c.node.Tend(step)
	}
	if err != nil {
		c.log.Warn("cluster server was not changed", "action", step.Action, "node", step.Server.Node, "error", err)
		return
	}
	r.tended = time.Time{} // another may follow at once
	c.log.Info("cluster server", "action", step.Action, "node", step.Server.Node)
}

// survey asks servers without a vote how far they are, while this node leads.
func (c *Cluster) survey() {
	for c.pause(surveyEvery) {
		if !c.node.Leading() {
			continue
		}
		servers, err := c.node.Servers()
		if err != nil {
			continue
		}
		ready := map[string]bool{}
		for _, s := range servers {
			committed := c.node.Committed()
			if s.Voter || s.Node == c.cfg.Node {
				continue
			}
			if st, err := c.statusOf(s.Node); err == nil && st.Raft == s.Store && st.Applied >= committed {
				ready[s.Node] = true
			}
		}
		c.inbox.setReady(ready)
	}
}
