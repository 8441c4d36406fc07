package load_test

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/parlor-sse/parlor/cmd/proctest"
	"github.com/parlor-sse/parlor/cmd/proctest/nodetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const script = "sse-load-test.js"

// ran is what a run of the script's functions gives.
type ran struct {
	Options struct {
		Scenarios struct {
			Streams struct {
				Stages []struct {
					Duration string
					Target   int
				}
			}
		}
		Thresholds map[string][]string
	}
	Metrics map[string][]float64
}

// run runs the script's functions once each, with some variables set.
func run(t *testing.T, environ ...string) ran {
	t.Helper()
	node := proctest.LookPath(t, "node", "nodejs")
	dir := t.TempDir()
	for _, file := range []string{"stub.mjs", "run.mjs"} {
		text, err := os.ReadFile(filepath.Join("testdata", "k6", file))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, file), string(text))
	}
	text, err := os.ReadFile(script)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "script.mjs"), strings.NewReplacer(
		`import exec from "k6/execution"`, `import { exec } from "./stub.mjs"`,
		`import http from "k6/http"`, `import { http } from "./stub.mjs"`,
		`import sse from "k6/x/sse"`, `import { sse } from "./stub.mjs"`,
		`from "k6"`, `from "./stub.mjs"`, `from "k6/metrics"`, `from "./stub.mjs"`,
	).Replace(string(text)))
	cmd := exec.CommandContext(t.Context(), node, filepath.Join(dir, "run.mjs"))
	cmd.Env = append(os.Environ(), environ...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	var r ran
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return r
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestScript(t *testing.T) {
	program := proctest.Build(t, "../../cmd/parlor")
	n := nodetest.Start(t, program, "serve")
	got := run(t, "NODES="+n.URL("/")+", "+n.URL(""))
	want := map[string]float64{"sse_connection_success": 1, "publish_success": 1}
	for name, value := range want {
		if v := got.Metrics[name]; !slices.Equal(v, []float64{value}) {
			t.Errorf("%s: %v", name, v)
		}
	}
	if v := got.Metrics["sse_connection_errors"]; len(v) != 0 {
		t.Errorf("errors: %v", v)
	}
	for _, name := range []string{"sse_response_time", "sse_time_to_first_event", "sse_events"} {
		if len(got.Metrics[name]) != 1 {
			t.Errorf("%s: %v", name, got.Metrics[name])
		}
	}
	thresholds := map[string][]string{
		"sse_connection_success":  {"rate>0.95"},
		"sse_connection_errors":   {"count<500"},
		"sse_response_time":       {"p(95)<5000"},
		"sse_time_to_first_event": {"p(95)<3000"},
	}
	if !maps.EqualFunc(got.Options.Thresholds, thresholds, slices.Equal) {
		t.Errorf("thresholds %v", got.Options.Thresholds)
	}
	var targets []int
	for _, s := range got.Options.Scenarios.Streams.Stages {
		targets = append(targets, s.Target)
	}
	if !slices.Equal(slices.Compact(targets), []int{1000, 5000, 10_000, 50_000}) {
		t.Errorf("stages %v", targets)
	}
}

// TestScriptStages wants the stages to end with as many streams as are asked for,
// also where that is less than a stage.
func TestScriptStages(t *testing.T) {
	for streams, want := range map[string][]int{
		"200":    {200},
		"1000":   {1000},
		"3000":   {1000, 3000},
		"10000":  {1000, 5000, 10_000},
		"100000": {1000, 5000, 10_000, 50_000},
	} {
		got := run(t, "NODES=http://127.0.0.1:1", "STREAMS="+streams)
		var targets []int
		for _, s := range got.Options.Scenarios.Streams.Stages {
			targets = append(targets, s.Target)
		}
		if targets = slices.Compact(targets); !slices.Equal(targets, want) {
			t.Errorf("%s: stages %v, want %v", streams, targets, want)
		}
	}
}

func TestScriptSeesFailures(t *testing.T) {
	program := proctest.Build(t, "../../cmd/parlor")
	n := nodetest.Start(t, program, "serve")
	for name, environ := range map[string][]string{
		"nobody there":        {"NODES=http://127.0.0.1:1"},
		"refused":             {"NODES=" + n.URL(""), "ROOM=a%20b"},
		"fewer streams, gone": {"NODES=http://127.0.0.1:1", "STREAMS=5000"},
	} {
		t.Run(name, func(t *testing.T) {
			got := run(t, environ...)
			for metric, value := range map[string]float64{"sse_connection_success": 0, "publish_success": 0, "sse_connection_errors": 1} {
				if v := got.Metrics[metric]; !slices.Equal(v, []float64{value}) {
					t.Errorf("%s: %v", metric, v)
				}
			}
			stages := got.Options.Scenarios.Streams.Stages
			if most := stages[len(stages)-1].Target; (most == 5000) != strings.HasPrefix(name, "fewer") {
				t.Errorf("%d streams in the end", most)
			}
		})
	}
}
