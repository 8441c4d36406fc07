package agree

import "slices"

// removeDead takes the dead out of the ring. It needs no hand-over to be
// finished first, since nobody is there to hand over. The last holders stay,
// dead or not: without them nothing would be held.
func removeDead(d Document, o Observation, r Rules) (Document, Change) {
	var stay []Member
	var gone []string
	holders := 0
	for _, m := range d.Last().Members {
		if r.dead(o, m.Name) {
			gone = append(gone, m.Name)
			continue
		}
		stay = append(stay, m)
		if m.Holds() {
			holders++
		}
	}
	if had := d.Last().Holders(); holders == 0 && len(had) > 0 {
		stay = append(stay, had...)
		gone = slices.DeleteFunc(gone, func(name string) bool {
			m, _ := d.Last().Member(name)
			return m.Holds()
		})
	}
	if len(gone) == 0 || len(stay) == 0 {
		return d, Change{}
	}
	return change(d, stay, ReasonDead, gone)
}

// letLeave makes members that ask for it leaving, as long as a holder stays
// that is here.
func letLeave(d Document, o Observation, _ Rules) (Document, Change) {
	members := slices.Clone(d.Last().Members)
	holders := 0
	for _, m := range members {
		if _, here := o.Alive[m.Name]; here && m.Holds() {
			holders++
		}
	}
	var leave []string
	for i := range members {
		m := &members[i]
		if m.State == Leaving || !o.Alive[m.Name].Leaving {
			continue
		}
		if m.Holds() {
			if holders == 1 {
				continue
			}
			holders--
		}
		m.State = Leaving
		leave = append(leave, m.Name)
	}
	if len(leave) == 0 {
		return d, Change{}
	}
	return change(d, members, ReasonLeave, leave)
}
