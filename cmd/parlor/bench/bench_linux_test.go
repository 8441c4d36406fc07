package bench

import (
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// run runs bench with temporary files in a folder of the test, and gives its
// output and the folder.
func run(t *testing.T, ctx context.Context, args ...string) (output, dir string, err error) {
	t.Helper()
	dir = t.TempDir()
	t.Setenv("TMPDIR", dir)
	var stdout strings.Builder
	err = Main(ctx, args, &stdout, os.Stderr)
	return stdout.String(), dir, err
}

// leftovers are the files that bench should have removed.
func leftovers(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "parlor-bench-*"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestWholeRun(t *testing.T) {
	out := filepath.Join(t.TempDir(), "result.json")
	output, dir, err := run(t, t.Context(),
		"--scenarios", "fanout,flood,latency,publish,connect", "--streams", "20", "--duration", "200ms", "--warmup", "50ms",
		"--rate", "50", "--flood-rate", "300", "--publishers", "3", "--out", out)
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	if files := leftovers(t, dir); len(files) != 0 {
		t.Errorf("left behind: %v", files)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	var got result
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	for _, c := range got.Checks {
		if !c.intact() || c.Refused+c.Unknown > 0 {
			t.Errorf("%s, %s: %s", c.Scenario, c.System, c.remarks())
		}
		if c.Scenario != "publish" && c.Tally.Messages != c.Accepted*20 {
			t.Errorf("%s, %s: %d messages received, %d accepted", c.Scenario, c.System, c.Tally.Messages, c.Accepted)
		}
	}
	for _, want := range []struct {
		q quantity
		s subject
	}{
		{cpuPerDelivery, subject{system: floorName, streams: 20}},
		{cpuPerDelivery, subject{system: parlorName, streams: 20}},
		{floodCPU, subject{system: parlorName, streams: 20}},
		{floodPerWrite, subject{system: parlorName, streams: 20}},
		{receiptP50, subject{system: parlorName, streams: 20}},
		{receiptP99, subject{system: floorName, streams: 20}},
		{publishAccepted, subject{system: parlorName, clients: 256}},
		{connectCPU, subject{system: parlorName, streams: 20}},
		{headP50, subject{system: parlorName, streams: 20}},
	} {
		if f := got.Figures.find(want.q, want.s); f == nil || f.Value <= 0 || len(f.Rounds) != 1 {
			t.Errorf("%s of %+v: %+v", want.q.name, want.s, f)
		}
	}
	table, err := os.ReadFile(strings.TrimSuffix(out, "json") + "txt")
	if err != nil || string(table) != output || !strings.Contains(output, "fanout.cpu_per_delivery") {
		t.Errorf("table: %v\n%s", err, output)
	}
}

func TestLostMessageIsAnError(t *testing.T) {
	server := httptest.NewServer((&fake{drop: 3}).handler())
	defer server.Close()
	output, _, err := run(t, t.Context(), "--target", server.URL, "--scenarios", "latency", "--streams", "5",
		"--duration", "200ms", "--warmup", "0s", "--rate", "50")
	if !errors.Is(err, ErrWrongDeliveries) || !strings.Contains(output, "5 missing") {
		t.Errorf("%v\n%s", err, output)
	}
}

func TestServerThatCannotStart(t *testing.T) {
	_, dir, err := run(t, t.Context(), "--scenarios", "publish", "--server-args", "--fail")
	if err == nil || !strings.Contains(err.Error(), "these flags will not do") {
		t.Errorf("%v", err)
	}
	if files := leftovers(t, dir); len(files) != 0 {
		t.Errorf("left behind: %v", files)
	}
}

func TestInterruptEndsEverything(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(300*time.Millisecond, cancel)
	_, dir, err := run(t, ctx, "--scenarios", "fanout", "--streams", "10", "--duration", "10m")
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if files := leftovers(t, dir); len(files) != 0 {
		t.Errorf("left behind: %v", files)
	}
}

func TestRoleNobodyKnows(t *testing.T) {
	usage := UsageError("")
	if err := Main(t.Context(), []string{"--role=none"}, nil, nil); !errors.As(err, &usage) {
		t.Errorf("%v", err)
	}
}
