package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/parlor-sse/parlor/cluster/agree"
	"github.com/parlor-sse/parlor/cluster/control"
	"github.com/parlor-sse/parlor/cluster/form"
	"github.com/parlor-sse/parlor/cluster/gossip"
	"github.com/parlor-sse/parlor/cluster/watch"
)

// Cluster is this node's part in the agreement on the ring. Its methods may be
// called from any goroutine.
type Cluster struct {
	// Static after Open.
	cfg     Config
	hosts   hosts // where others reach this node
	log     *slog.Logger
	metrics *metrics
	record  *form.Record
	port    *control.Port
	node    *agree.Node
	gossip  *gossip.Gossip
	prober  watch.Prober
	opened  chan struct{} // closed when all of the above are set
	ctx     context.Context
	cancel  context.CancelFunc
	work    sync.WaitGroup

	tracker   *tracker
	published *published
	inbox     *inbox   // reports for the leader, if that is this node
	outbox    *outbox  // reports of this node
	crashes   *crashes // proven and suspected
	directory atomic.Pointer[directory]

	failed    chan error    // holds the one error of Failed
	confirmed chan struct{} // closed when a leader has confirmed the view
	wakeLead  chan struct{} // holds a token while the leader may have something to do
	leaving   atomic.Bool
	closing   sync.Once
	closed    error // of closing
}

// Where things lie below Config.Dir.
const (
	folder     = "raft"
	recordFile = "standing.json" // which cluster the node belongs to
	ringFile   = "ring.json"     // the newest document that was published
)

// farewell bounds how long Close waits until the others were told.
const farewell = 500 * time.Millisecond

// Open starts gossip and the agreement and returns at once, before a ring is
// known; unless the node knew one before it was restarted, which then is the
// first View.
func Open(cfg Config) (*Cluster, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("open cluster: %w", err)
	}
	cfg = cfg.withDefaults()
	c := &Cluster{
		cfg:       cfg,
		log:       cfg.Logger,
		opened:    make(chan struct{}),
		tracker:   newTracker(time.Now()),
		inbox:     newInbox(),
		outbox:    newOutbox(),
		crashes:   newCrashes(),
		failed:    make(chan error, 1),
		confirmed: make(chan struct{}),
		wakeLead:  make(chan struct{}, 1),
	}
	c.directory.Store(&directory{})
	c.ctx, c.cancel = context.WithCancel(context.Background())
	if err := c.open(); err != nil {
		c.Close()
		return nil, fmt.Errorf("open cluster: %w", err)
	}
	return c, nil
}

// open goes from the disk to the network. What it opened before an error is
// closed by Close.
func (c *Cluster) open() (err error) {
	dir := filepath.Join(c.cfg.Dir, folder)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if c.hosts, err = findHosts(c.cfg); err != nil {
		return err
	}
	if c.record, err = form.OpenRecord(filepath.Join(dir, recordFile), c.cfg.Node); err != nil {
		return err
	}
	if c.published, err = openPublished(filepath.Join(dir, ringFile)); err != nil {
		return err
	}
	if err := c.checkSettings(c.published.document()); err != nil {
		return err
	}
	if c.metrics, err = newMetrics(c.cfg.Registerer, c); err != nil {
		return err
	}
	if err := c.openPort(); err != nil {
		return err
	}
	c.node, err = agree.Open(agree.Config{
		Name: c.cfg.Node, Dir: dir, Port: c.port, Address: c.controlOf, Broken: c.fail, Logger: c.log,
	})
	if err != nil {
		return err
	}
	c.gossip, err = gossip.Open(gossip.Config{
		Name: c.cfg.Node, Bind: c.cfg.Bind, Advertise: c.hosts.gossip, Join: c.cfg.Join,
		Label: c.cfg.Name, Keys: c.cfg.Keys, Meta: c.meta(), Admit: c.admit,
		Logger: c.log, Registerer: c.cfg.Registerer,
	})
	if err != nil {
		return err
	}
	c.look()
	close(c.opened)
	for _, run := range []func(){
		c.follow, c.publish, c.form, c.greet, c.confirm, c.lead, c.survey, c.report, c.prove, c.hold, c.watchName,
	} {
		c.work.Go(run)
	}
	return nil
}

// Failed yields one error if the node has to stop: another node has its name,
// it belongs to another cluster or has other settings, its disk is broken. The
// error is one sentence for an operator.
func (c *Cluster) Failed() <-chan error { return c.failed }

// fail reports the error, if it is the first.
func (c *Cluster) fail(err error) {
	select {
	case c.failed <- err:
		c.log.Error("this node can not be part of the cluster", "error", err)
	default:
	}
}

// watchName fails the node when its name is another's.
func (c *Cluster) watchName() {
	select {
	case err := <-c.gossip.Conflict():
		c.metrics.refused.WithLabelValues("name").Inc()
		c.fail(err)
	case <-c.ctx.Done():
	}
}

// Close ends this node's part and waits for all its goroutines. To the others
// that is a crash, unless Leave was called before: then they are told. The ring
// does not change but by what they make of it.
func (c *Cluster) Close() error {
	c.closing.Do(func() {
		var errs []error
		if c.leaving.Load() && c.gossip != nil {
			if err := c.gossip.Leave(farewell); err != nil {
				// To those who have not heard it this is a crash, which they notice.
				c.log.Debug("the others may not have heard the farewell", "error", err)
			}
		}
		c.cancel()
		if c.node != nil { // closes the port as well
			errs = append(errs, c.node.Close())
		} else if c.port != nil {
			errs = append(errs, c.port.Close())
		}
		if c.gossip != nil {
			errs = append(errs, c.gossip.Close())
		}
		c.work.Wait()
		if c.metrics != nil {
			c.metrics.set.Unregister()
		}
		c.closed = errors.Join(errs...)
	})
	return c.closed
}

// pause waits for d and reports whether the node goes on.
func (c *Cluster) pause(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-c.ctx.Done():
		return false
	}
}

// wake gives a channel of one token its token.
func wake(ch chan<- struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}
