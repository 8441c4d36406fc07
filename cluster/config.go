package cluster

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Credentials are this node's certificate and the authority it trusts. They
// are safe for concurrent use.
type Credentials interface {
	// Server demands a certificate of the same authority from whoever dials.
	Server() *tls.Config
	// Client accepts only the certificate of the peer of that name; the name is
	// empty if it is not known yet, and then any node's will do.
	Client(peer string) *tls.Config
}

// Config says who this node is and whom it asks.
type Config struct {
	Node        string // name, unique in the cluster
	Life        uint64 // of its store of rooms; changes when the disk may have lost something
	Incarnation uint64 // of the process, unique among all there ever were; later ones are higher

	// Bind is the host:port of gossip. Agreement and control listen on the next
	// port; the one after it is for the actors, which the caller opens.
	Bind      string
	Advertise string   // host or host:port (of gossip) by which others reach this node; empty: Bind
	Join      []string // host:port of others' gossip, asked again and again
	Expect    int      // nodes that form a cluster that does not exist yet, 1..64; zero: 1

	Roles    []Role
	Replicas int // copies of a room, 1..7; the same on all nodes; zero: 3
	History  int // messages a room keeps; the same on all nodes

	Dir  string      // where the agreement is kept, created if missing; the caller's data directory
	Name string      // label of the cluster: nodes of another one are not heard; empty: parlor
	Keys [][]byte    // that encrypt gossip, the first for sending; none: plain text
	TLS  Credentials // nil: agreement and control in plain text
	HTTP string      // where the node serves clients, told to operators

	// DeadAfter is how long a node has been dead to gossip before the ring is
	// changed without it. Zero: 1 s.
	DeadAfter time.Duration
	// GoneAfter is how long a removed node stays away before its disk counts
	// as lost. Zero: 10 min.
	GoneAfter time.Duration

	Logger     *slog.Logger          // nil: none
	Registerer prometheus.Registerer // nil: no metrics
}

// Limits of a Config.
const (
	MaxExpect   = 64
	MaxReplicas = 7
	MaxJoin     = 64
	MaxPort     = 65533 // of Bind: two ports follow it
)

// DefaultConfig returns the settings of a node that has yet to be named.
func DefaultConfig() Config {
	return Config{
		Expect:    1,
		Roles:     []Role{RoleFront, RoleRoom},
		Replicas:  3,
		History:   10,
		Name:      "parlor",
		DeadAfter: time.Second,
		GoneAfter: 10 * time.Minute,
	}
}

// withDefaults fills in zero values.
func (c Config) withDefaults() Config {
	d := DefaultConfig()
	c.Expect = orDefault(c.Expect, d.Expect)
	c.Replicas = orDefault(c.Replicas, d.Replicas)
	c.Name = orDefault(c.Name, d.Name)
	c.DeadAfter = orDefault(c.DeadAfter, d.DeadAfter)
	c.GoneAfter = orDefault(c.GoneAfter, d.GoneAfter)
	if len(c.Roles) == 0 {
		c.Roles = d.Roles
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

func orDefault[T comparable](v, d T) T {
	var zero T
	if v == zero {
		return d
	}
	return v
}

// Validate returns all that is wrong with the settings.
func (c Config) Validate() error {
	var errs []error
	complain := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	complain(c.Node == "" || len(c.Node) > 128, "node %q: between 1 and 128 bytes", c.Node)
	complain(c.Incarnation == 0, "incarnation 0: every process needs its own")
	complain(c.Expect < 0 || c.Expect > MaxExpect, "expect %d: between 1 and %d", c.Expect, MaxExpect)
	complain(c.Replicas < 0 || c.Replicas > MaxReplicas, "replicas %d: between 1 and %d", c.Replicas, MaxReplicas)
	complain(c.History < 0 || c.History > 1<<16-1, "history %d: between 0 and %d", c.History, 1<<16-1)
	complain(c.Dir == "", "dir is empty")
	complain(c.DeadAfter < 0, "dead after %v", c.DeadAfter)
	complain(c.GoneAfter < 0, "gone after %v", c.GoneAfter)
	for _, r := range c.Roles {
		complain(r != RoleFront && r != RoleRoom, "role %q: front or room", r)
	}
	if _, port, err := splitAddress(c.Bind); err != nil {
		errs = append(errs, fmt.Errorf("bind: %w", err))
	} else {
		complain(port < 1 || port > MaxPort, "bind %s: port between 1 and %d", c.Bind, MaxPort)
	}
	complain(len(c.Join) > MaxJoin, "join: %d addresses, at most %d", len(c.Join), MaxJoin)
	for _, j := range c.Join {
		if _, _, err := splitAddress(j); err != nil {
			errs = append(errs, fmt.Errorf("join: %w", err))
		}
	}
	return errors.Join(errs...)
}

func splitAddress(hostport string) (host string, port int, err error) {
	host, p, err := net.SplitHostPort(hostport)
	if err != nil {
		return "", 0, err
	}
	n, err := strconv.ParseUint(p, 10, 16)
	if err != nil {
		return "", 0, fmt.Errorf("address %s: port is no number", hostport)
	}
	return host, int(n), nil
}
