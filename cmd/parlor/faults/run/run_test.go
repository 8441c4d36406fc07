package run_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"github.com/parlor-sse/parlor/cmd/parlor/faults/history"
	"github.com/parlor-sse/parlor/cmd/parlor/faults/network"
	"github.com/parlor-sse/parlor/cmd/parlor/faults/run"
	"github.com/parlor-sse/parlor/cmd/proctest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// program writes a script that stands in for the program under test.
func program(t *testing.T, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// obeys ends with code 3 when it is asked to stop, and goes on until then.
const obeys = `trap 'exit 3' TERM
echo started with "$PARLOR_SECRET."
while :; do sleep 0.01; done`

func cluster(t *testing.T, script string, nodes int) *run.Cluster {
	t.Helper()
	c, err := run.New(t.Context(), run.Config{
		Binary: program(t, script), Dir: t.TempDir(), Nodes: nodes, Replicas: 3, History: 10, Plain: true,
		Args: []string{"--extra"}, Network: network.Loopback{},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Kill)
	return c
}

func patient(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), proctest.Patience)
	t.Cleanup(cancel)
	return ctx
}

// wrote waits until the node's log has a text.
func wrote(t *testing.T, n *run.Node, text string) {
	t.Helper()
	proctest.Eventually(t, fmt.Sprintf("%q is in the log", text), func() error {
		log, err := os.ReadFile(n.Log)
		if err == nil && !strings.Contains(string(log), text) {
			err = fmt.Errorf("it is %s", log)
		}
		return err
	})
}

func TestNodeLives(t *testing.T) {
	t.Setenv("PARLOR_SECRET", "x")
	n := cluster(t, obeys, 1).Nodes()[0]
	if n.Running() {
		t.Error("runs before it was started")
	}
	n.Kill() // nothing to kill
	if err := n.Signal(syscall.SIGSTOP); !errors.Is(err, run.ErrNotRunning) {
		t.Errorf("signal: %v", err)
	}
	if _, err := n.Wait(t.Context()); !errors.Is(err, run.ErrNotRunning) {
		t.Errorf("wait: %v", err)
	}
	if err := n.Start(); err != nil {
		t.Fatal(err)
	}
	if err := n.Start(); err == nil {
		t.Error("started twice")
	}
	wrote(t, n, "started with .") // the environment does not configure nodes
	wrote(t, n, "--extra")

	waiting, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := n.Wait(waiting); !errors.Is(err, context.Canceled) {
		t.Errorf("wait for one that goes on: %v", err)
	}
	if err := n.Terminate(patient(t)); err == nil || !strings.Contains(err.Error(), "exit code 3") {
		t.Errorf("terminate: %v", err)
	}
	if n.Running() {
		t.Error("runs after its end")
	}
	if err := n.Start(); err != nil {
		t.Fatal(err)
	}
	n.Kill()
	if code, err := n.Wait(patient(t)); err != nil || code != -1 {
		t.Errorf("after a kill: %d, %v", code, err)
	}
}

func TestReady(t *testing.T) {
	c := cluster(t, obeys, 1)
	n := c.Nodes()[0]
	ln, err := net.Listen("tcp", n.Host+":8081")
	if err != nil {
		t.Skip(err)
	}
	var asked atomic.Int32
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})}
	go func() { _ = server.Serve(ln) }()
	defer server.Close()
	if err := c.Start(patient(t)); err != nil {
		t.Error(err)
	}
	if n := asked.Load(); n != 3 {
		t.Errorf("ready after %d questions, want 3", n)
	}
}

func TestReadySaysWhatIsWrong(t *testing.T) {
	c := cluster(t, "exit 2", 1)
	if err := c.Start(patient(t)); !errors.Is(err, run.ErrEnded) || !strings.Contains(err.Error(), "n1") {
		t.Errorf("got %v", err)
	}
}

