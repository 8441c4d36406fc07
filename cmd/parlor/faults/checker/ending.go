package checker

import (
	"maps"
	"slices"

	"github.com/parlor-sse/parlor/cmd/parlor/faults/history"
	"github.com/parlor-sse/parlor/persistence"
)

// checkRecovery wants every room to take messages again, and every subscriber to
// have them all.
func (j *judge) checkRecovery() {
	settled, ok := j.h.At(history.Settled)
	ended, ok2 := j.h.At(history.Ended)
	if !ok || !ok2 {
		j.report(I12, "", 0, "the run did not come to its end")
		return
	}
	taken := make(map[string]bool)
	for i := range j.h.Publishes {
		p := &j.h.Publishes[i]
		if p.Outcome == history.OK && p.Call >= settled {
			taken[p.Room] = true
		}
	}
	for _, room := range j.h.Run.Rooms {
		if !taken[room] {
			j.report(I12, room, ended, "the room took no message after the faults")
		}
	}
	last := make(map[int]*stream) // of each subscriber
	for _, s := range j.sortedStreams() {
		if s.open.Time < ended {
			last[s.open.Subscriber] = s
		}
	}
	for _, sub := range slices.Sorted(maps.Keys(last)) {
		j.checkCaughtUp(sub, last[sub], ended)
	}
}

// checkCaughtUp wants a subscriber to be at the end of its rooms.
func (j *judge) checkCaughtUp(sub int, s *stream, ended int64) {
	if s.end < ended {
		j.report(I12, "", ended, "subscriber %d has no stream: the last, on %s, ended at %.3fs",
			sub, s.open.Node, float64(s.end)/1e9)
		return
	}
	for _, room := range s.open.Rooms {
		if want := j.rooms[room].acked.at(ended); s.rooms[room] == nil || s.rooms[room].at.Seq < want {
			var at persistence.Position
			if r := s.rooms[room]; r != nil {
				at = r.at
			}
			j.report(I12, room, ended, "subscriber %d is at %v on %s, the room at %d", sub, at, s.open.Node, want)
		}
	}
}

// checkRings wants all nodes to name the same ring in the end, with every member
// in it and none on its way in or out.
func (j *judge) checkRings() {
	last := make(map[string]history.Ring)
	for _, r := range j.h.Rings {
		last[r.Asked] = r
	}
	if len(j.h.Run.Nodes) < 2 {
		return
	}
	reference, ok := last[j.h.Run.Nodes[0]]
	for _, node := range j.h.Run.Nodes {
		r, told := last[node]
		if !ok || !told {
			j.report(I13, "", 0, "%s never told its ring", node)
			continue
		}
		if r.Version != reference.Version {
			j.report(I13, "", r.Time, "%s is at ring %d, %s at ring %d",
				node, r.Version, reference.Asked, reference.Version)
		}
		if names := memberNames(r); !slices.Equal(names, slices.Sorted(slices.Values(j.h.Run.Nodes))) {
			j.report(I13, "", r.Time, "%s names the members %v", node, names)
		}
		for _, m := range r.Members {
			if m.State != FullMember {
				j.report(I13, "", r.Time, "%s says that %s is %s", node, m.Name, m.State)
			}
		}
	}
}

// FullMember is the state of a member that holds what it should.
const FullMember = "full"

func memberNames(r history.Ring) []string {
	var names []string
	for _, m := range r.Members {
		names = append(names, m.Name)
	}
	slices.Sort(names)
	return names
}
