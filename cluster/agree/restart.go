package agree

import "slices"

// takeRestarted gives members that came back with another life a place under
// it. A holder among them may have lost the end of what it held, so it has to
// catch up as a learner. But if those that stayed what they were are no majority
// of the holders there is nobody better to catch up from: then the restarted
// ones stay holders, all in one change. Older rings go on to list them under
// the lives before, so that reads still take them for copies that may have lost
// something.
func takeRestarted(d Document, o Observation, r Rules) (Document, Change) {
	members := slices.Clone(d.Last().Members)
	restarted := func(m Member) bool {
		n, here := o.Alive[m.Name]
		return here && n.Life != m.Life
	}
	holders := d.Last().Holders()
	changed := slices.DeleteFunc(slices.Clone(holders), func(m Member) bool { return !restarted(m) })
	most := 2*(len(holders)-len(changed)) <= len(holders)
	if most && len(changed) > 0 && o.Led < r.GatherAfter && missing(holders, o) {
		return d, Change{}
	}
	var names []string
	for i := range members {
		m := &members[i]
		if !restarted(*m) {
			continue
		}
		names = append(names, m.Name)
		m.Life = o.Alive[m.Name].Life
		if m.Holds() && !most {
			m.State = Learner
		}
	}
	if len(names) == 0 {
		return d, Change{}
	}
	return change(d, members, ReasonRestarted, names)
}

// missing reports whether a holder is not here.
func missing(holders []Member, o Observation) bool {
	return slices.ContainsFunc(holders, func(m Member) bool {
		_, here := o.Alive[m.Name]
		return !here
	})
}
