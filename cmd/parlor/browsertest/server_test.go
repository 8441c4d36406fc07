package browsertest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/cmd/proctest"
)

// server is a parlor server, which a test may kill and start again.
type server struct {
	t      *testing.T
	path   string   // of the program
	flags  []string // besides the addresses and the data directory
	data   string
	listen string // address of the first start, which later ones take again
	url    string // where it is reached now
	proc   *proctest.Process
}

// startServer starts a server on a free port, with data that outlive it.
func startServer(t *testing.T, flags ...string) *server {
	t.Helper()
	path, err := buildParlor()
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, path: path, flags: flags, data: t.TempDir()}
	s.start("127.0.0.1:0")
	s.listen = strings.TrimPrefix(s.url, "http://")
	return s
}

// again starts the server where it was before.
func (s *server) again() {
	s.t.Helper()
	s.start(s.listen)
}

// apart starts the server over the same data where no page looks for it, lets f
// use it, and kills it: what f publishes is missed by every page for certain.
func (s *server) apart(f func()) {
	s.t.Helper()
	s.start("127.0.0.1:0")
	f()
	s.proc.Kill()
}

func (s *server) start(listen string) {
	s.t.Helper()
	args := append([]string{"serve", "--listen", listen, "--admin", "off", "--data", s.data, "--ready-fd", proctest.ReadyFD}, s.flags...)
	var line string
	s.proc, line = proctest.StartReady(s.t, proctest.Command(s.t, s.path, args...))
	var addr string
	if _, err := fmt.Sscanf(line, "listen=%s", &addr); err != nil {
		s.t.Fatalf("the server does not start: %q", line)
	}
	s.url = "http://" + addr
}
