package actors

import (
	"slices"
	"sync/atomic"

	"github.com/parlor-sse/parlor/cluster"
	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/replication"
)

// Membership is what rooms want to know of their cluster, and tell it. A
// *cluster.Cluster is one. Its methods do not block.
type Membership interface {
	// Watch returns what is agreed, nil before the first ring is known, and a
	// channel that is closed when there is something newer.
	Watch() (*cluster.View, <-chan struct{})
	// Quorate reports whether the agreement can go on as seen from here.
	Quorate() bool
	// Address returns where a node's actors are reached, NodeAt who is reached
	// there.
	Address(node string) (string, bool)
	NodeAt(address string) (string, bool)
	// Done and CaughtUp report that this node has handed over, or taken over, all
	// that the ring of that version asks of it.
	Done(version uint64)
	CaughtUp(version uint64)
	// Suspect asks to look whether a node has crashed.
	Suspect(node string)
	// Members describes all nodes.
	Members() []cluster.MemberStatus
}

// placement says who owns what, as far as this node knows.
type placement struct {
	self    string
	view    atomic.Pointer[cluster.View] // nil while no ring is known
	members Membership                   // nil for a node on its own
}

func newPlacement(self string, alone *cluster.Ring, members Membership) *placement {
	p := &placement{self: self, members: members}
	if members == nil {
		p.view.Store(&cluster.View{Rings: []*cluster.Ring{alone}, Leader: self, Replicas: 1})
	}
	return p
}

// version returns that of the ring in force, 0 while there is none.
func (p *placement) version() uint64 {
	if v := p.view.Load(); v != nil {
		return v.Ring().Version()
	}
	return 0
}

// owner returns the name of the room's owner, "" while there is none.
func (p *placement) owner(key persistence.RoomKey) string {
	v := p.view.Load()
	if v == nil {
		return ""
	}
	if m := v.Ring().Owner(key.Kind, key.Name); m != nil {
		return m.Name
	}
	return ""
}

// owns reports whether the room is this node's.
func (p *placement) owns(key persistence.RoomKey) bool { return p.owner(key) == p.self }

// left reports whether the node has left the ring in force, or was never in it.
func (p *placement) left(node string) bool {
	v := p.view.Load()
	return p.members != nil && v != nil && !slices.ContainsFunc(v.Ring().Members(), func(m cluster.Member) bool { return m.Name == node })
}

// configs returns the room's home sets under all rings that count.
func (p *placement) configs(key persistence.RoomKey) []replication.Config {
	v := p.view.Load()
	if v == nil {
		return nil
	}
	configs := make([]replication.Config, 0, len(v.Rings))
	for _, r := range v.Rings {
		configs = append(configs, configOf(r, key, v.Replicas))
	}
	return configs
}

// configOf returns the room's home set under one ring.
func configOf(r *cluster.Ring, key persistence.RoomKey, replicas int) replication.Config {
	var buf [cluster.MaxReplicas]*cluster.Member
	set := r.HomeSet(buf[:0], key.Kind, key.Name, replicas)
	c := replication.Config{Ring: r.Version(), Members: make([]replication.Member, len(set))}
	for i, m := range set {
		c.Members[i] = replication.Member{Node: m.Name, Life: m.Life, Lost: m.Lost}
	}
	return c
}

// homes reports whether the node is in the room's home set under the ring.
func homes(r *cluster.Ring, key persistence.RoomKey, replicas int, node string) bool {
	var buf [cluster.MaxReplicas]*cluster.Member
	set := r.HomeSet(buf[:0], key.Kind, key.Name, replicas)
	return slices.ContainsFunc(set, func(m *cluster.Member) bool { return m.Name == node })
}

// moved reports whether the room's home set differs between an older ring that
// still counts and the one in force.
func moved(v *cluster.View, key persistence.RoomKey) bool {
	now := configOf(v.Ring(), key, v.Replicas)
	for _, r := range v.Rings[:len(v.Rings)-1] {
		if !configOf(r, key, v.Replicas).Equal(now) {
			return true
		}
	}
	return false
}
