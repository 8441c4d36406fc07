package checker

import (
	"fmt"
	"maps"
	"slices"

	"github.com/parlor-sse/parlor/persistence"
)

// roomLog is the one order of a room's messages, as far as anybody was told of
// it.
type roomLog struct {
	name    string
	entries map[uint64]*entry // by seq

	handed uint64 // the greatest seq that the broker was given

	// Built by resolve.
	called bound // what may have been committed by a time
	acked  bound // what certainly was
}

// entry is a message at its place.
type entry struct {
	claim
	acked bool
	shown int64 // when a stream was first shown it; never if none was
}

// source says who makes a claim.
type source uint8

const (
	answer source = iota
	frame
	handed
	disk
)

// claim is what one source says of one place in a room's order.
type claim struct {
	id        persistence.Position
	uuid, sha string // empty if the source does not tell
	time      int64
	by        source
	node      string
	conn      int
}

// where says who makes the claim, for people.
func (c *claim) where() string {
	switch c.by {
	case answer:
		return "an answer of " + c.node
	case frame:
		return fmt.Sprintf("stream %d", c.conn)
	case handed:
		return "the broker"
	}
	return "the disk of " + c.node
}

// claim enters a claim into the log, or reports that it contradicts what is
// there.
func (j *judge) claim(r *roomLog, c claim) {
	e := r.entries[c.id.Seq]
	if e == nil {
		e = &entry{claim: c, shown: never}
		r.entries[c.id.Seq] = e
		e.note(c)
		return
	}
	if e.id.Epoch != c.id.Epoch || e.uuid != "" && c.uuid != "" && e.uuid != c.uuid {
		j.contradiction(r, e, c)
		return
	}
	if e.sha != "" && c.sha != "" && e.sha != c.sha {
		j.report(I3, r.name, c.time, "%v is not the same bytes on %s and %s", c.id, e.where(), c.where())
		return
	}
	if e.uuid == "" {
		e.uuid = c.uuid
	}
	if e.sha == "" {
		e.sha = c.sha
	}
	e.note(c)
}

// note keeps what later passes want to know of all claims.
func (e *entry) note(c claim) {
	switch c.by {
	case answer:
		e.acked = true
	case frame:
		e.shown = min(e.shown, c.time)
	}
}

// contradiction reports that two messages have one place. The one of the later
// epoch is taken for what is true from then on.
func (j *judge) contradiction(r *roomLog, e *entry, c claim) {
	invariant := I9
	if e.acked || c.by == answer {
		invariant = I1
	}
	j.report(invariant, r.name, c.time, "place %d is %v (message %q) by %s and %v (message %q) by %s",
		c.id.Seq, e.id, e.uuid, e.where(), c.id, c.uuid, c.where())
	if c.id.Epoch <= e.id.Epoch {
		if c.by == answer {
			j.lost[place{r.name, c.id}] = true
		}
		return
	}
	if e.acked {
		j.lost[place{r.name, e.id}] = true
	}
	e.claim, e.acked, e.shown = c, false, never
	e.note(c)
}

// sorted returns the entries in the room's order.
func (r *roomLog) sorted() []*entry {
	all := make([]*entry, 0, len(r.entries))
	for _, seq := range slices.Sorted(maps.Keys(r.entries)) {
		all = append(all, r.entries[seq])
	}
	return all
}

// checkEpochs wants epochs that never fall along the order.
func (j *judge) checkEpochs(r *roomLog) {
	var before persistence.Position
	for _, e := range r.sorted() {
		if e.id.Epoch < before.Epoch {
			j.report(I3, r.name, e.time, "%v comes after %v", e.id, before)
		}
		before = e.id
	}
}
