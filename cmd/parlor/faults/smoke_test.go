package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/parlor-sse/parlor/cmd/parlor/faults/figures"
	"github.com/parlor-sse/parlor/cmd/parlor/faults/history"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestSmoke makes two short runs of a real node, judges them, and judges what
// they left once more.
func TestSmoke(t *testing.T) {
	binary, dir := build(t), t.TempDir()
	args := []string{"-faults", "quiet,kill-owner,zombie", "-seed", "7", "-nodes", "1", "-rooms", "6", "-subscribers", "12", "-rate", "300",
		"-short", "-duration", "200ms", "-network", "loopback", "-parlor", binary, "-dir", dir, "-keep"}
	if code := command(t.Context(), args); code != 0 {
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

// TestSmokeFindsLoss kills a node that was told not to wait for its disk. What it
// had acknowledged is gone then, and that has to be found.
func TestSmokeFindsLoss(t *testing.T) {
	binary := build(t)
	args := []string{"-faults", "kill-owner", "-seed", "7", "-nodes", "1", "-rooms", "6", "-subscribers", "12", "-rate", "300",
		"-short", "-duration", "200ms", "-network", "loopback", "-parlor", binary, "-dir", t.TempDir(), "-server-args", "--durability memory"}
	if code := command(t.Context(), args); code != exitBroken {
		t.Errorf("exit code %d", code)
	}
}

// build builds the program under test.
func build(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("takes ten seconds")
	}
	binary := filepath.Join(t.TempDir(), "parlor")
	if out, err := exec.Command("go", "build", "-o", binary, "github.com/parlor-sse/parlor/cmd/parlor").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return binary
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
