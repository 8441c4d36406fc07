package bench

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// tables is the result for people to read.
func (r *result) tables() string {
	var b strings.Builder
	e := r.Environment
	fmt.Fprintf(&b, "parlor bench, %s, took %v\n", r.Started.Format(time.RFC3339), r.Elapsed.Round(time.Second))
	fmt.Fprintf(&b, "%s, %d CPUs, %s, Linux %s, %s, data on %s, load average at the start %s\n",
		e.CPU, e.CPUs, e.Memory, e.Kernel, e.Go, e.FileSystem, e.Load)
	s := r.Settings
	fmt.Fprintf(&b, "messages of %d bytes, %g a second where paced, windows of %s after %s, medians of %d rounds\n\n",
		s.Size, s.Rate, s.Duration, s.Warmup, s.Rounds)
	r.figureTable(&b)
	r.checkTable(&b)
	r.targetTable(&b)
	for _, note := range r.Notes {
		fmt.Fprintln(&b, "Note:", note)
	}
	return b.String()
}

// row is the figures of one quantity and size, for all servers.
type row struct {
	name, size, unit, what string
	values                 map[string]float64 // by server
}

// figureTable prints a row for each figure and a column for each server.
func (r *result) figureTable(w io.Writer) {
	var systems []string
	var rows []*row
	for _, f := range r.Figures {
		if !slices.Contains(systems, f.System) {
			systems = append(systems, f.System)
		}
		size := strconv.Itoa(f.Streams)
		switch {
		case f.Clients > 0:
			size = fmt.Sprintf("%d pub", f.Clients)
		case f.Streams == 0:
			size = ""
		}
		i := slices.IndexFunc(rows, func(x *row) bool { return x.name == f.Name && x.size == size })
		if i < 0 {
			i = len(rows)
			rows = append(rows, &row{name: f.Name, size: size, unit: f.Unit, what: f.What, values: make(map[string]float64)})
		}
		rows[i].values[f.System] = f.Value
	}
	slices.SortStableFunc(systems, func(a, b string) int { return columnOf(a) - columnOf(b) })

	lines := [][]string{append([]string{"figure", "streams", "unit"}, systems...)}
	for _, x := range rows {
		line := []string{x.name, x.size, x.unit}
		for _, system := range systems {
			text := "-"
			if value, ok := x.values[system]; ok {
				text = number(value)
			}
			line = append(line, text)
		}
		lines = append(lines, line)
	}
	writeColumns(w, lines, 3)
	explain(w, rows)
}

// writeColumns prints lines of equally many fields, the first left of them
// aligned to the left and the others to the right.
func writeColumns(w io.Writer, lines [][]string, left int) {
	widths := make([]int, len(lines[0]))
	for _, line := range lines {
		for i, text := range line {
			widths[i] = max(widths[i], len(text))
		}
	}
	for _, line := range lines {
		for i, text := range line {
			width := widths[i]
			if i < left {
				width = -width
			}
			fmt.Fprintf(w, "%*s  ", width, text)
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintln(w)
}

// explain says once for each quantity what it is.
func explain(w io.Writer, rows []*row) {
	seen := make(map[string]bool)
	for _, x := range rows {
		if !seen[x.name] {
			seen[x.name] = true
			fmt.Fprintf(w, "%s: %s.\n", x.name, x.what)
		}
	}
	fmt.Fprintln(w)
}

// columnOf puts the floor first and the server that all this is about next.
func columnOf(system string) int {
	switch system {
	case floorName:
		return 0
	case parlorName, attached{}.name():
		return 1
	}
	return 2
}

// number prints three significant digits, and large numbers in full.
func number(v float64) string {
	if v >= 1000 || v <= -1000 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

// checkTable says whether all streams got everything.
func (r *result) checkTable(w io.Writer) {
	intact, messages := 0, uint64(0)
	for _, c := range r.Checks {
		messages += c.Tally.Messages
		if c.intact() {
			intact++
		}
	}
	fmt.Fprintf(w, "Deliveries: %d messages checked; in %d of %d measurements every stream got everything once and in order.\n",
		messages, intact, len(r.Checks))
	for _, c := range r.Checks {
		remarks := c.remarks()
		if remarks == "" {
			continue
		}
		if c.Error != "" {
			remarks += " (" + c.Error + ")"
		}
		fmt.Fprintf(w, "  %s, %s, %d streams, round %d: %s\n", c.Scenario, c.System, c.Streams, c.Round, remarks)
	}
	fmt.Fprintln(w)
}

// targetTable compares with the goals.
func (r *result) targetTable(w io.Writer) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "target\tstreams\tvalue\tat most\t\t")
	for _, t := range r.Targets {
		value, verdict, streams := t.Missing, "", ""
		if t.Missing == "" {
			value, verdict = number(t.Value)+" "+t.Unit, "missed"
		}
		if t.Met {
			verdict = "met"
		}
		if t.Streams > 0 {
			streams = strconv.Itoa(t.Streams)
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s %s\t%s\n", t.What, streams, value, number(t.Target), t.Unit, verdict)
	}
	tw.Flush()
	fmt.Fprintln(w)
}
