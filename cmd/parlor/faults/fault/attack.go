package fault

import (
	"context"
	"crypto/tls"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/parlor-sse/parlor/cmd/parlor/faults/run"
)

// How hard the ports of each node are attacked. All of it ends by itself.
const (
	attackTime  = 15 * time.Second
	datagrams   = 1000 // a second, to gossip
	idle        = 100  // connections to each port that say nothing
	callers     = 2    // that connect to each port, again and again
	betweenCall = 20 * time.Millisecond
	maxNoise    = 4 << 10 // bytes sent at a time
)

// attacks are the faults that strangers cause.
func attacks() []Kind {
	return []Kind{{
		Name: "ports-attacked", About: "strangers send noise to the ports between nodes, and hold connections to them", Nodes: 3,
		Inject: func(ctx context.Context, s *Stage) (Scope, error) {
			ctx, cancel := context.WithTimeout(ctx, attackTime)
			defer cancel()
			var work sync.WaitGroup
			for _, n := range s.Cluster.Nodes() {
				attack(ctx, &work, n, s.Rand.Uint64())
			}
			work.Wait()
			for _, n := range s.Cluster.Nodes() {
				if !n.Running() {
					s.Recorder.Fail("%s did not survive the attack", n.Name)
				}
			}
			return Scope{Note: fmt.Sprintf("%d datagrams/s, %d idle connections a port", datagrams, idle)}, nil
		},
	}}
}

// attack begins everything against one node that goes on until ctx ends.
func attack(ctx context.Context, work *sync.WaitGroup, n *run.Node, seed uint64) {
	first, _ := strconv.Atoi(clusterPort(n))
	for offset := range 3 { // gossip, Raft, actors
		address := net.JoinHostPort(n.Host, strconv.Itoa(first+offset))
		work.Go(func() { hold(ctx, address) })
		for i := range callers {
			rng := rand.New(rand.NewPCG(seed, uint64(offset*callers+i)))
			work.Go(func() { call(ctx, address, rng) })
		}
	}
	rng := rand.New(rand.NewPCG(seed, 1<<32))
	work.Go(func() { flood(ctx, n.Cluster(), rng) })
}

func clusterPort(n *run.Node) string {
	_, port, _ := net.SplitHostPort(n.Cluster())
	return port
}

// hold opens connections and says nothing on them.
func hold(ctx context.Context, address string) {
	for range idle {
		if conn, err := dial(ctx, address); err == nil {
			defer conn.Close()
		}
	}
	<-ctx.Done()
}

// call connects, sends noise or the beginning of TLS, and connects again.
func call(ctx context.Context, address string, rng *rand.Rand) {
	for ctx.Err() == nil {
		if conn, err := dial(ctx, address); err == nil {
			_ = conn.SetDeadline(time.Now().Add(time.Second))
			if rng.IntN(3) == 0 {
				// No certificate of ours will be asked for twice: the handshake is all.
				_ = tls.Client(conn, &tls.Config{InsecureSkipVerify: true}).HandshakeContext(ctx)
			}
			_, _ = conn.Write(noise(rng))
			_ = conn.Close()
		}
		select {
		case <-ctx.Done():
		case <-time.After(betweenCall):
		}
	}
}

// flood sends datagrams.
func flood(ctx context.Context, address string, rng *rand.Rand) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "udp", address)
	if err != nil {
		return
	}
	defer conn.Close()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		for range datagrams / 100 {
			_, _ = conn.Write(noise(rng)[:1+rng.IntN(1200)])
		}
	}
}

func dial(ctx context.Context, address string) (net.Conn, error) {
	return (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", address)
}

// noise returns random bytes, of which the first is often one that begins
// something: TLS, HTTP/2, a small number.
func noise(rng *rand.Rand) []byte {
	b := make([]byte, 1200+rng.IntN(maxNoise))
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	if first := []byte{0, 1, 2, 3, 22, 'P', 'R', 255}; rng.IntN(2) == 0 {
		b[0] = first[rng.IntN(len(first))]
	}
	return b
}