func TestClusterOfNodes(t *testing.T) {
	c := cluster(t, obeys, 3)
	added, err := c.Add()
	if err != nil || added.Name != "n4" || c.Node("n4") != added {
		t.Errorf("added %+v, %v", added, err)
	}
	c.Remove()
	impostor, err := c.Impostor("n2")
	if err != nil {
		t.Fatal(err)
	}
	first := c.Node("n2")
	if impostor.Name != "n2" || impostor.Host == first.Host || impostor.Data == first.Data || impostor.Log == first.Log {
		t.Errorf("the impostor is %+v", impostor)
	}
	if len(c.Nodes()) != 3 || c.Node("n4") != nil {
		t.Errorf("%d nodes", len(c.Nodes()))
	}
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	wrote(t, first, "--cluster "+first.Cluster())
	wrote(t, first, "--join "+c.Node("n1").Cluster()+","+c.Node("n3").Cluster()+" --expect 3")
	c.Kill()
	if first.Running() {
		t.Error("runs after all were killed")
	}
}

func TestConfigIsValidated(t *testing.T) {
	_, err := run.New(t.Context(), run.Config{Spare: -1})
	for _, field := range []string{"Binary", "Dir", "Nodes", "Spare", "Replicas", "History", "Network"} {
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("no complaint about %s: %v", field, err)
		}
	}
}

func TestKeysAreMade(t *testing.T) {
	cfg := run.Config{Dir: t.TempDir(), Nodes: 2, Spare: 1, Replicas: 3, History: 10, Network: network.Loopback{}}
	cfg.Binary = program(t, `mkdir "$3" && echo "$@" > "$3/args"`)
	if _, err := run.New(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	keys := filepath.Join(cfg.Dir, "keys")
	args, err := os.ReadFile(filepath.Join(keys, "args"))
	if want := "cert --out " + keys + " n1 n2 n3\n"; err != nil || string(args) != want {
		t.Errorf("got %q, %v; want %q", args, err, want)
	}
	cfg.Binary = program(t, "echo no; exit 1")
	if _, err := run.New(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "make keys") {
		t.Errorf("got %v", err)
	}
}

func TestCopies(t *testing.T) {
	const lines = `{"kind":"room","room":"a","id":"7-2","damaged":false,"lineage":[{"epoch":7,"first":1}],"history":[{"id":"7-1","sha256":"x"},{"id":"7-2","sha256":"y"}],"fence":{"accepted":9}}
{"kind":"room","room":"b","id":"7-1","damaged":true,"lineage":[],"history":[],"fence":null}
{"kind":"room","room":"other","id":"7-1"}
{"directory":"d","rooms":3,"damaged":1}`
	cluster := func(script string) *run.Node { return cluster(t, script, 1).Nodes()[0] }
	for name, exit := range map[string]string{"sound": "0", "damaged": "1"} {
		copies, err := cluster("cat <<EOF\n"+lines+"\nEOF\nexit "+exit).Copies(t.Context(), []string{"a", "b", "c"})
		if err != nil || len(copies) != 2 {
			t.Fatalf("%s: %+v, %v", name, copies, err)
		}
		want := history.Copy{Node: "n1", Room: "a", Last: "7-2", Accepted: 9, Epochs: []uint64{7},
			Messages: []history.Kept{{ID: "7-1", SHA: "x"}, {ID: "7-2", SHA: "y"}}}
		if !reflect.DeepEqual(copies[0], want) {
			t.Errorf("got %+v, want %+v", copies[0], want)
		}
		if b := copies[1]; !b.Damaged || b.Room != "b" {
			t.Errorf("got %+v", b)
		}
	}
	for script, want := range map[string]string{
		"echo no such directory >&2; exit 1": "no such directory",
		"echo '{}'; exit 2":                  "exit status 2",
		"echo hello":                         "read what it says",
	} {
		if _, err := cluster(script).Copies(t.Context(), []string{"a"}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", script, err)
		}
	}
}
