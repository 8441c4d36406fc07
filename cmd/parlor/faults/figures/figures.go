package figures

import (
	"slices"
	"strings"

	"github.com/parlor-sse/parlor/cmd/parlor/faults/checker"
	"github.com/parlor-sse/parlor/cmd/parlor/faults/history"
)

// Row is one run, or several of one fault that were merged. Times are in seconds.
type Row struct {
	Fault   string          `json:"fault"`
	Seed    uint64          `json:"seed"`           // of the first
	Runs    int             `json:"runs,omitempty"` // how many were merged; 0 for one that stands for itself
	Network string          `json:"network,omitempty"`
	Nodes   int             `json:"nodes,omitempty"`
	Note    string          `json:"note,omitempty"` // what was done
	Skipped string          `json:"skipped,omitempty"`
	Error   string          `json:"error,omitempty"` // why the run has no verdict
	Dir     string          `json:"dir,omitempty"`   // where it is kept
	Result  *checker.Result `json:"result,omitempty"`

	// Pause is how long rooms went without an acknowledgement while publishers
	// were at work: of the longest pause of each room, the median, the 99th
	// percentile and the greatest.
	Pause  Spread    `json:"pause"`
	Pauses []float64 `json:"pauses,omitempty"` // the longest of each room, in rising order
	// Answer is the time from the first attempt at a message to its
	// acknowledgement.
	Answer Spread `json:"answer"`
	// CutOff is how long attempts took, until they were answered, on nodes that
	// reached no other.
	CutOff Spread `json:"cutOff"`
	// Heal is the time from when the fault was undone until all nodes named the
	// same members; negative if they never did.
	Heal float64 `json:"heal"`
	// Reconnects are the streams that did not survive on nodes that nothing was
	// done to, and MidStreamGaps the losses that streams there were told of while
	// they were open.
	Reconnects    int `json:"reconnects"`
	MidStreamGaps int `json:"midStreamGaps"`
}

// Spread is a distribution, in seconds.
type Spread struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

// New makes the row of a history and what it is worth.
func New(h *history.History, result *checker.Result) Row {
	row := Row{
		Fault: h.Run.Fault, Seed: h.Run.Seed, Network: h.Run.Network, Nodes: len(h.Run.Nodes), Result: result, Heal: -1,
		Answer: spread(answers(h)), CutOff: spread(cutOff(h)),
	}
	longest := pauses(h)
	row.Pause = spread(longest)
	for _, t := range longest { // which are sorted now
		row.Pauses = append(row.Pauses, seconds(t))
	}
	var notes []string
	for _, f := range h.Faults {
		if f.Note != "" {
			notes = append(notes, f.Note)
		}
	}
	row.Note = strings.Join(notes, "; ")
	healed, ok := h.At(history.Healed)
	if agreed, ok2 := h.At(history.Agreed); ok && ok2 {
		row.Heal = seconds(agreed - healed)
	}
	row.Reconnects, row.MidStreamGaps = survivors(h)
	return row
}

// OK reports whether the run kept every promise, or was not made.
func (r Row) OK() bool { return r.Error == "" && (r.Skipped != "" || r.Result != nil && r.Result.OK()) }

func seconds(t int64) float64 { return float64(t) / 1e9 }

// pauses returns the longest pause of each room.
func pauses(h *history.History) []int64 {
	from, ok := h.At(history.Loading)
	to, ok2 := h.At(history.Stopped)
	if !ok || !ok2 {
		return nil
	}
	returns := make(map[string][]int64)
	for i := range h.Publishes {
		if p := &h.Publishes[i]; p.Outcome == history.OK && p.Return >= from && p.Return <= to {
			returns[p.Room] = append(returns[p.Room], p.Return)
		}
	}
	var longest []int64
	for _, room := range h.Run.Rooms {
		times := returns[room]
		if len(times) == 0 {
			longest = append(longest, to-from)
			continue
		}
		slices.Sort(times)
		most := to - times[len(times)-1]
		for i := 1; i < len(times); i++ {
			most = max(most, times[i]-times[i-1])
		}
		longest = append(longest, most)
	}
	return longest
}

// answers returns how long each acknowledged message took from its first
// attempt.
func answers(h *history.History) []int64 {
	calls, took := make(map[string]int64), make(map[string]int64)
	for i := range h.Publishes {
		p := &h.Publishes[i]
		if first, ok := calls[p.UUID]; !ok || p.Call < first {
			calls[p.UUID] = p.Call
		}
	}
	for i := range h.Publishes {
		p := &h.Publishes[i]
		if t := p.Return - calls[p.UUID]; p.Outcome == history.OK {
			if before, ok := took[p.UUID]; !ok || t < before {
				took[p.UUID] = t
			}
		}
	}
	var all []int64
	for _, t := range took {
		all = append(all, t)
	}
	return all
}

// cutOff returns how long attempts took on nodes that reached no other.
func cutOff(h *history.History) []int64 {
	var all []int64
	for _, f := range h.Faults {
		for i := range h.Publishes {
			p := &h.Publishes[i]
			if slices.Contains(f.Isolated, p.Node) && p.Call >= f.Start && p.Return <= f.End {
				all = append(all, p.Return-p.Call)
			}
		}
	}
	return all
}

// spread sorts the values, which are nanoseconds.
func spread(values []int64) Spread {
	slices.Sort(values)
	var sorted []float64
	for _, v := range values {
		sorted = append(sorted, seconds(v))
	}
	return spreadOf(sorted)
}

// spreadOf takes seconds in rising order.
func spreadOf(sorted []float64) Spread {
	if len(sorted) == 0 {
		return Spread{}
	}
	at := func(share float64) float64 {
		return sorted[min(int(share*float64(len(sorted))), len(sorted)-1)]
	}
	return Spread{P50: at(0.5), P99: at(0.99), Max: at(1)}
}

// survivors counts what streams suffered on nodes that nothing was done to.
func survivors(h *history.History) (reconnects, gaps int) {
	hurt := make(map[string]bool)
	for _, f := range h.Faults {
		for _, node := range f.Nodes {
			hurt[node] = true
		}
	}
	well := make(map[int]bool) // streams on nodes that nothing was done to
	for _, o := range h.Opens {
		well[o.Conn] = !hurt[o.Node]
	}
	begun := make(map[int]bool) // streams that were shown something; the others were put off
	for i := range h.Frames {
		begun[h.Frames[i].Conn] = true
	}
	ended, ok := h.At(history.Ended)
	for _, c := range h.Closes {
		if well[c.Conn] && begun[c.Conn] && c.By != history.ByClient && (!ok || c.Time < ended) {
			reconnects++
		}
	}
	return reconnects, midStreamGaps(h, well)
}

// midStreamGaps counts the losses that streams were told of after they had been
// shown something of that room.
func midStreamGaps(h *history.History, well map[int]bool) (gaps int) {
	type part struct {
		conn int
		room string
	}
	begun := make(map[part]bool) // streams that were shown something of a room
	for i := range h.Frames {
		f := &h.Frames[i]
		of := part{f.Conn, f.Room}
		if f.Kind == history.Gap && well[f.Conn] && begun[of] {
			gaps++
		}
		begun[of] = begun[of] || f.Kind == history.Message
	}
	return gaps
}
