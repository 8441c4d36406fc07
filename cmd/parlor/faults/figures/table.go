package figures

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// columns are the heads of the table.
func columns() []string {
	return []string{
		"fault", "seed", "acknowledged", "lost", "stale", "refused", "unknown", "skipped", "resets", "reconnects", "mid-stream gaps", "gaps",
		"pause p50", "p99", "max", "answer p50", "p99", "cut off p99", "heal", "verdict",
	}
}

// cells are a row as it is shown.
func (r Row) cells() []string {
	cells := []string{r.Fault, fmt.Sprint(r.Seed)}
	if r.Runs > 1 {
		cells[1] = fmt.Sprintf("%d runs", r.Runs)
	}
	if r.Result == nil {
		for range len(columns()) - 3 {
			cells = append(cells, "")
		}
		return append(cells, r.Verdict())
	}
	t := r.Result.Tally
	for _, n := range []int{t.Acknowledged, t.Lost, t.Stale, t.Refused, t.Unknown, t.Skipped, t.Resets, r.Reconnects, r.MidStreamGaps, t.Gaps} {
		cells = append(cells, fmt.Sprint(n))
	}
	for _, s := range []float64{r.Pause.P50, r.Pause.P99, r.Pause.Max} {
		cells = append(cells, fmt.Sprintf("%.2f s", s))
	}
	for _, s := range []float64{r.Answer.P50, r.Answer.P99} {
		cells = append(cells, fmt.Sprintf("%.1f ms", s*1e3))
	}
	cut := ""
	if r.CutOff.Max > 0 {
		cut = fmt.Sprintf("%.2f s", r.CutOff.P99)
	}
	heal := "never"
	if r.Heal >= 0 {
		heal = fmt.Sprintf("%.1f s", r.Heal)
	}
	return append(cells, cut, heal, r.Verdict())
}

// Verdict says in a word or two how the run ended.
func (r Row) Verdict() string {
	switch {
	case r.Skipped != "":
		return "skipped: " + r.Skipped
	case r.Error != "":
		return "no verdict: " + r.Error
	case r.Result == nil:
		return "no verdict"
	case r.Result.OK():
		return "ok"
	}
	var broken []string
	for _, name := range slices.Sorted(maps.Keys(r.Result.Broken)) {
		broken = append(broken, fmt.Sprintf("%s ×%d", name, r.Result.Broken[name]))
	}
	return "BROKEN " + strings.Join(broken, ", ")
}

// Text writes the rows for a terminal.
func Text(w io.Writer, rows []Row) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, strings.Join(columns(), "\t"))
	for _, r := range rows {
		fmt.Fprintln(tw, strings.Join(r.cells(), "\t"))
	}
	return tw.Flush()
}

// Markdown writes the rows as a table of Markdown.
func Markdown(w io.Writer, rows []Row) error {
	lines := []string{row(columns()), "|" + strings.Repeat("---|", len(columns()))}
	for _, r := range rows {
		cells := r.cells()
		for i := range cells {
			cells[i] = strings.ReplaceAll(cells[i], "|", `\|`)
		}
		lines = append(lines, row(cells))
	}
	_, err := fmt.Fprintln(w, strings.Join(lines, "\n"))
	return err
}

func row(cells []string) string { return "| " + strings.Join(cells, " | ") + " |" }

// JSON writes the rows with everything that is known of them.
func JSON(w io.Writer, rows []Row) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(rows)
}
