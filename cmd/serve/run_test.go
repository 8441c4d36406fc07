package serve

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parlor-sse/parlor/cluster/clustertest/ports"
	"github.com/parlor-sse/parlor/cmd/proctest"
	"github.com/parlor-sse/parlor/cmd/serve/cli"
)

var errBroken = errors.New("the counter is broken")

func untilEnd(ctx context.Context, _ *Node) error {
	<-ctx.Done()
	return ctx.Err()
}

// TestRunDrains sees a node from its start to its end in good order, told the way
// that --ready-fd tells it.
func TestRunDrains(t *testing.T) {
	told, tell, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	fd, err := syscall.Dup(int(tell.Fd())) // the node closes it
	if err != nil {
		t.Fatal(err)
	}
	defer told.Close()
	_ = tell.Close()
	r := start(t, Program{Started: untilEnd}, "--ready-fd", strconv.Itoa(fd))
	line := make([]byte, 1<<10)
	n, err := told.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	public, admin, ok := strings.Cut(strings.TrimPrefix(strings.TrimSuffix(string(line[:n]), "\n"), "listen="), " admin=")
	if !ok || public != r.node.Addr().String() {
		t.Fatalf("told %q of %s", line[:n], r.node.Addr())
	}
	if status, _ := r.do(http.MethodGet, public, "/ready", ""); status != http.StatusOK {
		t.Errorf("ready: %d", status)
	}
	if status, _ := r.do(http.MethodGet, admin, "/metrics", ""); status != http.StatusOK {
		t.Errorf("metrics: %d", status)
	}
	got := r.stop()
	if got.code != cli.ExitOK || got.stdout != "" {
		t.Errorf("got %+v", got)
	}
	for _, want := range []string{"msg=serving url=http://" + public, "msg=draining", "msg=stopped"} {
		if !strings.Contains(got.stderr, want) {
			t.Errorf("the log lacks %q:\n%s", want, got.stderr)
		}
	}
}

// TestRunEndsWithWork runs programs whose own work ends in some way.
func TestRunEndsWithWork(t *testing.T) {
	for name, tc := range map[string]struct {
		started func(context.Context, *Node) error
		signal  bool // whether the node is told to end, or has to end by itself
		want    error
	}{
		"at once, well":              {func(context.Context, *Node) error { return nil }, true, nil},
		"when told":                  {untilEnd, true, nil},
		"when told, with the cause":  {func(ctx context.Context, _ *Node) error { <-ctx.Done(); return context.Cause(ctx) }, true, nil},
		"when told, with an error":   {func(ctx context.Context, _ *Node) error { <-ctx.Done(); return errBroken }, true, errBroken},
		"by itself, with an error":   {func(context.Context, *Node) error { return errBroken }, false, errBroken},
		"by itself, as if cancelled": {func(context.Context, *Node) error { return context.Canceled }, false, context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t, Program{Name: "counter", Started: tc.started})
			var got result
			if tc.signal {
				if status, _ := r.do(http.MethodGet, r.node.Addr().String(), "/health", ""); status != http.StatusOK {
					t.Errorf("health: %d", status)
				}
				got = r.stop()
			} else {
				got = r.wait()
			}
			if !errors.Is(got.err, tc.want) || !strings.Contains(got.stderr, "msg=stopped") {
				t.Errorf("got %+v, want %v", got, tc.want)
			}
			if tc.want != nil && (got.code != cli.ExitFailure || !strings.HasSuffix(got.stderr, "\ncounter: "+tc.want.Error()+"\n")) {
				t.Errorf("code %d, wrote:\n%s", got.code, got.stderr)
			}
		})
	}
}

// TestAwaitIsBounded has work that does not end though it was told to.
func TestAwaitIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log proctest.Output
		n := &Node{log: newLogger(config{}, &log)}
		begin := time.Now()
		err := n.await(&work{ended: make(chan struct{}), err: errBroken})
		if waited := time.Since(begin); err != nil || waited != stopGrace || !strings.Contains(log.String(), "has not ended") {
			t.Errorf("waited %v, error %v, log %q", waited, err, &log)
		}
	})
}

// TestRunEndsWithItsServers takes the address away from one server of two: the
// node must not go on with the other alone.
func TestRunEndsWithItsServers(t *testing.T) {
	for name, listener := range map[string]func(*Node) error{
		"public": func(n *Node) error { return n.public.Close() },
		"admin":  func(n *Node) error { return n.admin.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			told := make(chan struct{})
			r := start(t, Program{Started: func(ctx context.Context, n *Node) error {
				defer close(told)
				return untilEnd(ctx, n)
			}})
			if err := listener(r.node); err != nil {
				t.Fatal(err)
			}
			got := r.wait()
			select {
			case <-told:
			default:
				t.Error("the program's own work outlives the node")
			}
			if got.code != cli.ExitFailure || !strings.Contains(got.stderr, "\nparlor serve: a server ended by itself\n") {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// TestRunInCluster begins a cluster of one.
func TestRunInCluster(t *testing.T) {
	ready := make(chan int, 1)
	r := start(t, Program{Started: func(ctx context.Context, n *Node) error {
		if err := n.cluster.Ready(ctx); err != nil {
			return err
		}
		ready <- len(n.cluster.View().Ring().Members())
		return untilEnd(ctx, n)
	}}, "--cluster", ports.Local(ports.Take(t)))
	select {
	case members := <-ready:
		if members != 1 {
			t.Errorf("a ring of %d", members)
		}
	case <-r.ended:
		t.Fatalf("ended: %+v", r.result)
	case <-time.After(proctest.Patience):
		t.Fatal("no ring")
	}
	got := r.stop()
	if got.code != cli.ExitOK {
		t.Errorf("got %+v", got)
	}
	for line := range strings.Lines(got.stderr) { // a key that is there twice is an error to readers of JSON
		if strings.Count(line, " node=n1") != 1 {
			t.Errorf("does not name the node once: %s", line)
		}
	}
}

// TestRunLetsGo wants all that a node opened to be free again after an end that
// was none of its own making, and refuses a directory that is in use.
func TestRunLetsGo(t *testing.T) {
	data := t.TempDir()
	r := start(t, Program{}, "--data", data)
	args := []string{"--listen", "127.0.0.1:0", "--admin", "off", "--data", data}
	got := run(t.Context(), Program{Environ: pure(nil)}, args...)
	if got.code != cli.ExitUsage || !strings.HasPrefix(got.stderr, "parlor serve: data: can't use "+data) {
		t.Errorf("a directory in use: %+v", got)
	}
	addr := r.node.Addr().String()
	r.stop()
	again := start(t, Program{}, "--data", data, "--listen", addr)
	if got := again.stop(); got.code != cli.ExitOK {
		t.Errorf("the second time: %+v", got)
	}
}
