package gossip

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/hashicorp/memberlist"
	"github.com/prometheus/client_golang/prometheus"
)

// Limits of a Config.
const (
	MaxName  = 128 // bytes of a node's name
	MaxSeeds = 64  // addresses in Join
	MaxKeys  = 16  // keys in use at a time
)

// Config configures a Gossip. Name, Bind, Meta.Started and Logger are
// required; what is zero besides has the value of DefaultConfig.
type Config struct {
	Name      string   // of this node, unique in the cluster; printable, at most MaxName bytes
	Bind      string   // host:port to listen on, UDP and TCP; port 0 picks one that is free in both
	Advertise string   // host:port at which others reach this node; empty for Bind, port 0 for the one picked
	Join      []string // host:port of nodes asked at the start and from time to time; at most MaxSeeds
	Label     string   // of the cluster; what comes with another one is dropped; at most 255 bytes
	Keys      [][]byte // of 16, 24 or 32 bytes; the first encrypts, all decrypt; none for plain gossip
	Meta      Meta     // what this node says of itself, until SetMeta

	// Admit is asked about every peer that wants in, again with each of its
	// messages; its error, one sentence, keeps the peer out. What a peer that is
	// in says is then no longer taken, and it stays, as it was, until it dies.
	// Admit is called with memberlist's locks held, so it must not block; of
	// Gossip it may call Peers, Gone and SetMeta. Nil admits everybody.
	Admit func(Peer) error

	RejoinEvery time.Duration // between two rounds of asking Join, jittered; default 2 s

	// A peer that does not answer a probe, directly or through others, is
	// suspected, and is dead when it has not refuted that in SuspicionMult
	// probe intervals (times the decimal logarithm of the cluster's size, if
	// that is above 1), or up to SuspicionMax times as long while others do not
	// confirm it. By the defaults a dead peer is noticed within about a second
	// and a half, and a pause of 0.7 s is forgiven.
	ProbeInterval time.Duration // default 200 ms
	ProbeTimeout  time.Duration // less than ProbeInterval; default 100 ms
	SuspicionMult int           // 2 to 10; default 3
	SuspicionMax  int           // 1 to 10; default 2

	GossipInterval   time.Duration // between packets of news; default 50 ms
	PushPullInterval time.Duration // between full exchanges with one other node; default 5 s
	StreamTimeout    time.Duration // of a TCP exchange; default 1.5 s
	Reclaim          time.Duration // after its death, when a name may come back at another address; default 500 ms

	Logger     *slog.Logger          // required
	Registerer prometheus.Registerer // nil for no metrics

	// wrap is for tests that cut the network.
	wrap func(memberlist.NodeAwareTransport) memberlist.NodeAwareTransport
}

// DefaultConfig returns the defaults of everything that has one.
func DefaultConfig() Config { return Config{}.withDefaults() }

func (c Config) withDefaults() Config {
	fill(&c.RejoinEvery, 2*time.Second)
	fill(&c.ProbeInterval, 200*time.Millisecond)
	fill(&c.ProbeTimeout, 100*time.Millisecond)
	fill(&c.SuspicionMult, 3)
	fill(&c.SuspicionMax, 2)
	fill(&c.GossipInterval, 50*time.Millisecond)
	fill(&c.PushPullInterval, 5*time.Second)
	fill(&c.StreamTimeout, 1500*time.Millisecond)
	fill(&c.Reclaim, 500*time.Millisecond)
	return c
}

func fill[T comparable](value *T, otherwise T) {
	var zero T
	if *value == zero {
		*value = otherwise
	}
}

// Validate reports everything that is wrong with the configuration.
func (c Config) Validate() error {
	var errs []error
	check := func(ok bool, complaint string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf("gossip: "+complaint, args...))
		}
	}
	c = c.withDefaults()
	check(validName(c.Name), "Name must be 1 to %d printable bytes", MaxName)
	check(c.Logger != nil, "Logger is required")
	check(len(c.Label) <= memberlist.LabelMaxSize, "Label must be at most %d bytes", memberlist.LabelMaxSize)
	check(c.Meta.Started != 0, "Meta.Started is required")
	if err := c.Meta.check(); err != nil {
		errs = append(errs, fmt.Errorf("gossip: Meta: %w", err))
	}
	check(len(c.Keys) <= MaxKeys, "Keys must be at most %d", MaxKeys)
	check(!slices.ContainsFunc(c.Keys, func(k []byte) bool { return memberlist.ValidateKey(k) != nil }),
		"every one of Keys must be 16, 24 or 32 bytes")
	errs = append(errs, c.validateAddresses(), c.validateTimes())
	return errors.Join(errs...)
}

func (c Config) validateAddresses() error {
	var errs []error
	check := func(what, address string, valid bool) {
		if !valid {
			errs = append(errs, fmt.Errorf("gossip: %s %q must be host:port", what, address))
		}
	}
	_, _, ok := splitAddress(c.Bind)
	check("Bind", c.Bind, ok)
	if c.Advertise != "" {
		host, _, ok := splitAddress(c.Advertise)
		check("Advertise", c.Advertise, ok && host != "")
	}
	if len(c.Join) > MaxSeeds {
		errs = append(errs, fmt.Errorf("gossip: Join must be at most %d addresses", MaxSeeds))
	}
	for _, seed := range c.Join {
		host, port, ok := splitAddress(seed)
		check("Join", seed, ok && host != "" && port != 0)
	}
	return errors.Join(errs...)
}

func (c Config) validateTimes() error {
	var errs []error
	check := func(ok bool, complaint string) {
		if !ok {
			errs = append(errs, fmt.Errorf("gossip: %s", complaint))
		}
	}
	check(c.RejoinEvery > 0, "RejoinEvery must be positive")
	check(c.ProbeTimeout > 0 && c.ProbeTimeout < c.ProbeInterval, "ProbeTimeout must be positive and less than ProbeInterval")
	check(c.SuspicionMult >= 2 && c.SuspicionMult <= 10, "SuspicionMult must be 2 to 10")
	check(c.SuspicionMax >= 1 && c.SuspicionMax <= 10, "SuspicionMax must be 1 to 10")
	check(c.GossipInterval > 0, "GossipInterval must be positive")
	check(c.PushPullInterval > 0, "PushPullInterval must be positive")
	check(c.StreamTimeout > 0, "StreamTimeout must be positive")
	check(c.Reclaim > 0, "Reclaim must be positive")
	return errors.Join(errs...)
}

func validName(name string) bool {
	return name != "" && len(name) <= MaxName && printable(name)
}

// splitAddress splits host:port, of which the host may be empty.
func splitAddress(address string) (host string, port int, ok bool) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, false
	}
	n, err := strconv.ParseUint(text, 10, 16)
	return host, int(n), err == nil
}
