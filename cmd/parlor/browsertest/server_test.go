package browsertest

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// server is a parlor server, which a test may kill and start again.
type server struct {
	t      *testing.T
	path   string   // of the program
	flags  []string // besides the addresses and the data directory
	data   string
	listen string // address of the first start, which later ones take again
	url    string // where it is reached now
	proc   *child
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
	s.proc.kill()
}

func (s *server) start(listen string) {
	s.t.Helper()
	ready, told, err := os.Pipe()
	if err != nil {
		s.t.Fatal(err)
	}
	defer ready.Close()
	args := append([]string{"serve", "--listen", listen, "--admin", "off", "--data", s.data, "--ready-fd", "3"}, s.flags...)
	cmd := exec.Command(s.path, args...)
	cmd.ExtraFiles = []*os.File{told}
	cmd.Stderr = s.t.Output()
	s.proc = startChild(s.t, cmd)
	told.Close() // the server has its own: when it ends, so does the pipe
	line, _ := bufio.NewReader(ready).ReadString('\n')
	var addr string
	if _, err := fmt.Sscanf(line, "listen=%s", &addr); err != nil {
		s.t.Fatalf("the server does not start: %q", line)
	}
	s.url = "http://" + addr
}
