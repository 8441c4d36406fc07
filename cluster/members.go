package cluster

import (
	"cmp"
	"maps"
	"slices"

	"github.com/parlor-sse/parlor/cluster/gossip"
)

// MemberStatus is a node as operators see it.
type MemberStatus struct {
	Name     string
	Address  string // of its actors, host:port
	HTTP     string // where it serves clients, as it says itself; empty if it is not here
	Roles    []Role
	State    string // full, learner, leaving; dead (in the ring and not here), joining (here and not in the ring)
	Self     bool
	Leader   bool
	Voter    bool // has a vote in the agreement
	Life     uint64
	Handover bool // has nothing left to hand over for the ring in force
}

// Members returns all nodes of the ring and those that are here besides, by
// name. It never blocks.
func (c *Cluster) Members() []MemberStatus {
	peers := map[string]gossip.Peer{}
	for _, p := range c.tracker.peers() {
		peers[p.Name] = p
	}
	all := map[string]MemberStatus{}
	for name, p := range peers {
		all[name] = MemberStatus{
			Name: name, Address: actorsAt(p), HTTP: p.Meta.HTTP, Roles: rolesOf(p.Meta.Roles), State: "joining", Life: p.Meta.Life,
		}
	}
	v := c.View()
	if v != nil {
		for _, m := range v.Ring().Members() {
			s := MemberStatus{
				Name: m.Name, Address: m.Address, Roles: m.Roles, State: m.State.String(), Life: m.Life, Handover: v.Handover[m.Name],
			}
			if p, here := peers[m.Name]; here {
				s.Address, s.HTTP = actorsAt(p), p.Meta.HTTP
			} else {
				s.State = "dead"
			}
			all[m.Name] = s
		}
	}
	c.markServers(all, peers, v)
	return slices.SortedFunc(maps.Values(all), func(a, b MemberStatus) int { return cmp.Compare(a.Name, b.Name) })
}

// markServers adds who votes, who leads and which one this node is. The vote of
// a server that a node was, before its disk was emptied, is not the node's.
func (c *Cluster) markServers(all map[string]MemberStatus, peers map[string]gossip.Peer, v *View) {
	mark := func(name string, set func(*MemberStatus)) {
		if s, ok := all[name]; ok {
			set(&s)
			all[name] = s
		}
	}
	mark(c.cfg.Node, func(s *MemberStatus) { s.Self = true })
	if v != nil {
		mark(v.Leader, func(s *MemberStatus) { s.Leader = true })
	}
	servers, err := c.node.Servers()
	if err != nil {
		return
	}
	for _, server := range servers {
		if p, here := peers[server.Node]; server.Voter && (!here || p.Meta.Raft == server.Store) {
			mark(server.Node, func(s *MemberStatus) { s.Voter = true })
		}
	}
}

func rolesOf(set gossip.Roles) []Role {
	var roles []Role
	if set.Has(gossip.RoleFront) {
		roles = append(roles, RoleFront)
	}
	if set.Has(gossip.RoleRoom) {
		roles = append(roles, RoleRoom)
	}
	return roles
}
