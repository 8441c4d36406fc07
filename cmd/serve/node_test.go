package serve

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cmd/proctest"
)

// running is a program in this process, which ends with the test at the latest.
type running struct {
	t      *testing.T
	node   *Node
	cancel context.CancelFunc
	ended  chan struct{} // closed after result is set
	result result
}

// start runs a program on free ports and waits until its Started is called. The
// arguments come after those that every test needs.
func start(t *testing.T, p Program, args ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r := &running{t: t, cancel: cancel, ended: make(chan struct{})}
	started, own := make(chan *Node, 1), p.Started
	p.Started = func(ctx context.Context, n *Node) error {
		started <- n
		if own == nil {
			return nil
		}
		return own(ctx, n)
	}
	p.Environ = pure(p.Environ)
	args = append([]string{"--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--data", t.TempDir(), "--node", "n1"}, args...)
	go func() {
		defer close(r.ended)
		r.result = run(ctx, p, args...)
	}()
	t.Cleanup(func() { cancel(); <-r.ended })
	select {
	case r.node = <-started:
	case <-r.ended:
		t.Fatalf("ended before it began: %+v", r.result)
	case <-time.After(proctest.Patience):
		t.Fatal("not started")
	}
	return r
}

// wait returns what the program left behind when it has ended by itself.
func (r *running) wait() result {
	r.t.Helper()
	select {
	case <-r.ended:
	case <-time.After(proctest.Patience):
		r.t.Fatal("not ended")
	}
	return r.result
}

// stop ends the program as a first signal does.
func (r *running) stop() result {
	r.t.Helper()
	r.cancel()
	return r.wait()
}

// do makes a request and returns the answer's status and body.
func (r *running) do(method, addr, route, body string) (int, string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, "http://"+addr+route, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: proctest.Patience}
	resp, err := client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return resp.StatusCode, string(content)
}
