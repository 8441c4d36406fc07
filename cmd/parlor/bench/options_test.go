package bench

import (
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestParseOptions(t *testing.T) {
	o, err := parseOptions([]string{
		"--streams", "500, 20,500", "--duration", "3s", "--warmup=0s", "--size", "1000", "--rate", "2.5",
		"--scenarios", "rooms,fanout", "--out", "x.json", "--server-args", "--history 5  --update 1s", "--peers", "--rounds", "3",
	}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(o.streams, []int{20, 500}) || !slices.Equal(o.scenarios, []string{"fanout", "rooms"}) {
		t.Errorf("streams %v, scenarios %v", o.streams, o.scenarios)
	}
	if o.duration != 3*time.Second || o.warmup != 0 || o.size != 1000 || o.rate != 2.5 || o.rounds != 3 || !o.peers {
		t.Errorf("%+v", o)
	}
	if !slices.Equal(o.serverArgs, []string{"--history", "5", "--update", "1s"}) {
		t.Errorf("server flags %q", o.serverArgs)
	}

	o, err = parseOptions(nil, io.Discard)
	if err != nil || !slices.Equal(o.scenarios, scenarioNames()) || !slices.Equal(o.streams, []int{1000, 5000}) {
		t.Errorf("without flags: %+v, %v", o, err)
	}
	o, err = parseOptions([]string{"--target", "http://[::1]:8080/", "--target-pid", "7", "--scenarios", "all"}, io.Discard)
	if err != nil || o.target.Host != "[::1]:8080" || o.targetPID != 7 || len(o.scenarios) != len(scenarioNames()) {
		t.Errorf("target: %+v, %v", o, err)
	}
}

func TestLoadOptions(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("a.b.c\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	o, err := parseOptions([]string{"--nodes", "http://127.0.0.1:1, http://127.0.0.1:2", "--token-file", file}, io.Discard)
	if err != nil || len(o.nodes) != 2 || o.nodes[1].Host != "127.0.0.1:2" || o.token != "a.b.c" {
		t.Errorf("%+v, %v", o, err)
	}
	if !slices.Equal(o.streams, loadStages()) || o.rate != loadRate {
		t.Errorf("without more flags: %v streams, %v messages a second", o.streams, o.rate)
	}
	o, err = parseOptions([]string{"--nodes", "http://127.0.0.1:1", "--streams", "7", "--rate", "3", "--ramp", "1s"}, io.Discard)
	if err != nil || !slices.Equal(o.streams, []int{7}) || o.rate != 3 || o.ramp != time.Second {
		t.Errorf("%+v, %v", o, err)
	}
}

func TestParseOptionsRefuses(t *testing.T) {
	for _, line := range []string{
		"--streams 0", "--streams 10,x", "--streams 100001", "--duration 0s", "--duration 11m", "--warmup -1s",
		"--size 10", "--size 100000", "--rate 0", "--flood-rate -1", "--publishers 0", "--rooms 0", "--rounds 21",
		"--scenarios fanout,none", "--out result.txt", "--idle-streams 0", "extra", "--unknown",
		"--target https://127.0.0.1:1", "--target http://10.0.0.1:80", "--target http://localhost:80",
		"--target http://example.org:80", "--target http://127.0.0.1", "--target http://127.0.0.1:80/path",
		"--target http://u@127.0.0.1:80", "--target 127.0.0.1:80", "--target http://0.0.0.0:80",
		"--nodes http://127.0.0.1:80,http://10.0.0.1:80", "--nodes ,", "--nodes http://127.0.0.1:1 --peers", "--ramp 1s",
		"--nodes http://127.0.0.1:1 --scenarios latency", "--nodes http://127.0.0.1:1 --target http://127.0.0.1:2",
		"--nodes http://127.0.0.1:1 --ramp 0s", "--nodes http://127.0.0.1:1 --token-file /nowhere",
		"--nodes http://127.0.0.1:1 --token-file /proc/self/status", "--token-file /proc/sys/kernel/ostype",
		"--target http://127.0.0.1:80 --server-args --x", "--target-pid 5", "--target-admin http://127.0.0.1:1",
	} {
		_, err := parseOptions(strings.Fields(line), io.Discard)
		if usage := UsageError(""); !errors.As(err, &usage) {
			t.Errorf("%s: %v", line, err)
		}
	}
}

func TestHelp(t *testing.T) {
	var b strings.Builder
	if _, err := parseOptions([]string{"--help"}, &b); !errors.Is(err, flag.ErrHelp) || !strings.Contains(b.String(), "--streams") {
		t.Errorf("%v, %q", err, b.String())
	}
}
