package bench

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/parlor-sse/parlor/cmd/parlor/bench/ssecheck"
)

// peer is a kind of server that can be measured. To compare with another
// product, write one and add it in (*runner).peers.
type peer interface {
	// name is what tables call it.
	name() string
	// missing says in one clause why it cannot run on this machine; "" if it can.
	missing() string
	// start starts one server, which may keep files in dir and listens on a
	// loopback address. It ends at the latest with ctx.
	start(ctx context.Context, dir string) (*server, error)
}

// caller directs another process.
type caller interface {
	Call(ctx context.Context, op string, args, result any) error
}

// server is a running server under test.
type server struct {
	name        string
	addr        string // host:port, loopback
	connectPath string // path templates, see traffic.Rooms.Path
	publishPath string
	token       string        // that requests carry; empty for none
	mode        ssecheck.Mode // what proves the order of its messages

	// processes are those whose processor time and memory are the server's;
	// none if that is not known.
	processes func() ([]int, error)
	// collect makes it give up memory that it does not need; nil if it cannot.
	collect func(context.Context) error
	// counters reads its own counters by name; nil if it has none.
	counters func(context.Context) (map[string]float64, error)
	// source publishes in place of a publisher process; nil for servers that
	// take POSTs.
	source caller
	// drop makes it close streams that the clients have closed; nil for servers
	// that notice by themselves.
	drop func(context.Context) error
	stop func()
}

// adminTimeout bounds one request to a server's admin address.
const adminTimeout = 30 * time.Second

// admin reads from a server's admin address.
type admin struct {
	base string // URL without a slash at the end
}

func (a admin) get(ctx context.Context, path string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, adminTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, a.base+path, nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET %s: %s", path, response.Status)
	}
	return string(body), err
}

// collect makes a Go server collect its garbage: asking for a heap profile with
// gc=1 does that first.
func (a admin) collect(ctx context.Context) error {
	_, err := a.get(ctx, "/debug/pprof/heap?gc=1")
	return err
}

// counters reads the metrics, those with labels summed up by name.
func (a admin) counters(ctx context.Context) (map[string]float64, error) {
	text, err := a.get(ctx, "/metrics")
	if err != nil {
		return nil, err
	}
	return parseCounters(text), nil
}

// parseCounters reads the text format of Prometheus.
func parseCounters(text string) map[string]float64 {
	counters := make(map[string]float64)
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		at := strings.LastIndexByte(line, ' ')
		if strings.HasPrefix(line, "#") || at < 0 {
			continue
		}
		name, _, _ := strings.Cut(line[:at], "{")
		var value float64
		if _, err := fmt.Sscan(line[at+1:], &value); err == nil {
			counters[strings.TrimSpace(name)] += value
		}
	}
	return counters
}
