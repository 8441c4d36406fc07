package serve

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
)

// stopGrace bounds how long requests in progress may take once streams are
// closed, and before that the program's own work.
const stopGrace = 10 * time.Second

// run serves until ctx ends and then stops, each step for a reason.
func (n *Node) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer n.tasks.Wait()
	defer cancel()
	servers, ended := n.startServers()
	n.tasks.Go(func() { giveBack(ctx) })
	n.tasks.Go(func() { n.keepHouse(ctx) })
	n.announce()
	own := n.startWork(ctx)
	select {
	case err := <-ended:
		cancel()
		return n.abandon(own, servers, errors.Join(errors.New("a server ended by itself"), err))
	case err := <-n.inCluster(ctx):
		cancel()
		return n.abandon(own, servers, err)
	case <-own.failed:
		n.log.Error("the program's own work failed; stopping", "err", own.err)
		cancel()
	case <-ctx.Done():
	}
	ownErr := n.stop(own)
	return errors.Join(servers.Wait(), ownErr)
}

// startServers starts the servers. The channel yields, for each, how it ended.
func (n *Node) startServers() (*errgroup.Group, <-chan error) {
	servers := new(errgroup.Group)
	ended := make(chan error, 2)
	start := func(serve func() error) {
		servers.Go(func() error {
			err := serve()
			ended <- err
			return err
		})
	}
	start(func() error { return n.server.Serve(n.public) })
	if n.adminSrv != nil {
		start(func() error { return n.adminSrv.Serve(n.admin) })
	}
	return servers, ended
}

// stop takes the node out of service and returns what the program's own work
// has to say. The signal's context has ended, so the steps have bounds of their
// own.
func (n *Node) stop(own *work) error {
	n.log.Info("draining", "streams", n.rooms.Stats().Streams, "over", n.cfg.drain)
	// First no balancer sends anybody here any more.
	n.server.SetReady(false)
	// Then other nodes take the rooms over, while streams and publishers here go
	// on by way of them.
	n.handOver()
	// Then streams end, spread out, while publishing goes on: a client that is
	// told to come back elsewhere has lost nothing.
	n.rooms.Drain(context.Background(), drainTime(n.rooms.Stats().Streams, n.cfg.drain))
	// The program's own work was told when draining began. What it still has to
	// say to rooms it can say as long as they answer.
	err := n.await(own)
	// Requests in progress are finished while rooms can still answer them.
	ctx, cancel := context.WithTimeout(context.Background(), stopGrace)
	defer cancel()
	if err := n.server.Shutdown(ctx); err != nil {
		n.log.Warn("requests cut off", "err", err)
	}
	n.rooms.Close()
	// The admin address is the last to go: it tells how the rest went.
	if n.adminSrv != nil {
		_ = n.adminSrv.Shutdown(ctx)
	}
	n.log.Info("stopped")
	return err
}

// abandon ends at once what run has started, and returns the reason: the node can
// no longer do its part, so there is nothing to drain.
func (n *Node) abandon(own *work, servers *errgroup.Group, reason error) error {
	now, cancel := context.WithCancel(context.Background())
	cancel()
	_ = n.server.Shutdown(now)
	if n.adminSrv != nil {
		_ = n.adminSrv.Shutdown(now)
	}
	_ = servers.Wait() // the first to end is the reason, or was told to
	return errors.Join(reason, n.await(own))
}

// drainPace is how many streams a second are closed when there are few: it is
// the herd that the drain's time is for, not a handful.
const drainPace = 1000

// drainTime returns over what time to close so many streams.
func drainTime(streams int, most time.Duration) time.Duration {
	return min(most, time.Duration(streams)*time.Second/drainPace)
}

// announce says where the node is reached.
func (n *Node) announce() {
	scheme, admin := "http", ""
	if n.cfg.certificate != nil {
		scheme = "https"
	}
	if n.admin != nil {
		admin = n.admin.Addr().String()
	}
	about := []any{"url", scheme + "://" + n.public.Addr().String(), "admin", admin, "data", n.cfg.data, "durability", n.cfg.durability}
	if n.cfg.cluster == "" { // else every line names the node
		about = append(about, "node", n.cfg.node)
	}
	n.log.Info("serving", about...)
	if n.ready != nil {
		fmt.Fprintf(n.ready, "listen=%s admin=%s\n", n.public.Addr(), admin)
		_ = n.ready.Close()
	}
}
