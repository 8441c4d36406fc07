package deploy_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/actors/sse"
	"github.com/parlor-sse/parlor/cluster/clustertest/ports"
	"github.com/parlor-sse/parlor/cmd/proctest"
	"github.com/parlor-sse/parlor/cmd/proctest/nodetest"
)

// proxy starts a proxy that listens at an address, with its file adapted to
// three nodes, which may be the same. Its time limits for silence are shortened
// to silence seconds.
type proxy func(t *testing.T, listen string, nodes [3]string) *proctest.Process

// silence is the time limit for silence, in seconds, in the files as they are
// tested. The nodes' heartbeat is one second.
const silence = 3

// testProxy is all that a proxy has to stand.
func testProxy(t *testing.T, with setup, start proxy) {
	cluster := startNodes(t, with, "--heartbeat", "1s", "--update", "0s", "--history", "1000", "--drain", "1s")
	var nodes [3]string
	for i, n := range cluster.Nodes {
		nodes[i] = n.Address()
	}
	listen := ports.Local(ports.Take(t))
	service := start(t, listen, nodes)
	at := nodetest.At(t, "the proxy", listen)

	t.Run("at once", func(t *testing.T) { atOnce(t, at) })
	t.Run("silence", func(t *testing.T) { surviveSilence(t, at) })
	t.Run("tokens", func(t *testing.T) { hideTokens(t, at, service, start) })
	t.Run("a node dies", func(t *testing.T) { surviveDeath(t, at, cluster) })
	t.Run("unlike nodes", func(t *testing.T) { unlikeNodes(t, start) })
	t.Run("a client leaves", func(t *testing.T) { noticeLeaving(t, start) })
	t.Run("addresses", func(t *testing.T) { countAddresses(t, with, start) })
}

// lines opens a stream and returns a function that reads its next line.
func lines(t *testing.T, at *nodetest.Node, path string) (next func() string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), proctest.Patience)
	t.Cleanup(cancel)
	resp, leave := openStream(t, ctx, at.URL(path))
	t.Cleanup(leave)
	if kind := resp.Header.Get("Content-Type"); resp.StatusCode != http.StatusOK || !strings.HasPrefix(kind, "text/event-stream") {
		t.Fatalf("%s: %s, %s", path, resp.Status, kind)
	}
	scanner := bufio.NewScanner(resp.Body)
	return func() string {
		t.Helper()
		if !scanner.Scan() {
			t.Fatalf("%s ended: %v", path, scanner.Err())
		}
		return scanner.Text()
	}
}

// until reads lines up to one that begins in a certain way.
func until(next func() string, prefix string) {
	for !strings.HasPrefix(next(), prefix) {
	}
}

// publish publishes through the proxy, again and again under one key, until that
// is answered.
func publish(t *testing.T, at *nodetest.Node, room string, n int) {
	t.Helper()
	proctest.Eventually(t, "a publish is accepted", func() error {
		a, err := at.Ask(http.MethodPost, "/broadcast?room="+room, fmt.Sprintf("%s-%d", room, n), fmt.Sprintf(`{"n":%d}`, n))
		if err == nil && a.Status != http.StatusOK {
			err = fmt.Errorf("answered %v", a)
		}
		return err
	})
}

// atOnce has the proxy hold back nothing: each event has come before the next one
// is published.
func atOnce(t *testing.T, at *nodetest.Node) {
	for _, route := range []string{"/connect", "/events"} {
		room := "once-" + route[1:]
		next := lines(t, at, route+"?room="+room)
		if line := next(); !strings.HasPrefix(line, "retry: ") {
			t.Errorf("%s begins with %q", route, line)
		}
		for n := range 5 {
			publish(t, at, room, n)
			until(next, fmt.Sprintf(`data: {"n":%d,`, n))
		}
	}
}

// surviveSilence keeps a stream for twice the time for which the proxy would
// endure silence, with nothing but heartbeats, and then has it deliver.
func surviveSilence(t *testing.T, at *nodetest.Node) {
	next := lines(t, at, "/connect?room=quiet&replay=0")
	for range 2*silence + 1 {
		until(next, ":heartbeat")
	}
	publish(t, at, "quiet", 1)
	until(next, `data: {"n":1,`)
}

// hideTokens looks for a token, which came in a URL, in what the proxy writes:
// of requests that it hands on, and of some that it can't hand on to anybody.
func hideTokens(t *testing.T, at *nodetest.Node, service *proctest.Process, start proxy) {
	nowhere := ports.Local(ports.Take(t))
	listen := ports.Local(ports.Take(t))
	alone := start(t, listen, [3]string{nowhere, nowhere, nowhere})
	for _, p := range []struct {
		at      *nodetest.Node
		service *proctest.Process
	}{{at, service}, {nodetest.At(t, "a proxy before nothing", listen), alone}} {
		const secret = "c4n4ry"
		for _, path := range []string{"/connect?room=%00&token=", "/rooms?after=a&token="} {
			if _, err := p.at.Ask(http.MethodGet, path+secret, "", ""); err != nil {
				t.Fatal(err)
			}
		}
		proctest.Eventually(t, "the proxy has written of the requests", func() error {
			if said := p.service.Said(); !strings.Contains(said, "GET /connect") || !strings.Contains(said, "GET /rooms") {
				return fmt.Errorf("it wrote %s", said)
			}
			return nil
		})
		if said := p.service.Said(); strings.Contains(said, secret) {
			t.Errorf("%s wrote %s", p.at.Name, said)
		}
	}
}

