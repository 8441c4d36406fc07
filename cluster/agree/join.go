package agree

import (
	"maps"
	"slices"
)

// join makes members of the nodes that are here and are none yet. Those that
// are to hold rooms begin as learners, and only when no hand-over is under way.
// A member that was leaving and has come back begins anew as well.
func join(d Document, o Observation, _ Rules) (Document, Change) {
	last := d.Last()
	members := slices.Clone(last.Members)
	first := len(last.Holders()) == 0 // nobody to catch up from
	var joined, returned []string
	for _, name := range slices.Sorted(maps.Keys(o.Alive)) {
		n := o.Alive[name]
		m, ok := last.Member(name)
		busy := n.Room && len(d.Rings) > 1
		if n.Leaving || busy || ok && m.State != Leaving || !ok && len(members) >= MaxMembers {
			continue
		}
		state := Full
		if n.Room && !first {
			state = Learner
		}
		members = slices.DeleteFunc(members, func(m Member) bool { return m.Name == name })
		members = append(members, n.member(name, state))
		if ok {
			returned = append(returned, name)
		} else {
			joined = append(joined, name)
		}
	}
	switch {
	case len(joined) > 0:
		return change(d, members, ReasonJoin, append(joined, returned...))
	case len(returned) > 0:
		return change(d, members, ReasonReturn, returned)
	}
	return d, Change{}
}

// promote makes holders of learners that have caught up with the present
// holders, when no other hand-over is under way.
func promote(d Document, o Observation, _ Rules) (Document, Change) {
	if len(d.Rings) > 1 {
		return d, Change{}
	}
	last := d.Last()
	members := slices.Clone(last.Members)
	var ready []string
	for i := range members {
		m := &members[i]
		n, here := o.Alive[m.Name]
		if m.State != Learner || !here || n.Leaving || n.Life != m.Life || !last.caughtUp(d, *m) {
			continue
		}
		m.State = Full
		ready = append(ready, m.Name)
	}
	if len(ready) == 0 {
		return d, Change{}
	}
	return change(d, members, ReasonPromote, ready)
}

// caughtUp reports whether the learner has reported to hold copies of all that
// it would hold beside the ring's holders. A report under an older ring counts
// if the holders were the same ones.
func (r Ring) caughtUp(d Document, learner Member) bool {
	report, ok := d.CaughtUp[learner.Name]
	return ok && report.Life == learner.Life && report.Version >= r.Placed && report.Version <= r.Version
}

// move writes down where members are reached now. That makes no new ring: the
// members are the same.
func move(d Document, o Observation, _ Rules) (Document, Change) {
	next := d.clone()
	moved := map[string]bool{}
	for _, r := range next.Rings {
		for i := range r.Members {
			m := &r.Members[i]
			n, here := o.Alive[m.Name]
			if !here || m.Raft == n.Raft && m.Control == n.Control && m.Actors == n.Actors {
				continue
			}
			m.Raft, m.Control, m.Actors = n.Raft, n.Control, n.Actors
			moved[m.Name] = true
		}
	}
	if len(moved) == 0 {
		return d, Change{}
	}
	return next, Change{Reason: ReasonMoved, Nodes: slices.Sorted(maps.Keys(moved))}
}
