package actors

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/parlor-sse/parlor/actors/fanout"
	"github.com/parlor-sse/parlor/cluster"
	"github.com/parlor-sse/parlor/cluster/remoting"
	"github.com/parlor-sse/parlor/persistence"
)

// What a receipt can say of durability.
const (
	DurabilityFsync        = "fsync"         // survives the death of process and machine, not of the disk
	DurabilityMemory       = "memory"        // survives nothing for certain
	DurabilityQuorumFsync  = "quorum-fsync"  // survives any one of process, machine and disk, on most of the room's home set
	DurabilityQuorumMemory = "quorum-memory" // survives one process, not the machines' power
)

// DefaultEvent is the event name of publications that give none.
const DefaultEvent = "broadcast"

// Config configures a System. Start from DefaultConfig and set what has no
// default: Node, Ring or Cluster, Store and Committer.
type Config struct {
	Node       string                 // this member's name in the ring
	Ring       *cluster.Ring          // who owns what, on a node of its own
	Store      persistence.Store      // where rooms sleep; its history size must be History
	Committer  *persistence.Committer // over Store
	Durability string                 // what a commit means, as receipts name it

	Kinds []Kind // of rooms, besides the default one; all nodes of a cluster have the same

	Cluster     Membership       // who owns what, and who else is there; nil on a node of its own
	Remote      *remoting.Config // how the actors of other nodes are reached; required with Cluster
	Incarnation uint64           // unique to this process among all there ever were; required with Cluster

	Sink      Sink  // gets every message that rooms of kinds that are not private have committed; nil for none
	Hooks     Sink  // gets what happens to such rooms (see HookEvent), as JSON objects; nil for none
	HookJoins bool  // each stream that comes or goes is told to Hooks, and not only the first and the last
	SinkBytes int64 // that may wait for each sink over all rooms awake here; beyond it those that keep most lose their oldest

	History   int           // messages kept a room; 1 to 1000
	Update    time.Duration // between updates to a room's listeners; 0 for none
	Heartbeat time.Duration // silence after which a stream is sent a heartbeat
	Idle      time.Duration // after which a room with nothing to do goes to sleep
	Linger    time.Duration // for which a front stays attached to a room that its last stream left
	Mailbox   int           // messages that may wait for one room

	Slow          fanout.Policy // what becomes of slow streams
	QueueMessages int           // frames that a stream may lag
	QueueBytes    int           // bytes that a stream may lag
	Engine        fanout.Config

	Logger     *slog.Logger          // required
	Registerer prometheus.Registerer // nil for no metrics
}

// DefaultConfig returns the defaults of everything that has one.
func DefaultConfig() Config {
	return Config{
		Durability: DurabilityFsync,
		History:    10, Update: 3 * time.Second, Heartbeat: 15 * time.Second,
		Idle: time.Minute, Linger: 5 * time.Second, Mailbox: 10_000,
		SinkBytes: 256 << 20,
		Slow:      fanout.Close, QueueMessages: 256, QueueBytes: 256 << 10,
		Engine: fanout.DefaultConfig(),
	}
}

// Validate reports everything that is wrong with the configuration.
func (c Config) Validate() error {
	var errs []error
	check := func(ok bool, complaint string) {
		if !ok {
			errs = append(errs, fmt.Errorf("actors: %s", complaint))
		}
	}
	check(c.Node != "", "Node is required")
	check((c.Ring != nil) != (c.Cluster != nil), "either Ring or Cluster is required")
	check(c.Cluster == nil || c.Remote != nil && c.Incarnation != 0, "Cluster wants Remote and Incarnation")
	check(c.Store != nil && c.Committer != nil, "Store and Committer are required")
	check(c.Logger != nil, "Logger is required")
	kinds := []string{DurabilityFsync, DurabilityMemory}
	if c.Cluster != nil {
		kinds = []string{DurabilityQuorumFsync, DurabilityQuorumMemory}
	}
	check(slices.Contains(kinds, c.Durability), "Durability is none of "+strings.Join(kinds, ", "))
	check(c.History >= 1 && c.History <= 1000, "History must be 1 to 1000")
	check(c.Update >= 0, "Update must not be negative")
	check(c.Heartbeat > 0, "Heartbeat must be positive")
	check(c.Idle > 0, "Idle must be positive")
	check(c.Linger >= 0, "Linger must not be negative")
	check(c.Mailbox >= 1, "Mailbox must be at least 1")
	check(c.SinkBytes >= 1<<20, "SinkBytes must be at least 1 MiB")
	check(c.QueueMessages >= 1, "QueueMessages must be at least 1")
	check(c.QueueBytes >= 1<<10, "QueueBytes must be at least 1024")
	seen := make(map[string]bool)
	for _, k := range c.Kinds {
		errs = append(errs, k.validate())
		check(!seen[k.Name], fmt.Sprintf("kind %q is there twice", k.Name))
		seen[k.Name] = true
	}
	errs = append(errs, c.Engine.Validate())
	return errors.Join(errs...)
}
