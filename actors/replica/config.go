package replica

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/replication"
)

// Config configures a Set. Start from DefaultConfig and set what has no
// default: Node, Incarnation, Store, Committer, Configs, Send, Contact, Logger.
type Config struct {
	Node        string                 // this node's name in the ring
	Incarnation uint64                 // unique to this process among all there ever were
	Store       persistence.Store      // where copies sleep
	Committer   *persistence.Committer // over Store
	History     int                    // records that Store keeps a room

	// Configs returns the room's home sets, oldest ring first, none while no
	// ring is known. It is called under locks: it must not block, nor call the
	// Set.
	Configs func(persistence.RoomKey) []replication.Config
	// Send carries a message to another node, or loses it. Like Configs it must
	// not block; messages to one node keep their order as a rule.
	Send func(node string, room persistence.RoomKey, m replication.Message)
	// Contact reports whether the node was heard of lately. Like Configs it must
	// not block.
	Contact func(node string) bool

	Tick        time.Duration // between two ticks of a busy core
	Linger      time.Duration // for which a core without work stays in memory
	Patience    time.Duration // for which an owner goes on without a quorum in contact
	Window      int           // records that a core keeps in memory
	WindowBytes int           // and their bytes
	Waiting     int           // messages that may wait for a core to be loaded
	Loading     int           // cores that may be loaded at once

	Logger     *slog.Logger          // required
	Registerer prometheus.Registerer // nil for no metrics
}

// DefaultConfig returns the defaults of everything that has one.
func DefaultConfig() Config {
	return Config{
		Tick: 20 * time.Millisecond, Linger: 30 * time.Second, Patience: 2 * time.Second,
		Window: 1024, WindowBytes: 1 << 20, Waiting: 256, Loading: 64,
	}
}

// Validate reports everything that is wrong with the configuration.
func (c Config) Validate() error {
	var errs []error
	check := func(ok bool, complaint string) {
		if !ok {
			errs = append(errs, fmt.Errorf("replica: %s", complaint))
		}
	}
	check(c.Node != "", "Node is required")
	check(c.Store != nil && c.Committer != nil, "Store and Committer are required")
	check(c.Configs != nil && c.Send != nil && c.Contact != nil, "Configs, Send and Contact are required")
	check(c.Logger != nil, "Logger is required")
	check(c.History >= 1 && c.Window >= c.History, "History must be positive and Window hold it")
	check(c.Tick > 0 && c.Linger > 0 && c.Patience > 0, "Tick, Linger and Patience must be positive")
	check(c.WindowBytes > 0 && c.Waiting > 0 && c.Loading > 0, "WindowBytes, Waiting and Loading must be positive")
	return errors.Join(errs...)
}
