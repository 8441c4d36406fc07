package checker

import (
	"cmp"
	"math"
	"slices"

	"github.com/parlor-sse/parlor/cmd/parlor/faults/history"
	"github.com/parlor-sse/parlor/persistence"
)

// never is later than everything.
const never = int64(math.MaxInt64)

// operation is a message that was published, with all attempts at it.
type operation struct {
	uuid, room, sha string
	attempts        []history.Publish // by call

	// What the attempts say together.
	possible bool  // one of them may have had an effect
	call     int64 // of the first that may have had one; never if none
	ret      int64 // of the first that was acknowledged; never if none
	fresh    bool  // acknowledged as new, not as a duplicate

	id    persistence.Position // from an answer or, once resolved, from whoever was shown it
	hasID bool
}

func (o *operation) acknowledged() bool { return o.ret != never }

// gatherOperations puts the attempts at each message together.
func (j *judge) gatherOperations() {
	for _, p := range j.h.Publishes {
		o := j.operations[p.UUID]
		if o == nil {
			o = &operation{uuid: p.UUID, room: p.Room, sha: p.SHA, call: never, ret: never}
			j.operations[p.UUID] = o
		}
		o.attempts = append(o.attempts, p)
	}
	for _, o := range j.operations {
		slices.SortFunc(o.attempts, func(a, b history.Publish) int { return cmp.Compare(a.Call, b.Call) })
		for _, p := range o.attempts {
			if p.Outcome == history.OK || p.Outcome == history.Unknown {
				o.possible = true
				o.call = min(o.call, p.Call)
			}
			if p.Outcome == history.OK {
				o.ret = min(o.ret, p.Return)
				o.fresh = o.fresh || !p.Duplicate
			}
		}
	}
}

// sortedOperations returns the messages in the order in which they were first
// tried.
func (j *judge) sortedOperations() []*operation {
	all := make([]*operation, 0, len(j.operations))
	for _, o := range j.operations {
		all = append(all, o)
	}
	slices.SortFunc(all, func(a, b *operation) int {
		return cmp.Or(cmp.Compare(a.attempts[0].Call, b.attempts[0].Call), cmp.Compare(a.uuid, b.uuid))
	})
	return all
}

// keyConflict is what a server answers to a key that was used with another body.
const keyConflict = 409

// claimAnswers enters what publishers were answered into the logs.
func (j *judge) claimAnswers() {
	for _, o := range j.sortedOperations() {
		for i := range o.attempts {
			p := &o.attempts[i]
			if p.Status == keyConflict {
				j.report(I2, o.room, p.Return, "%s was refused as if its key had been used for another message", o.uuid)
			}
			if p.Outcome != history.OK {
				continue
			}
			id, ok := history.Position(p.ID)
			if !ok || id.Seq == 0 {
				j.report(I1, o.room, p.Return, "%s was acknowledged with the id %q", o.uuid, p.ID)
				continue
			}
			if o.hasID && o.id != id {
				j.report(I2, o.room, p.Return, "%s was acknowledged as %v and as %v", o.uuid, o.id, id)
				continue
			}
			o.id, o.hasID = id, true
			j.claim(j.room(o.room), claim{id: id, uuid: o.uuid, sha: o.sha, time: p.Return, by: answer, node: p.Node})
		}
	}
}

// tallyOperations counts them by what became of them.
func (j *judge) tallyOperations() {
	t := &j.result.Tally
	t.Published, t.Lost = len(j.operations), len(j.lost)
	for _, p := range j.h.Phases {
		t.Skipped += int(p.Skipped)
	}
	for _, o := range j.operations {
		t.Retries += len(o.attempts) - 1
		switch {
		case o.acknowledged():
			t.Acknowledged++
		case o.possible:
			t.Unknown++
		default:
			t.Refused++
		}
	}
}
