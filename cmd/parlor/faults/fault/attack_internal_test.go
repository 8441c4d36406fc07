package fault

import (
	"context"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/parlor-sse/parlor/cmd/parlor/faults/network"
	"github.com/parlor-sse/parlor/cmd/parlor/faults/run"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestAttackEnds attacks three ports on loopback until each was hit, and wants
// it all to end then.
func TestAttackEnds(t *testing.T) {
	host, err := network.Loopback{}.Host(0)
	if err != nil {
		t.Fatal(err)
	}
	n := &run.Node{Host: host}
	first, err := strconv.Atoi(clusterPort(n))
	if err != nil {
		t.Fatal(err)
	}
	var hits [4]atomic.Int32 // of the ports, and of the datagrams
	var servers sync.WaitGroup
	defer servers.Wait()
	for i := range 3 {
		ln, err := net.Listen("tcp", net.JoinHostPort(n.Host, strconv.Itoa(first+i)))
		if err != nil {
			t.Skip(err)
		}
		defer ln.Close()
		servers.Go(func() { accept(ln, &hits[i]) })
	}
	packets, err := net.ListenPacket("udp", n.Cluster())
	if err != nil {
		t.Skip(err)
	}
	defer packets.Close()
	servers.Go(func() {
		for b := make([]byte, 2000); ; {
			if _, _, err := packets.ReadFrom(b); err != nil {
				return
			}
			hits[3].Add(1)
		}
	})

	ctx, cancel := context.WithCancel(t.Context())
	var work sync.WaitGroup
	attack(ctx, &work, n, 1)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(20 * time.Second); hits[0].Load() == 0 || hits[1].Load() == 0 || hits[2].Load() == 0 || hits[3].Load() == 0; <-tick.C {
		if time.Now().After(deadline) {
			t.Error("not every port was hit")
			break
		}
	}
	cancel()
	work.Wait()
}

// accept counts connections that say something, and reads them to their end.
func accept(ln net.Listener, hits *atomic.Int32) {
	var readers sync.WaitGroup
	defer readers.Wait()
	for {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		readers.Go(func() {
			defer conn.Close()
			for b := make([]byte, 4096); ; hits.Add(1) {
				if _, err := conn.Read(b); err != nil {
					return
				}
			}
		})
	}
}
