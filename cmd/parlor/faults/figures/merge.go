package figures

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/parlor-sse/parlor/cmd/parlor/faults/checker"
)

// Sort puts rows in the order of faults given, then of seeds.
func Sort(rows []Row, faults []string) {
	slices.SortStableFunc(rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(slices.Index(faults, a.Fault), slices.Index(faults, b.Fault)), cmp.Compare(a.Seed, b.Seed))
	})
}

// Merge returns a row for each fault, in the order of the rows: counts are
// added, pauses are those of all rooms in all runs, and of other times the
// greatest is kept.
func Merge(rows []Row) []Row {
	var merged []Row
	failed := make(map[string]int) // runs without a verdict, by fault
	for _, r := range rows {
		at := slices.IndexFunc(merged, func(m Row) bool { return m.Fault == r.Fault })
		if at < 0 {
			at = len(merged)
			merged = append(merged, Row{Fault: r.Fault, Seed: r.Seed, Network: r.Network, Nodes: r.Nodes, Skipped: r.Skipped})
		}
		m := &merged[at]
		m.Runs++
		if r.Error != "" {
			failed[r.Fault]++
		}
		if r.Result != nil {
			m.add(r)
		}
	}
	for i := range merged {
		m := &merged[i]
		slices.Sort(m.Pauses)
		m.Pause = spreadOf(m.Pauses)
		if n := failed[m.Fault]; n > 0 {
			m.Error = fmt.Sprintf("%d of %d runs could not be made", n, m.Runs)
		}
	}
	return merged
}

// add merges a run that has a verdict.
func (m *Row) add(r Row) {
	if m.Result == nil {
		m.Result = &checker.Result{Broken: make(map[string]int)}
		m.Heal = r.Heal
	}
	m.Result.Tally.Add(r.Result.Tally)
	for name, n := range r.Result.Broken {
		m.Result.Broken[name] += n
	}
	m.Pauses = append(m.Pauses, r.Pauses...)
	m.Answer, m.CutOff = m.Answer.worst(r.Answer), m.CutOff.worst(r.CutOff)
	if m.Heal >= 0 {
		if m.Heal = max(m.Heal, r.Heal); r.Heal < 0 {
			m.Heal = r.Heal
		}
	}
	m.Reconnects += r.Reconnects
	m.MidStreamGaps += r.MidStreamGaps
}

// worst returns the greater of each of two spreads' values.
func (s Spread) worst(o Spread) Spread {
	return Spread{P50: max(s.P50, o.P50), P99: max(s.P99, o.P99), Max: max(s.Max, o.Max)}
}
