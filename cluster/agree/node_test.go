package agree

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/raft"
)

// loopback is a Port for Raft alone.
type loopback struct{ net.Listener }

func (l loopback) Accept() (net.Conn, string, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, "", err
	}
	var size [1]byte
	if _, err := io.ReadFull(c, size[:]); err != nil {
		return c, "", nil // which is nobody's
	}
	server := make([]byte, size[0])
	_, _ = io.ReadFull(c, server)
	return c, string(server), nil
}

func (l loopback) DialRaft(_, server, address string, timeout time.Duration) (net.Conn, error) {
	c, err := net.DialTimeout("tcp", address, timeout)
	if err != nil {
		return nil, err
	}
	_, err = c.Write(append([]byte{byte(len(server))}, server...))
	return c, err
}

// gated is a listener whose connections yield nothing while the gate is locked.
type gated struct {
	net.Listener
	gate *sync.RWMutex
}

func (l gated) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return gatedConn{c, l.gate}, err
}

type gatedConn struct {
	net.Conn
	gate *sync.RWMutex
}

func (c gatedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.gate.RLock()
	defer c.gate.RUnlock()
	return n, err
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	return l
}

// open opens a node, which finds others where they were when they were added.
func open(t *testing.T, name string, l net.Listener, heartbeat time.Duration) *Node {
	t.Helper()
	n, err := Open(Config{
		Name: name, Dir: t.TempDir(), Port: loopback{l}, Logger: slog.New(slog.DiscardHandler),
		Address:   func(string) (string, bool) { return "", false },
		Broken:    func(err error) { t.Errorf("store broke: %v", err) },
		Heartbeat: heartbeat,
	})
	check(t, err)
	return n
}

// leader opens a node that is a group by itself and waits until it leads.
func leader(t *testing.T, heartbeat time.Duration) *Node {
	t.Helper()
	l := listen(t)
	n := open(t, "a", l, heartbeat)
	check(t, n.Bootstrap([]Server{{Node: "a", Store: n.Store(), Address: l.Addr().String()}}))
	select {
	case leads := <-n.Leadership():
		if leads {
			return n
		}
	case <-time.After(30 * time.Second):
	}
	t.Fatal("the only node does not lead")
	return nil
}

// TestEveryQuestionIsAnsweredWhenTheNodeCloses asks from many goroutines, so
// that Raft ends with questions under way.
func TestEveryQuestionIsAnsweredWhenTheNodeCloses(t *testing.T) {
	for name, ask := range map[string]func(*Node) error{
		"verify":   (*Node).Verify,
		"catch":    (*Node).Catch,
		"handOver": (*Node).HandOver,
		"propose":  func(n *Node) error { return n.Propose(Document{Number: 9}) },
		"tend":     func(n *Node) error { return n.Tend(Step{Action: RemoveServer, Server: Server{Node: "nobody"}}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 10 {
				n := leader(t, 50*time.Millisecond)
				var asking, asked sync.WaitGroup
				for range 16 {
					asked.Add(1)
					asking.Go(func() {
						ask(n)
						asked.Done()
						for !errors.Is(ask(n), raft.ErrRaftShutdown) && n.Leading() {
						}
					})
				}
				asked.Wait()
				check(t, n.Close())
				all := make(chan struct{})
				go func() { asking.Wait(); close(all) }()
				select {
				case <-all:
				case <-time.After(30 * time.Second):
					t.Fatal("somebody still waits for an answer")
				}
			}
		})
	}
}

// TestVoterThatGoesOwesAnAnswer removes the one voter whose word a verification
// waits for: the leader goes on without it, and Raft never answers.
func TestVoterThatGoesOwesAnAnswer(t *testing.T) {
	a := leader(t, defaultHeartbeat)
	a.patience = time.Second
	var gate sync.RWMutex
	l := listen(t)
	b := open(t, "b", gated{l, &gate}, defaultHeartbeat)
	voter := Server{Node: "b", Store: b.Store(), Address: l.Addr().String()}
	check(t, a.Tend(Step{Action: AddVoter, Server: voter}))
	gate.Lock()
	asked, answered := make(chan struct{}), make(chan error, 1)
	go func() {
		answered <- a.wait(func() raft.Future { defer close(asked); return a.raft.VerifyLeader() })
	}()
	<-asked
	for range 32 { // Raft takes at random from what waits for it
		check(t, a.Bootstrap(nil))
	}
	_ = a.Tend(Step{Action: RemoveServer, Server: voter}) // it fails if the lease is over by now
	closed := make(chan error)
	go func() { closed <- errors.Join(<-answered, a.Close()) }()
	select {
	case err := <-closed:
		t.Logf("verified, and closed: %v", err)
	case <-time.After(30 * time.Second):
		t.Error("the leader still waits for an answer")
	}
	gate.Unlock()
	check(t, b.Close())
}
