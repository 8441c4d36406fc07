package checker

import (
	"fmt"
	"slices"
)

// maxDescribed bounds how many violations of one invariant are described. All
// are counted.
const maxDescribed = 20

// Violation is one broken promise.
type Violation struct {
	Invariant Invariant `json:"invariant"`
	Room      string    `json:"room,omitempty"`
	Time      int64     `json:"t,omitempty"` // of the run; 0 if it has none
	Text      string    `json:"text"`
}

func (v Violation) String() string {
	text := v.Invariant.String()
	if v.Room != "" {
		text += " room " + v.Room
	}
	if v.Time > 0 {
		text += fmt.Sprintf(" at %.3fs", float64(v.Time)/1e9)
	}
	return text + ": " + v.Text
}

// Tally counts what a run was made of.
type Tally struct {
	Published    int `json:"published"` // messages, however often they were tried
	Acknowledged int `json:"acknowledged"`
	Refused      int `json:"refused"` // messages that nobody accepted
	Unknown      int `json:"unknown"` // messages of which their publisher never learned
	Skipped      int `json:"skipped"` // messages that were due, and not even tried
	Retries      int `json:"retries"`
	Lost         int `json:"lost"`  // acknowledged, and gone
	Stale        int `json:"stale"` // acknowledged under an epoch that was over
	Streams      int `json:"streams"`
	Delivered    int `json:"delivered"` // messages on streams
	Gaps         int `json:"gaps"`
	Missed       int `json:"missed"` // messages that gaps announced as gone
	Resets       int `json:"resets"`
	Handed       int `json:"handed,omitempty"`   // records that the broker was given
	Repeated     int `json:"repeated,omitempty"` // of these, messages that it had
}

// Add adds what another run was made of.
func (t *Tally) Add(o Tally) {
	t.Published += o.Published
	t.Acknowledged += o.Acknowledged
	t.Refused += o.Refused
	t.Unknown += o.Unknown
	t.Skipped += o.Skipped
	t.Retries += o.Retries
	t.Lost += o.Lost
	t.Stale += o.Stale
	t.Streams += o.Streams
	t.Delivered += o.Delivered
	t.Gaps += o.Gaps
	t.Missed += o.Missed
	t.Resets += o.Resets
	t.Handed += o.Handed
	t.Repeated += o.Repeated
}

// Result is what a history is worth.
type Result struct {
	Tally      Tally          `json:"tally"`
	Broken     map[string]int `json:"broken"` // violations by invariant; empty if all is well
	Violations []Violation    `json:"violations"`
}

// OK reports whether every invariant held.
func (r *Result) OK() bool { return len(r.Broken) == 0 }

// report notes a violation.
func (j *judge) report(i Invariant, room string, at int64, format string, args ...any) {
	name := i.String()
	if j.result.Broken[name]++; j.result.Broken[name] > maxDescribed {
		return
	}
	j.result.Violations = append(j.result.Violations,
		Violation{Invariant: i, Room: room, Time: at, Text: fmt.Sprintf(format, args...)})
}

// sortViolations puts them in the order of invariants, then of time, so that the
// same history is always judged in the same words.
func (r *Result) sortViolations() {
	slices.SortStableFunc(r.Violations, func(a, b Violation) int {
		if a.Invariant != b.Invariant {
			return int(a.Invariant - b.Invariant)
		}
		switch {
		case a.Time < b.Time:
			return -1
		case a.Time > b.Time:
			return 1
		}
		return 0
	})
}
