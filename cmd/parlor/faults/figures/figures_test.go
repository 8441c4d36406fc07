package figures_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/cmd/parlor/faults/checker"
	"github.com/parlor-sse/parlor/cmd/parlor/faults/figures"
	"github.com/parlor-sse/parlor/cmd/parlor/faults/history"
)

const second = int64(1e9)

func run() *history.History {
	h := &history.History{
		Run: history.Run{Fault: "kill", Seed: 3, Nodes: []string{"n1", "n2"}, Rooms: []string{"a", "b", "silent"}},
		Phases: []history.Phase{
			{Name: history.Loading, Time: 0}, {Name: history.Healed, Time: 10 * second}, {Name: history.Agreed, Time: 12 * second},
			{Name: history.Stopped, Time: 20 * second}, {Name: history.Ended, Time: 25 * second},
		},
		Faults: []history.Fault{{Name: "kill", Nodes: []string{"n2"}, Isolated: []string{"n2"}, Start: 14 * second, End: 15 * second, Note: "killed n2"}},
		Opens:  []history.Open{{Conn: 1, Node: "n1"}, {Conn: 2, Node: "n2"}, {Conn: 3, Node: "n1"}, {Conn: 4, Node: "n1"}, {Conn: 5, Node: "n1"}},
		Closes: []history.Close{
			{Conn: 1, Time: second, By: history.ByServer}, {Conn: 2, Time: second, By: history.ByBreak},
			{Conn: 3, Time: second, By: history.ByClient}, {Conn: 4, Time: 30 * second, By: history.ByServer},
			{Conn: 5, Time: second, By: history.ByServer}, // never began
		},
		Frames: []history.Frame{
			{Conn: 1, Room: "a", Kind: history.Gap}, {Conn: 1, Room: "a", Kind: history.Message}, {Conn: 1, Room: "a", Kind: history.Gap},
			{Conn: 1, Room: "b", Kind: history.Gap}, // what it comes back to
			{Conn: 2, Room: "a", Kind: history.Message}, {Conn: 2, Room: "a", Kind: history.Gap},
		},
	}
	for _, ret := range []int64{1, 2, 7, 19} { // the longest pause of a is 12 s
		h.Publishes = append(h.Publishes, history.Publish{UUID: "a", Room: "a", Call: ret * second, Return: ret*second + 1, Outcome: history.OK})
	}
	h.Publishes = append(h.Publishes,
		history.Publish{UUID: "b", Room: "b", Node: "n2", Call: 14 * second, Return: 15 * second, Outcome: history.Unknown},
		history.Publish{UUID: "b", Room: "b", Call: 15 * second, Return: 16 * second, Outcome: history.OK}, // then 4 s to the end
		history.Publish{UUID: "late", Room: "b", Call: 21 * second, Return: 22 * second, Outcome: history.OK})
	return h
}

func TestRow(t *testing.T) {
	row := figures.New(run(), &checker.Result{})
	if want := (figures.Spread{P50: 12, P99: 20, Max: 20}); !near(row.Pause, want) {
		t.Errorf("pause %+v, want %+v", row.Pause, want)
	}
	if want := (figures.Spread{P50: 1, P99: 2, Max: 2}); !near(row.Answer, want) {
		t.Errorf("answer %+v, want %+v", row.Answer, want)
	}
	if want := (figures.Spread{P50: 1, P99: 1, Max: 1}); !near(row.CutOff, want) {
		t.Errorf("cut off %+v, want %+v", row.CutOff, want)
	}
	if row.Heal != 2 || row.Reconnects != 1 || row.MidStreamGaps != 1 || row.Note != "killed n2" {
		t.Errorf("got %+v", row)
	}
}

func near(a, b figures.Spread) bool {
	d := func(x, y float64) bool { return x-y < 1e-6 && y-x < 1e-6 }
	return d(a.P50, b.P50) && d(a.P99, b.P99) && d(a.Max, b.Max)
}

func TestVerdict(t *testing.T) {
	bad := &checker.Result{Broken: map[string]int{"I6": 2, "I1": 1}}
	tests := []struct {
		row  figures.Row
		ok   bool
		want string
	}{
		{figures.Row{Result: &checker.Result{}}, true, "ok"},
		{figures.Row{Result: bad}, false, "BROKEN I1 ×1, I6 ×2"},
		{figures.Row{Skipped: "no links"}, true, "skipped: no links"},
		{figures.Row{Error: "no start"}, false, "no verdict: no start"},
		{figures.Row{}, false, "no verdict"},
	}
	for _, test := range tests {
		if got := test.row.Verdict(); got != test.want || test.row.OK() != test.ok {
			t.Errorf("got %q, %v; want %q, %v", got, test.row.OK(), test.want, test.ok)
		}
	}
}

func TestTables(t *testing.T) {
	rows := []figures.Row{figures.New(run(), &checker.Result{}), {Fault: "cut|ting", Skipped: "no links"}}
	figures.Sort(rows, []string{"cut|ting", "kill"})
	var text, markdown, machine strings.Builder
	if err := figures.Text(&text, rows); err != nil {
		t.Fatal(err)
	}
	if err := figures.Markdown(&markdown, rows); err != nil {
		t.Fatal(err)
	}
	if err := figures.JSON(&machine, rows); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Split(strings.TrimSpace(text.String()), "\n"); len(lines) != 3 || !strings.HasPrefix(lines[1], "cut|ting") {
		t.Errorf("text:\n%s", text.String())
	}
	lines := strings.Split(strings.TrimSpace(markdown.String()), "\n")
	if len(lines) != 4 || !strings.Contains(lines[2], `cut\|ting`) || strings.Count(lines[0], "|") != strings.Count(lines[3], "|") {
		t.Errorf("markdown:\n%s", markdown.String())
	}
	var back []figures.Row
	if err := json.Unmarshal([]byte(machine.String()), &back); err != nil || len(back) != 2 || back[1].Heal != 2 {
		t.Errorf("%v: %+v", err, back)
	}
}

func TestRunWithoutAnEnd(t *testing.T) {
	row := figures.New(&history.History{}, &checker.Result{})
	if row.Heal >= 0 || row.Pause != (figures.Spread{}) {
		t.Errorf("got %+v", row)
	}
}

func TestMerge(t *testing.T) {
	first := figures.New(run(), &checker.Result{Tally: checker.Tally{Acknowledged: 3}, Broken: map[string]int{"I6": 1}})
	second := first
	second.Seed, second.Heal, second.Pauses = 4, -1, []float64{30}
	rows := []figures.Row{first, second, {Fault: "kill", Seed: 5, Error: "no start"}, {Fault: "cut", Skipped: "no links"}}
	merged := figures.Merge(rows)
	if len(merged) != 2 || merged[1].Skipped == "" || merged[1].Runs != 1 {
		t.Fatalf("got %+v", merged)
	}
	m := merged[0]
	if m.Runs != 3 || m.Seed != 3 || m.Heal != -1 || m.Error == "" || m.Reconnects != 2 || m.MidStreamGaps != 2 {
		t.Errorf("got %+v", m)
	}
	if m.Result.Tally.Acknowledged != 6 || m.Result.Broken["I6"] != 2 {
		t.Errorf("got %+v", m.Result)
	}
	if want := (figures.Spread{P50: 20, P99: 30, Max: 30}); !near(m.Pause, want) {
		t.Errorf("pause %+v, want %+v", m.Pause, want)
	}
}