// surviveDeath kills a node while streams go through all of them. Those that end
// resume by their last id through the same proxy, and nobody misses anything.
func surviveDeath(t *testing.T, at *nodetest.Node, cluster *nodetest.Cluster) {
	const path = "/connect?room=death&replay=0"
	const before, after = 5, 5
	var readers []*reader
	for range 9 {
		readers = append(readers, &reader{t: t, at: at, path: path, stream: at.Open(path)})
	}
	for n := range before {
		publish(t, at, "death", n)
	}
	for _, r := range readers {
		r.wait(before)
	}
	cluster.Nodes[1].Kill()
	for n := range after {
		publish(t, at, "death", before+n)
	}
	moved := 0
	for _, r := range readers {
		r.wait(before + after)
		moved += r.resumed
	}
	if moved == 0 {
		t.Error("no stream went through the node that died")
	}
}

// reader follows a room through a proxy and comes back when its stream ends.
type reader struct {
	t       *testing.T
	at      *nodetest.Node
	path    string
	stream  *nodetest.Stream
	earlier []sse.Event // of streams that ended
	resumed int
}

// wait waits until so many messages have come, and checks that they are the
// first ones, each once and in order.
func (r *reader) wait(count int) {
	r.t.Helper()
	var all []sse.Event
	proctest.Eventually(r.t, fmt.Sprintf("%d messages have come", count), func() error {
		ended := !r.stream.Open()
		all = slices.Concat(r.earlier, r.stream.Events("broadcast"))
		if len(all) >= count {
			return nil
		}
		if ended {
			r.earlier, r.resumed = all, r.resumed+1
			r.stream = r.at.Resume(r.path, all[len(all)-1].ID)
		}
		return fmt.Errorf("%d came", len(all))
	})
	for n, e := range all {
		if want := fmt.Sprintf(`{"n":%d,`, n); !strings.HasPrefix(string(e.Data), want) {
			r.t.Errorf("message %d is %s", n, e.Data)
		}
	}
}

// unlikeNodes puts servers behind the proxy that are no nodes: the first says
// what it was asked, and then nothing at all.
func unlikeNodes(t *testing.T, start proxy) {
	asked := make(chan http.Header, 100)
	silent := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/ready" {
			return
		}
		asked <- r.Header
		w.Header().Set("Content-Type", "text/event-stream")
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush() // the proxy may have gone
		<-r.Context().Done()
	}))
	t.Cleanup(silent.Close)
	addr := silent.Listener.Addr().String()
	listen := ports.Local(ports.Take(t))
	start(t, listen, [3]string{addr, addr, addr})

	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+listen+"/connect", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Forwarded-For", "192.0.2.7")
	transport := new(http.Transport)
	t.Cleanup(transport.CloseIdleConnections)
	resp, err := transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	got := <-asked
	if from := got.Values("X-Forwarded-For"); !slices.Equal(from, []string{"127.0.0.1"}) {
		t.Errorf("the node is told that the request is from %q", from)
	}
	if got.Get("X-Forwarded-Proto") != "http" {
		t.Errorf("the node is told %v", got)
	}
	// That the proxy does end what is silent makes the other test mean something.
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = resp.Body.Read(make([]byte, 1)) // either way of ending will do
	}()
	proctest.Eventually(t, "the proxy ends a silent stream", func() error {
		select {
		case <-ended:
			return nil
		default:
			return fmt.Errorf("it is open")
		}
	})
}

// noticeLeaving has a client leave a stream on which nothing is written, so that
// no write can fail. The node hears of it before the proxy ends an older stream,
// which is as silent.
func noticeLeaving(t *testing.T, start proxy) {
	ended := make(chan string, 2)
	silent := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/ready" {
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush() // the proxy may have gone
		<-r.Context().Done()
		ended <- r.URL.Query().Get("client")
	}))
	t.Cleanup(silent.Close)
	addr := silent.Listener.Addr().String()
	listen := ports.Local(ports.Take(t))
	start(t, listen, [3]string{addr, addr, addr})

	// An attempt for which the machine took longer than the proxy waits says nothing.
	proctest.Eventually(t, "the node hears that a client has left", func() error {
		leaveOlder := openSilent(t, "http://"+listen+"/connect?client=older")
		openSilent(t, "http://"+listen+"/connect?client=newer")()
		first := <-ended
		leaveOlder()
		if <-ended; first != "newer" {
			return fmt.Errorf("the %s stream ended first", first)
		}
		return nil
	})
}

// openSilent opens a stream, and returns what leaves it.
func openSilent(t *testing.T, url string) (leave func()) {
	t.Helper()
	_, leave = openStream(t, t.Context(), url)
	return leave
}

// openStream sends a request for a stream, and returns the beginning of the answer and
// what leaves it.
func openStream(t *testing.T, ctx context.Context, url string) (resp *http.Response, leave func()) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := new(http.Transport)
	if resp, err = transport.RoundTrip(req); err != nil {
		t.Fatal(err)
	}
	return resp, func() { _ = resp.Body.Close(); transport.CloseIdleConnections() }
}
