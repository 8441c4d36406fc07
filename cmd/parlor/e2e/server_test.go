package e2e_test

import (
	"bufio"
	"cmp"
	"crypto/tls"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/parlor-sse/parlor/cmd/proctest"
)

// server is a process of parlor serve.
type server struct {
	*proctest.Process
	t      *testing.T
	data   string
	flags  []string
	limit  int         // of open files; 0 for the test's own
	tls    *tls.Config // of clients; nil without TLS
	log    *os.File    // where standard error goes; nil for stderr
	token  string      // that requests bring; empty for none
	addr   string      // host:port of the public address
	admin  string
	client *http.Client
}

// start starts a server on a data directory of its own.
func start(t *testing.T, flags ...string) *server {
	t.Helper()
	return launch(t, server{data: t.TempDir(), flags: flags})
}

// again starts another process like one that has ended, on the same data, at an
// address of its own.
func (s *server) again() *server {
	s.t.Helper()
	next := *s
	next.addr = ""
	return launch(s.t, next)
}

// againHere is again at the same address.
func (s *server) againHere() *server {
	s.t.Helper()
	return launch(s.t, *s)
}

// args returns the command line. Flags given twice count as they stand last.
func (s *server) args() []string {
	listen := cmp.Or(s.addr, "127.0.0.1:0")
	return slices.Concat([]string{"serve", "--listen", listen, "--admin", "127.0.0.1:0",
		"--data", s.data, "--ready-fd", proctest.ReadyFD}, s.flags)
}

// launch starts the process and returns when it serves.
func launch(t *testing.T, like server) *server {
	t.Helper()
	s := &like
	s.t = t
	cmd := proctest.Command(t, binary, s.args()...)
	if s.limit > 0 {
		script := fmt.Sprintf(`ulimit -n %d && exec "$0" "$@"`, s.limit)
		cmd = proctest.Command(t, "/bin/sh", append([]string{"-c", script, binary}, s.args()...)...)
	}
	if s.log != nil {
		cmd.Stderr = s.log
	}
	var line string
	s.Process, line = proctest.StartReady(t, cmd)
	if _, err := fmt.Sscanf(line, "listen=%s admin=%s\n", &s.addr, &s.admin); err != nil {
		t.Fatalf("ready line %q: %v", line, err)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 16, TLSClientConfig: s.tls}
	s.client = &http.Client{Transport: transport, Timeout: proctest.Patience}
	t.Cleanup(transport.CloseIdleConnections)
	return s
}

// url returns the address of a route.
func (s *server) url(path string) string {
	if s.tls != nil {
		return "https://" + s.addr + path
	}
	return "http://" + s.addr + path
}

// dial returns how clients connect.
func (s *server) dial() dialer {
	if s.tls != nil {
		return overTLS(tcp(s.addr), s.tls)
	}
	return tcp(s.addr)
}

// dialStalling is dial with a receive buffer of 4 KiB.
func (s *server) dialStalling() dialer {
	if s.tls != nil {
		return overTLS(smallWindow(s.addr), s.tls)
	}
	return smallWindow(s.addr)
}

// terminate asks for an orderly end, waits for it and wants exit code 0.
func (s *server) terminate() {
	s.t.Helper()
	s.End(syscall.SIGTERM)
}

// metric returns the value of one line of the metrics, which begins with name.
func (s *server) metric(name string) float64 {
	s.t.Helper()
	resp, err := s.client.Get("http://" + s.admin + "/metrics")
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		var value float64
		if text, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			if _, err := fmt.Sscan(text, &value); err != nil {
				s.t.Fatalf("metric %s: %v", lines.Text(), err)
			}
			return value
		}
	}
	s.t.Fatalf("no metric %s, error %v", name, lines.Err())
	return 0
}
