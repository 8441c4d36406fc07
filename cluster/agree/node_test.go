package agree

import (
	"errors"
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
	return c, "", err // nobody calls in these tests
}

func (l loopback) DialRaft(_, _, address string, timeout time.Duration) (net.Conn, error) {
	return net.DialTimeout("tcp", address, timeout)
}

// leader opens a node that is a group by itself and waits until it leads.
func leader(t *testing.T) *Node {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	n, err := Open(Config{
		Name: "a", Dir: t.TempDir(), Port: loopback{l}, Logger: slog.New(slog.DiscardHandler),
		Address:   func(string) (string, bool) { return l.Addr().String(), true },
		Broken:    func(err error) { t.Errorf("store broke: %v", err) },
		Heartbeat: 50 * time.Millisecond,
	})
	check(t, err)
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
				n := leader(t)
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
