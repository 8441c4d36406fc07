package checker

import (
	"slices"

	"github.com/parlor-sse/parlor/cmd/parlor/faults/history"
)

// checkOwners wants nodes to name one owner for each epoch of a room.
func (j *judge) checkOwners() {
	type ownership struct {
		room  string
		epoch uint64
	}
	owners := make(map[ownership]history.Owner)
	for _, o := range j.h.Owners {
		if o.Owner == "" || o.Epoch == 0 {
			continue
		}
		key := ownership{o.Room, o.Epoch}
		first, ok := owners[key]
		if !ok {
			owners[key] = o
		} else if first.Owner != o.Owner {
			j.report(I10, o.Room, o.Time, "epoch %d belongs to %s, says %s, and to %s, says %s",
				o.Epoch, first.Owner, first.Asked, o.Owner, o.Asked)
		}
	}
}

// letGo is how long a node that reaches no other may keep streams open, in
// nanoseconds: ten seconds are promised, and half as much is for a busy machine.
const letGo = int64(15e9)

// checkIsolated wants nodes that reach no other to acknowledge nothing new and
// to end their streams.
func (j *judge) checkIsolated() {
	for _, f := range j.h.Faults {
		if len(f.Isolated) == 0 || len(j.h.Run.Nodes) == 1 {
			continue
		}
		for i := range j.h.Publishes {
			p := &j.h.Publishes[i]
			if p.Outcome == history.OK && !p.Duplicate && p.Call >= f.Start && p.Return <= f.End &&
				slices.Contains(f.Isolated, p.Node) {
				j.report(I11, p.Room, p.Return, "%s acknowledged %s while it reached no other node", p.Node, p.ID)
			}
		}
		for _, s := range j.sortedStreams() {
			j.checkLetGo(f, s)
		}
	}
}

func (j *judge) checkLetGo(f history.Fault, s *stream) {
	if !slices.Contains(f.Isolated, s.open.Node) || s.open.Status != statusOK {
		return
	}
	since := max(f.Start, s.open.Time)
	if s.end >= since && min(s.end, f.End)-since > letGo {
		j.report(I11, "", since, "stream %d stayed open for %.1fs on %s, which reached no other node",
			s.open.Conn, float64(min(s.end, f.End)-since)/1e9, s.open.Node)
	}
}
