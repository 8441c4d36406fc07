package e2e_test

import (
	"fmt"
	"io"
	"net"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/parlor-sse/parlor/cmd/proctest"
)

// script prints what an EventSource gets, a line each. Its timer keeps Node
// going while the EventSource only waits to come back.
const script = `
const es = new EventSource(process.argv[1]);
es.onmessage = (e) => { if (e.data !== 'Connected to SSE stream') console.log('message', e.lastEventId, e.data); };
for (const name of ['broadcast', 'gap', 'reset'])
	es.addEventListener(name, (e) => console.log(name, e.lastEventId, e.data));
es.onopen = () => console.log('open');
setInterval(() => {}, 1000);
`

// TestEventSource lets an EventSource that is not ours lose its server twice. It
// comes back by itself and gets exactly what it missed.
func TestEventSource(t *testing.T) {
	t.Parallel()
	if err := exec.Command("node", "--experimental-eventsource", "-e", "new EventSource('http://127.0.0.1:1').close()").Run(); err != nil {
		t.Skip("no EventSource to test with: install Node.js 20 or later")
	}
	s := start(t)
	r := newRelay(t)
	r.pointTo(s.addr)
	sent := s.publishN("a", 1, 2)
	var readers []*proctest.Process
	for _, path := range []string{"/connect?room=a", "/events?room=a"} {
		cmd := proctest.Command(t, "node", "--experimental-eventsource", "-e", script, "http://"+r.addr()+path)
		readers = append(readers, proctest.Start(t, cmd))
	}
	seen := func(lines int) {
		t.Helper()
		for _, p := range readers {
			proctest.Until(t, fmt.Sprintf("%d lines from %q", lines, p.Cmd.Args), func() bool { return len(p.Stdout.Lines()) >= lines })
		}
	}
	seen(1 + 2)
	sent = append(sent, s.publishN("a", 3, 4)...)
	seen(1 + 4)
	for i, end := range []func(*server){func(s *server) { s.Kill() }, (*server).terminate} {
		r.pointTo("")
		end(s)
		s = s.again()
		sent = append(sent, s.publishN("a", 5+3*i, 6+3*i)...)
		r.pointTo(s.addr)
		seen(len(sent) + 2 + i)
		sent = append(sent, s.publish("a", fmt.Sprintf(`{"n":%d}`, 7+3*i)))
		seen(len(sent) + 2 + i)
	}
	for i, name := range []string{"broadcast", "message"} {
		var want []string
		for n, m := range sent {
			if n == 0 || n == 4 || n == 7 {
				want = append(want, "open")
			}
			want = append(want, fmt.Sprintf("%s %s %s", name, m.ID, m.Data))
		}
		if got := readers[i].Stdout.Lines(); !slices.Equal(got, want) {
			t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// relay stands before servers that come and go, as a balancer does: while there
// is none, connections wait. Node's EventSource gives up on one that is refused.
type relay struct {
	ln net.Listener
	mu sync.Mutex
	up *sync.Cond // on mu
	to string     // guarded by mu; empty while there is no server
}

func newRelay(t *testing.T) *relay {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{ln: ln}
	r.up = sync.NewCond(&r.mu)
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go r.carry(conn)
		}
	}()
	return r
}

func (r *relay) addr() string { return r.ln.Addr().String() }

// pointTo names the server for connections that come from now on.
func (r *relay) pointTo(addr string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.to = addr
	r.up.Broadcast()
}

func (r *relay) carry(conn net.Conn) {
	defer conn.Close()
	r.mu.Lock()
	for r.to == "" {
		r.up.Wait()
	}
	addr := r.to
	r.mu.Unlock()
	server, err := tcp(addr)()
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		_, _ = io.Copy(server, conn)
		_ = server.Close()
	}()
	_, _ = io.Copy(conn, server)
}
