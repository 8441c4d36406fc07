package checker

import (
	"cmp"
	"slices"

	"github.com/parlor-sse/parlor/persistence"
)

// seen is a place in a room's order, and since when somebody knows of it.
type seen struct {
	time int64
	id   persistence.Position
}

// checkRealTime wants every message to come after all that was known before it
// was published, and under no earlier epoch.
func (j *judge) checkRealTime(r *roomLog) {
	var known []seen
	var later []*operation // published and given a place
	for _, e := range r.entries {
		o := j.operations[e.uuid]
		since := e.shown
		if o != nil && o.id == e.id {
			since = min(since, o.ret)
			later = append(later, o)
		}
		if since != never {
			known = append(known, seen{since, e.id})
		}
	}
	slices.SortFunc(known, func(a, b seen) int { return cmp.Compare(a.time, b.time) })
	slices.SortFunc(later, func(a, b *operation) int {
		return cmp.Or(cmp.Compare(a.call, b.call), cmp.Compare(a.id.Seq, b.id.Seq))
	})
	var newest seen    // of greatest seq
	epoch := uint64(0) // greatest
	next := 0
	for _, o := range later {
		for ; next < len(known) && known[next].time < o.call; next++ {
			epoch = max(epoch, known[next].id.Epoch)
			if known[next].id.Seq > newest.id.Seq {
				newest = known[next]
			}
		}
		switch {
		case o.id.Epoch < epoch && o.fresh:
			j.result.Tally.Stale++
			j.report(I10, r.name, o.ret, "message %s was published after epoch %d was known, and acknowledged as %v", o.uuid, epoch, o.id)
		case o.id.Seq <= newest.id.Seq:
			j.report(I4, r.name, o.call, "message %s was published when %v was known, and became %v", o.uuid, newest.id, o.id)
		}
	}
}
