package watch_test

import (
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cluster/watch"
)

// patient leaves a busy machine time to answer.
var patient = watch.Prober{Window: 10 * time.Second}

func TestAClosedPortIsProof(t *testing.T) {
	for _, network := range []string{"127.0.0.1:0", "[::1]:0"} {
		ln, err := net.Listen("tcp", network)
		if err != nil {
			t.Logf("no %s here: %v", network, err)
			continue
		}
		address := ln.Addr().String()
		ln.Close()
		if !patient.Confirm(t.Context(), address) {
			t.Errorf("nobody listens at %s and it was not proven", address)
		}
	}
}

func TestAnOpenPortIsNoProof(t *testing.T) {
	ln := listen(t)
	if patient.Confirm(t.Context(), ln.Addr().String()) {
		t.Error("a listener that accepts nothing was proven dead")
	}
}

// TestAFullBacklogIsNoProof: a process that is paused or overwhelmed leaves
// connections waiting, and then unanswered.
func TestAFullBacklogIsNoProof(t *testing.T) {
	fd, address := backlogOfOne(t)
	defer syscall.Close(fd)
	var held []net.Conn
	defer func() {
		for _, c := range held {
			c.Close()
		}
	}()
	for range 16 {
		c, err := net.DialTimeout("tcp", address, 100*time.Millisecond)
		if err != nil {
			break
		}
		held = append(held, c)
	}
	if (watch.Prober{}).Confirm(t.Context(), address) {
		t.Error("a paused process was proven dead")
	}
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	return ln
}

// backlogOfOne listens with room for one connection, and accepts none.
func backlogOfOne(t *testing.T) (fd int, address string) {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	sa, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	in := sa.(*syscall.SockaddrInet4)
	return fd, (&net.TCPAddr{IP: in.Addr[:], Port: in.Port}).String()
}
