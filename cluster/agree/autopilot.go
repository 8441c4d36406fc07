package agree

import (
	"cmp"
	"maps"
	"slices"
)

// MaxVoters is how many servers vote. More would make agreeing slower and lose
// no less.
const MaxVoters = 5

// Action is what a step of Autopilot does to a server.
type Action string

// The actions.
const (
	NoAction     Action = ""
	AddServer    Action = "add"     // without a vote; also gives a server that has none its new address
	AddVoter     Action = "promote" // also gives a voter its new address
	DemoteServer Action = "demote"  // takes the vote
	RemoveServer Action = "remove"
)

// Step is one change to the Raft group.
type Step struct {
	Action Action
	Server Server
}

// Autopilot returns the next step that brings the Raft group nearer to what it
// should be: all nodes that are here, the vote with MaxVoters of them. ready
// says, by node, who has caught up with the leader. Like Plan it is pure, and
// makes one step at a time.
//
// The vote is taken from servers that are leaving, and else only from those that
// are not here, if those that are remain a majority.
func Autopilot(d Document, servers []Server, o Observation, r Rules, ready map[string]bool) Step {
	servers = slices.Clone(servers)
	slices.SortFunc(servers, func(a, b Server) int { return cmp.Or(cmp.Compare(a.Node, b.Node), cmp.Compare(a.Store, b.Store)) })
	g := group{d, servers, o, r}
	for _, rule := range []func() Step{g.readdress, g.add, g.remove, g.excuse} {
		if s := rule(); s.Action != NoAction {
			return s
		}
	}
	return g.vote(ready)
}

// group is what Autopilot goes by.
type group struct {
	doc     Document
	servers []Server
	seen    Observation
	rules   Rules
}

// here reports whether the server runs.
func (g group) here(s Server) bool {
	n, ok := g.seen.Alive[s.Node]
	return ok && n.Raft == s.Store
}

// readdress gives servers that have moved their new address.
func (g group) readdress() Step {
	for _, s := range g.servers {
		if at := g.seen.Alive[s.Node].Control; g.here(s) && at != s.Address {
			s.Address = at
			if s.Voter {
				return Step{AddVoter, s}
			}
			return Step{AddServer, s}
		}
	}
	return Step{}
}

// add takes in nodes that are here.
func (g group) add() Step {
	for _, name := range slices.Sorted(maps.Keys(g.seen.Alive)) {
		n := g.seen.Alive[name]
		known := slices.ContainsFunc(g.servers, func(s Server) bool { return s.Node == name && s.Store == n.Raft })
		if !known && n.Raft != "" {
			return Step{AddServer, Server{Node: name, Store: n.Raft, Address: n.Control}}
		}
	}
	return Step{}
}

// remove takes out servers that will not come back: the node has another store
// now, has said goodbye, or has been away for too long.
func (g group) remove() Step {
	for _, s := range g.servers {
		_, alive := g.seen.Alive[s.Node]
		away := g.seen.Absent[s.Node]
		if g.here(s) || !alive && !away.Left && away.For < g.rules.GoneAfter {
			continue
		}
		if !s.Voter || g.majorityWithout() {
			return Step{RemoveServer, s}
		}
	}
	return Step{}
}

// leaving reports whether the server's node is about to go.
func (g group) leaving(s Server) bool {
	m, ok := g.doc.Last().Member(s.Node)
	return ok && m.State == Leaving || g.seen.Alive[s.Node].Leaving
}

// excuse takes the vote from a node that has handed over everything and is
// about to go, so that it will not be missed. Where it would be, because those
// that stay are not a majority without it, a dead one loses its vote first.
func (g group) excuse() Step {
	voters, live := g.voters()
	for _, s := range g.servers {
		m, ok := g.doc.Last().Member(s.Node)
		if gone := ok && m.State == Leaving && len(g.doc.Rings) == 1; !gone || !s.Voter || voters == 1 {
			continue
		}
		stay := live
		if g.here(s) {
			stay--
		}
		if stay > (voters-1)/2 {
			return Step{DemoteServer, s}
		}
		return g.bury()
	}
	return Step{}
}

// bury takes the vote from a server that is dead.
func (g group) bury() Step {
	for _, s := range g.servers {
		if s.Voter && !g.here(s) && g.rules.dead(g.seen, s.Node) && g.majorityWithout() {
			return Step{DemoteServer, s}
		}
	}
	return Step{}
}

// vote gives the vote to as many as may have it.
func (g group) vote(ready map[string]bool) Step {
	voters, live, running := 0, 0, 0
	for _, s := range g.servers {
		if s.Voter {
			voters++
		}
		if g.here(s) && !g.leaving(s) {
			running++
			if s.Voter {
				live++
			}
		}
	}
	if live >= min(MaxVoters, running) {
		return Step{}
	}
	next := slices.IndexFunc(g.servers, func(s Server) bool { return !s.Voter && g.here(s) && !g.leaving(s) && ready[s.Node] })
	if next < 0 {
		return Step{}
	}
	if voters < MaxVoters {
		return Step{AddVoter, g.servers[next]}
	}
	return g.bury()
}

// majorityWithout reports whether the voters that are here are a majority once
// one that is not here has no vote any more.
func (g group) majorityWithout() bool {
	voters, live := g.voters()
	return live > (voters-1)/2
}

// voters returns how many servers vote, and how many of those are here.
func (g group) voters() (voters, live int) {
	for _, s := range g.servers {
		if !s.Voter {
			continue
		}
		voters++
		if g.here(s) {
			live++
		}
	}
	return voters, live
}
