package cluster

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync/atomic"
	"time"

	"github.com/parlor-sse/parlor/cluster/agree"
	"github.com/parlor-sse/parlor/cluster/durable"
)

// published is what this node has told its other parts. What it has told is on
// the disk first, so that after a restart it never goes back behind it.
type published struct {
	path string // Static after construction.
	now  atomic.Pointer[publication]
}

// publication is one state of published.
type publication struct {
	doc     agree.Document
	leader  string
	view    *View         // nil if doc is not formed
	changed chan struct{} // closed when there is another one
}

func openPublished(path string) (*published, error) {
	var doc agree.Document
	if err := durable.Load(path, &doc); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the ring: %w", err)
	}
	if err := doc.Validate(); err != nil {
		return nil, fmt.Errorf("read the ring: %w", err)
	}
	first, err := publicationOf(doc, "", &publication{})
	if err != nil {
		return nil, fmt.Errorf("read the ring: %w", err)
	}
	p := &published{path: path}
	p.now.Store(first)
	return p, nil
}

// document returns what was published last; not formed if nothing was.
func (p *published) document() agree.Document { return p.now.Load().doc }

// put publishes the document, unless it is older than the one before, and who
// leads. Only one put runs at a time.
func (p *published) put(doc agree.Document, leader string) (bool, error) {
	before := p.now.Load()
	if doc.Number <= before.doc.Number {
		doc = before.doc
	}
	if doc.Number == before.doc.Number && leader == before.leader {
		return false, nil
	}
	next, err := publicationOf(doc, leader, before)
	if err != nil {
		return false, err
	}
	if doc.Number > before.doc.Number {
		if err := durable.Save(p.path, doc); err != nil {
			return false, err
		}
	}
	p.now.Store(next)
	close(before.changed)
	return true, nil
}

func publicationOf(doc agree.Document, leader string, before *publication) (*publication, error) {
	next := &publication{doc: doc, leader: leader, changed: make(chan struct{})}
	if !doc.Formed() {
		return next, nil
	}
	v := &View{
		Cluster: doc.Cluster, Leader: leader, Replicas: doc.Replicas, History: doc.History,
		Handover: map[string]bool{},
	}
	for _, r := range doc.Rings {
		ring := before.ring(r)
		if ring == nil {
			var err error
			if ring, err = ringOf(r); err != nil {
				return nil, err
			}
		}
		v.Rings = append(v.Rings, ring)
	}
	last := doc.Last()
	for _, m := range last.Members {
		v.Handover[m.Name] = doc.Done[m.Name].Version >= last.Version
	}
	next.view = v
	return next, nil
}

// ring returns the one that was published for the same members, or nil.
func (p *publication) ring(r agree.Ring) *Ring {
	i := slices.IndexFunc(p.doc.Rings, func(o agree.Ring) bool {
		return o.Version == r.Version && slices.Equal(o.Members, r.Members)
	})
	if i < 0 {
		return nil
	}
	return p.view.Rings[i]
}

func ringOf(r agree.Ring) (*Ring, error) {
	var members []Member
	for _, m := range r.Members {
		member := Member{Name: m.Name, Address: m.Actors, Life: m.Life, State: State(m.State), Lost: m.Lost}
		if m.Front {
			member.Roles = append(member.Roles, RoleFront)
		}
		if m.Room {
			member.Roles = append(member.Roles, RoleRoom)
		}
		members = append(members, member)
	}
	return NewRing(r.Version, members)
}

// View returns what is agreed, as far as this node knows; nil before the first
// ring is known. It never blocks.
func (c *Cluster) View() *View { return c.published.now.Load().view }

// Watch returns the present view, nil before the first, and a channel that is
// closed when there is another one. It never blocks.
func (c *Cluster) Watch() (*View, <-chan struct{}) {
	p := c.published.now.Load()
	return p.view, p.changed
}

// glance is how often publish looks who leads.
const glance = 50 * time.Millisecond

// publish follows the agreement.
func (c *Cluster) publish() {
	tick := time.NewTicker(glance)
	defer tick.Stop()
	for {
		doc, changed := c.node.Document()
		if !c.publishOne(doc) {
			return
		}
		select {
		case <-changed:
		case <-tick.C:
		case <-c.ctx.Done():
			return
		}
	}
}

// publishOne publishes the document and reports whether the node can go on.
func (c *Cluster) publishOne(doc agree.Document) bool {
	if doc.Formed() {
		if err := c.checkSettings(doc); err != nil {
			c.fail(err)
			return false
		}
		if err := c.adopt(doc.Cluster); err != nil {
			c.fail(err)
			return false
		}
	}
	before := c.published.now.Load()
	news, err := c.published.put(doc, c.node.Leader())
	if err != nil {
		c.fail(fmt.Errorf("this node can not keep the ring: %w", err))
		return false
	}
	if !news {
		return true
	}
	now := c.published.now.Load()
	if now.leader != before.leader && now.leader != "" {
		c.metrics.leaders.Inc()
		c.log.Info("cluster leader", "leader", now.leader)
	}
	if now.doc.Formed() && (!before.doc.Formed() || now.doc.Last().Version != before.doc.Last().Version) {
		c.log.Info("cluster ring", "version", now.doc.Last().Version, "members", names(now.doc.Last()), "unretired", len(now.doc.Rings))
	}
	c.redirect()
	wake(c.outbox.wake)
	wake(c.wakeLead)
	return true
}

// adopt writes down that the node belongs to the cluster.
func (c *Cluster) adopt(cluster string) error {
	if c.record.Cluster() == cluster {
		return nil
	}
	ok, err := c.record.Join(cluster)
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("this node belongs to cluster %s and was reached by cluster %s", c.record.Cluster(), cluster)
	}
	c.spread()
	return nil
}

func names(r agree.Ring) []string {
	var all []string
	for _, m := range r.Members {
		name := m.Name
		if m.State != agree.Full {
			name += " (" + string(m.State) + ")"
		}
		all = append(all, name)
	}
	return all
}

// checkSettings returns an error if the node's settings are not the cluster's.
func (c *Cluster) checkSettings(doc agree.Document) error {
	switch {
	case !doc.Formed():
		return nil
	case doc.Replicas != c.cfg.Replicas:
		return fmt.Errorf("this node is set to %d replicas, its cluster to %d: all nodes need the same", c.cfg.Replicas, doc.Replicas)
	case doc.History != c.cfg.History:
		return fmt.Errorf("this node is set to a history of %d, its cluster to %d: all nodes need the same", c.cfg.History, doc.History)
	case c.record.Cluster() != "" && c.record.Cluster() != doc.Cluster:
		return fmt.Errorf("this node belongs to cluster %s, its ring to cluster %s", c.record.Cluster(), doc.Cluster)
	}
	return nil
}
