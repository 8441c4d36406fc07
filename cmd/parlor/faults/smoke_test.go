package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/parlor-sse/parlor/cmd/parlor/faults/figures"
	"github.com/parlor-sse/parlor/cmd/parlor/faults/history"
	"github.com/parlor-sse/parlor/cmd/proctest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestSmoke makes short runs of a real node.
func TestSmoke(t *testing.T) {
	if testing.Short() {
		t.Skip("takes twenty seconds")
	}
	binary := proctest.Build(t, "github.com/parlor-sse/parlor/cmd/parlor")
	t.Run("promises kept", func(t *testing.T) { testKept(t, binary) })
	t.Run("loss found", func(t *testing.T) { testLoss(t, binary) })
}

// smoke makes runs and returns the exit code.
func smoke(t *testing.T, binary, dir string, args ...string) int {
	return command(t.Context(), append([]string{"-seed", "7", "-nodes", "1", "-rooms", "6", "-subscribers", "12", "-rate", "300",
		"-short", "-duration", "200ms", "-network", "loopback", "-parlor", binary, "-dir", dir}, args...))
}

// testKept judges two runs, and what they left once more.
func testKept(t *testing.T, binary string) {
	dir := t.TempDir()
	if code := smoke(t, binary, dir, "-faults", "quiet,kill-owner,zombie"); code != 0 {
		for _, run := range []string{"quiet-7", "kill-owner-7"} {
			log, _ := os.ReadFile(filepath.Join(dir, run, "n1.log"))
			t.Logf("%s:\n%s", run, log)
		}
		t.Fatalf("exit code %d", code)
	}
	text, err := os.ReadFile(filepath.Join(dir, "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	var rows []figures.Row
	if err := json.Unmarshal(text, &rows); err != nil {
		t.Fatal(err)
	}
	if len(rows) != 3 || rows[2].Skipped == "" {
		t.Fatalf("%s", text)
	}
	for _, row := range rows[:2] {
		if row.Result == nil || row.Result.Tally.Acknowledged == 0 || row.Result.Tally.Delivered < row.Result.Tally.Acknowledged {
			t.Errorf("%s: %+v", row.Fault, row)
		}
	}
	if code := command(t.Context(), []string{"-recheck", filepath.Join(dir, "kill-owner-7")}); code != 0 {
		t.Errorf("checked again: exit code %d", code)
	}
	tampered(t, filepath.Join(dir, "quiet-7", history.FileName))
}

// testLoss kills a node that was told not to wait for its disk. What it had
// acknowledged is gone then, and that has to be found.
func testLoss(t *testing.T, binary string) {
	if code := smoke(t, binary, t.TempDir(), "-faults", "kill-owner", "-server-args", "--durability memory"); code != exitBroken {
		t.Errorf("exit code %d", code)
	}
}

// tampered takes one message off one stream, and wants that to be found.
func tampered(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(text), "\n")
	shown := 0
	for i, line := range lines {
		if strings.Contains(line, `"kind":"message"`) {
			if shown++; shown == 100 {
				lines[i] = ""
			}
		}
	}
	if err := os.WriteFile(path, []byte(strings.Join(lines, "")), 0o644); err != nil {
		t.Fatal(err)
	}
	if code := command(t.Context(), []string{"-recheck", path}); code != exitBroken {
		t.Errorf("a message less: exit code %d", code)
	}
}

func TestRecheckNeedsAHistory(t *testing.T) {
	if code := command(t.Context(), []string{"-recheck", t.TempDir()}); code != exitBroken {
		t.Errorf("exit code %d", code)
	}
}
