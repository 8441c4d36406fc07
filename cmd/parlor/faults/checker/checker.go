package checker

import (
	"maps"
	"slices"

	"github.com/parlor-sse/parlor/cmd/parlor/faults/history"
	"github.com/parlor-sse/parlor/persistence"
)

// judge holds what the passes over a history have in common.
type judge struct {
	h      *history.History
	result *Result

	operations map[string]*operation // by uuid
	rooms      map[string]*roomLog
	streams    map[int]*stream
	ids        map[string]persistence.Position // under which messages were delivered, by uuid
	lost       map[place]bool                  // acknowledged, and gone
}

// place is an id in a room.
type place struct {
	room string
	id   persistence.Position
}

// Check judges a history. The history is not changed.
func Check(h *history.History) *Result {
	j := &judge{
		h: h, result: &Result{Broken: make(map[string]int)},
		operations: make(map[string]*operation),
		rooms:      make(map[string]*roomLog),
		streams:    make(map[int]*stream),
		ids:        make(map[string]persistence.Position),
		lost:       make(map[place]bool),
	}
	// The log is built from every source before streams are walked along it: a
	// stream may be shown what another source tells the time of.
	j.gatherOperations()
	j.gatherStreams()
	j.claimAnswers()
	j.claimFrames()
	j.claimHanded()
	j.claimCopies()
	j.resolve()
	for _, name := range j.roomNames() {
		r := j.rooms[name]
		j.checkEpochs(r)
		j.checkRealTime(r)
	}
	j.walkStreams()
	j.checkOwners()
	j.checkIsolated()
	j.checkRecovery()
	j.checkHanded()
	j.checkRings()
	j.checkExpectations()
	j.tallyOperations()
	j.result.sortViolations()
	return j.result
}

// roomNames returns the rooms in order, so that every check of one history says
// the same.
func (j *judge) roomNames() []string { return slices.Sorted(maps.Keys(j.rooms)) }

// room returns the log of a room.
func (j *judge) room(name string) *roomLog {
	r := j.rooms[name]
	if r == nil {
		r = &roomLog{name: name, entries: make(map[uint64]*entry)}
		j.rooms[name] = r
	}
	return r
}

func (j *judge) checkExpectations() {
	for _, f := range j.h.Failures {
		j.report(Expected, "", f.Time, "%s", f.Text)
	}
	if j.h.Cut {
		j.report(Expected, "", 0, "the history ends in the middle of a line")
	}
}
