package serve

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/parlor-sse/parlor/cluster"
	"github.com/parlor-sse/parlor/cluster/remoting"
)

// handOverMost bounds how long a node that stops waits for others to take
// its rooms. What it holds is on the others' disks as well.
const handOverMost = 15 * time.Second

// openCluster starts gossip and the agreement on the ring. It does not wait for
// a ring: the node answers meanwhile, and says that it is not ready.
func (n *Node) openCluster(context.Context) error {
	c := n.cfg
	if c.cluster == "" {
		return nil
	}
	cfg := cluster.DefaultConfig()
	cfg.Node, cfg.Life, cfg.Incarnation = c.node, n.store.Life().Epoch, n.incarnation
	cfg.Bind, cfg.Join, cfg.Expect, cfg.Name = c.cluster, c.join, c.expect, c.clusterName
	cfg.Roles = nil
	for _, r := range c.roles {
		cfg.Roles = append(cfg.Roles, cluster.Role(r))
	}
	cfg.Replicas, cfg.History, cfg.DeadAfter = c.replicas, c.history, c.deadAfter
	cfg.Dir, cfg.Keys, cfg.HTTP = c.data, c.gossipKeys, n.public.Addr().String()
	if c.identity != nil {
		cfg.TLS = c.identity
	}
	cfg.Logger, cfg.Registerer = n.log, n.registry
	opened, err := cluster.Open(cfg)
	if err != nil {
		return fmt.Errorf("cluster: %w", err)
	}
	n.cluster = opened
	n.onClose(func() {
		if err := opened.Close(); err != nil {
			n.log.Warn("cluster not closed cleanly", "err", err)
		}
	})
	return nil
}

// remote says how the actors of other nodes are reached: two ports above gossip.
func (n *Node) remote() *remoting.Config {
	host, port, _ := net.SplitHostPort(n.cfg.cluster) // checked with the configuration
	p, _ := strconv.Atoi(port)
	cfg := &remoting.Config{
		Bind:   net.JoinHostPort(host, strconv.Itoa(p+2)),
		Logger: n.log, Registerer: n.registry,
	}
	if id := n.cfg.identity; id != nil {
		cfg.Server = id.Server()
		cfg.Client = func(peer string) *tls.Config { return id.Client(peer) }
	}
	return cfg
}

// inCluster looks after a node's part in its cluster while it serves. The
// channel yields the reason if the node has to stop.
func (n *Node) inCluster(ctx context.Context) <-chan error {
	if n.cluster == nil {
		return nil
	}
	n.tasks.Go(func() {
		if err := n.cluster.Ready(ctx); err == nil {
			n.log.Info("ready", "ring", n.cluster.View().Ring().Version())
			n.server.SetReady(true)
		}
	})
	return n.cluster.Failed()
}

// handOver has other nodes take this one's rooms.
func (n *Node) handOver() {
	if n.cluster == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), handOverMost)
	defer cancel()
	begin := time.Now()
	if err := n.cluster.Leave(ctx); err != nil {
		n.log.Warn("rooms not handed over; others take them when this node is gone", "err", err)
		return
	}
	n.log.Info("rooms handed over", "after", time.Since(begin).Round(time.Millisecond))
}
