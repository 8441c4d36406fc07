package agree

import "slices"

// retire drops an old ring when it says nothing any more.
//
// What was committed under a ring lies on W of a room's R copies. The ring may
// be dropped when, of every W copies, one is sure to be accounted for: its
// holder has reported that all its rooms are established under the ring in
// force. A holder that has not reported may hold what nobody else has. One
// whose disk is lost, or that reported under another life, may have lost it;
// but no more than R-W disks lose what they held, that is what is promised.
func retire(d Document, o Observation, r Rules) (Document, Change) {
	for i := range len(d.Rings) - 1 {
		if o.InForce >= r.SettleAfter && samePlaces(d.Rings[i], d.Rings[i+1]) {
			return dropRing(d, i)
		}
	}
	if len(d.Rings) > 1 && handedOver(d, d.Rings[0], o) {
		return dropRing(d, 0)
	}
	return d, Change{}
}

func dropRing(d Document, i int) (Document, Change) {
	next := d.clone()
	version := next.Rings[i].Version
	next.Rings = slices.Delete(next.Rings, i, i+1)
	return next.prune(), Change{Reason: ReasonRetire, Ring: version}
}

// handedOver reports whether all that was committed under the old ring is sure
// to be established under the one in force.
func handedOver(d Document, old Ring, o Observation) bool {
	last := d.Last()
	holders := old.Holders()
	silent, lossy := 0, 0
	for _, m := range holders {
		report, ok := d.Done[m.Name]
		done := ok && report.Version >= last.Version
		_, here := o.Alive[m.Name]
		_, member := last.Member(m.Name)
		switch {
		case done && report.Life == m.Life:
		case done || m.Lost:
			lossy++
		case here && member:
			return false // it will report
		default:
			silent++
		}
	}
	if len(holders) == 0 {
		return true
	}
	copies := min(d.Replicas, len(holders))
	quorum := copies/2 + 1
	return silent+min(lossy, tolerated(copies)) < quorum
}

// tolerated is how many of a room's disks may lose the end of what they held
// without the room losing anything. Of two copies one may: both are read. The
// disk of a single copy has to be believed.
func tolerated(copies int) int {
	if copies < 2 {
		return 0
	}
	return max(copies-(copies/2+1), 1)
}

// lose marks members as lost that were removed and have stayed away for long,
// so that the rings which still list them need not wait for ever.
func lose(d Document, o Observation, r Rules) (Document, Change) {
	return markLost(d, true, ReasonLost, func(m Member) bool {
		_, member := d.Last().Member(m.Name)
		return !member && o.Absent[m.Name].For >= r.GoneAfter
	})
}

// find takes that back of those that are here again.
func find(d Document, o Observation, _ Rules) (Document, Change) {
	return markLost(d, false, ReasonFound, func(m Member) bool {
		_, here := o.Alive[m.Name]
		return here
	})
}

// markLost sets Lost of the members that match, in all rings but the one in
// force.
func markLost(d Document, lost bool, reason Reason, match func(Member) bool) (Document, Change) {
	next := d.clone()
	var names []string
	for _, r := range next.Rings[:len(next.Rings)-1] {
		for i := range r.Members {
			m := &r.Members[i]
			if m.Lost == lost || !match(*m) {
				continue
			}
			m.Lost = lost
			if !slices.Contains(names, m.Name) {
				names = append(names, m.Name)
			}
		}
	}
	if len(names) == 0 {
		return d, Change{}
	}
	return next, Change{Reason: reason, Nodes: names}
}
