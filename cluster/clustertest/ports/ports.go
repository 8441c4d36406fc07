// Package ports finds ports on loopback for nodes that tests start, and start
// again.
package ports

import (
	"math/rand/v2"
	"net"
	"strconv"
	"testing"
)

// Each taker gets a slot: ports for a node's cluster (three) and its clients
// (one), and one more on which the test listens as long as it runs, so that no
// other test, of whatever process, takes the slot meanwhile. The slots lie where
// the kernel looks for no ports of outgoing connections.
const (
	Count = 4
	first = 10_000
	slots = 4_000
)

// Take returns the first of Count ports in a row that are free and stay the
// test's until it ends.
func Take(t testing.TB) int {
	t.Helper()
	for range 200 {
		port := first + (Count+1)*rand.IntN(slots)
		guard, err := net.Listen("tcp", Local(port+Count))
		if err != nil {
			continue
		}
		if !free(port) {
			_ = guard.Close()
			continue
		}
		t.Cleanup(func() { _ = guard.Close() })
		return port
	}
	t.Fatal("no free ports")
	return 0
}

// Local returns the port's address on loopback.
func Local(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// free reports whether nobody listens on the slot's ports.
func free(port int) bool {
	for p := port; p < port+Count; p++ {
		tcp, err := net.Listen("tcp", Local(p))
		if err != nil {
			return false
		}
		_ = tcp.Close()
		udp, err := net.ListenPacket("udp", Local(p))
		if err != nil {
			return false
		}
		_ = udp.Close()
	}
	return true
}
