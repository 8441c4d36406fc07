package checker

import (
	"cmp"
	"slices"

	"github.com/parlor-sse/parlor/cmd/parlor/faults/history"
	"github.com/parlor-sse/parlor/persistence"
)

// claimCopies enters what the disks hold, and wants enough of them to hold the
// same.
func (j *judge) claimCopies() {
	if _, ok := j.h.At(history.Collected); !ok {
		return // the disks were not looked at
	}
	byRoom := make(map[string][]*history.Copy)
	for i := range j.h.Copies {
		c := &j.h.Copies[i]
		byRoom[c.Room] = append(byRoom[c.Room], c)
	}
	for name := range byRoom {
		j.room(name)
	}
	for _, name := range j.roomNames() {
		j.claimRoom(j.rooms[name], byRoom[name])
	}
}

// claimRoom looks at all copies of one room.
func (j *judge) claimRoom(r *roomLog, copies []*history.Copy) {
	newest := newestOf(copies)
	j.checkKept(r, newest)
	var whole []*history.Copy // copies that are as new as any
	for _, c := range copies {
		if last, _ := history.Position(c.Last); last == newest && newest.Seq > 0 {
			whole = append(whole, c)
		} else {
			j.compareOld(r, c)
		}
	}
	if newest.Seq == 0 {
		return
	}
	for _, c := range whole {
		j.claimCopy(r, c, newest)
	}
	if want := min(j.h.Run.Replicas, len(j.h.Run.Nodes)); len(whole) < want {
		var nodes []string
		for _, c := range whole {
			nodes = append(nodes, c.Node)
		}
		j.report(I13, r.name, 0, "only %v hold %v, of %d that should", nodes, newest, want)
	}
}

// newestOf returns the newest id of all copies. The epoch that a copy was
// accepted under counts most, then that of its newest message: what an owner
// wrote alone when it was cut off never counted, however much it was.
func newestOf(copies []*history.Copy) persistence.Position {
	var newest persistence.Position
	accepted := uint64(0)
	for _, c := range copies {
		last, ok := history.Position(c.Last)
		if ok && cmp.Or(cmp.Compare(c.Accepted, accepted), cmp.Compare(last.Epoch, newest.Epoch), cmp.Compare(last.Seq, newest.Seq)) > 0 {
			newest, accepted = last, c.Accepted
		}
	}
	return newest
}

// checkKept wants everything that anybody was told of to be at or before the
// newest message on the disks.
func (j *judge) checkKept(r *roomLog, newest persistence.Position) {
	for _, e := range r.sorted() {
		if e.id.Seq <= newest.Seq {
			continue
		}
		if e.acked {
			j.lost[place{r.name, e.id}] = true
			j.report(I1, r.name, e.time, "%v was acknowledged, but the disks end with %v", e.id, newest)
		} else {
			j.report(I9, r.name, e.time, "%v was shown, but the disks end with %v", e.id, newest)
		}
	}
}

// claimCopy enters one of the newest copies.
func (j *judge) claimCopy(r *roomLog, c *history.Copy, newest persistence.Position) {
	if want := min(uint64(max(j.h.Run.History, 0)), newest.Seq); c.Damaged || uint64(len(c.Messages)) < want {
		j.report(I13, r.name, 0, "%s keeps %d messages up to %v, damaged: %v", c.Node, len(c.Messages), newest, c.Damaged)
	}
	for i, m := range c.Messages {
		id, ok := history.Position(m.ID)
		if want := newest.Seq - uint64(len(c.Messages)-1-i); !ok || id.Seq != want {
			j.report(I3, r.name, 0, "%s keeps %q in the place of %d", c.Node, m.ID, want)
			continue
		}
		j.claim(r, claim{id: id, sha: m.SHA, by: disk, node: c.Node})
	}
}

// compareOld looks at a copy that others have gone past. It may hold what was
// never committed, but not other bytes under an id that was.
func (j *judge) compareOld(r *roomLog, c *history.Copy) {
	i := slices.IndexFunc(c.Messages, func(m history.Kept) bool {
		id, ok := history.Position(m.ID)
		e := r.entries[id.Seq]
		return ok && e != nil && e.id == id && e.sha != "" && m.SHA != e.sha
	})
	if i >= 0 {
		j.report(I3, r.name, 0, "%s keeps other bytes under %s", c.Node, c.Messages[i].ID)
	}
}
