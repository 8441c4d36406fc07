package httpfront

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/parlor-sse/parlor/httpfront/auth"
)

// Config says how a Server behaves. Default fills it; every duration and size
// has to be positive unless its comment gives zero a meaning.
type Config struct {
	// Version and Node appear in GET / and GET /health.
	Version string
	Node    string

	// Origins lists the web origins that browsers may call from, each as
	// "scheme://host[:port]". Empty, or "*" alone, means every origin.
	Origins []string

	// Hosts lists the host names that requests may be addressed to, with or
	// without a port; without one every port will do. Empty means every host.
	// A list protects a server without authentication from DNS rebinding.
	Hosts []string

	HeadTimeout  time.Duration // from a request's first byte to the end of its head
	BodyTimeout  time.Duration // from the end of the head to the end of the body
	IdleTimeout  time.Duration // between two requests on one connection
	WriteTimeout time.Duration // for one answer; streams have their own rules

	MaxHead int // bytes of request line and headers; also the read buffer of a connection
	MaxBody int // bytes of a published object as sent; 64 KiB is the most that rooms take

	// Patience bounds how long a publish waits for its commit, and any other
	// request for its room. What is not known by then is answered as unknown.
	Patience time.Duration

	// RetryMin and RetryMax bound the reconnection time, drawn at random, that
	// a client is told when a stream can't be opened just now. Milliseconds
	// reach the wire.
	RetryMin time.Duration
	RetryMax time.Duration

	// MaxStreamsPerIP bounds the open streams of one IPv4 address or one IPv6
	// /64. Loopback is exempt: it is a local proxy, or the operator.
	MaxStreamsPerIP int

	// TrustedProxies are the addresses of proxies whose X-Forwarded-For is believed.
	// What is counted by address is counted for the one that they name. Every server
	// between them and the clients has to be among them, and nobody else.
	TrustedProxies []netip.Prefix

	// MaxStreamsPerToken bounds the open streams of one token on this node, and
	// MaxStreamsPerRoom those of one room, where zero is no bound.
	MaxStreamsPerToken int
	MaxStreamsPerRoom  int

	// PublishRate is how many requests a second may publish, create rooms or ask
	// for tickets with one token, or from one address without a token, on this node;
	// zero is no bound. PublishBurst of them may come at once; zero is as many as a
	// second allows. RoomPublishRate is how many may publish to one room through this
	// node, and how many of them at once.
	PublishRate     float64
	PublishBurst    int
	RoomPublishRate float64

	// Auth verifies the tokens that clients bring. Without one there are none, and
	// everybody may do everything.
	Auth *auth.Verifier

	// Anonymous says what may be done without a token. It is AnonymousAll without
	// Auth.
	Anonymous Anonymous

	// OnePerUser has a user's older streams end when a new one is opened, wherever
	// in the cluster. The user is the subject of the stream's token.
	OnePerUser bool

	// Tickets gives out tickets in exchange for tokens and takes them for streams.
	// Without it, or without Auth, there are none.
	Tickets Tickets

	// MaxConnections bounds open connections, streams included. Zero derives it
	// from the process's descriptor limit, leaving room for files and peers.
	// Beyond it connections are closed as soon as they are accepted. Some are
	// kept back from streams, so that publishing and health checks go on when
	// no more streams are taken.
	MaxConnections int

	// Routes are answered besides Parlor's own. New reports those that can't be.
	Routes []Route

	// Kafka tells how the node stands with Kafka; nil for a node that has nothing
	// to do with it. It may be called from any goroutine and must not block.
	Kafka func() KafkaStatus

	// Logger gets what an operator should know; nil discards it. Neither URLs'
	// queries nor bodies are ever logged.
	Logger *slog.Logger

	// Registry gets the server's metrics; nil keeps them unseen.
	Registry prometheus.Registerer
}

// Default returns the configuration of a server with every limit at its usual
// value.
func Default() Config {
	return Config{
		Version:         "dev",
		HeadTimeout:     5 * time.Second,
		BodyTimeout:     10 * time.Second,
		IdleTimeout:     30 * time.Second,
		WriteTimeout:    10 * time.Second,
		MaxHead:         8 << 10,
		MaxBody:         64 << 10,
		Patience:        10 * time.Second,
		RetryMin:        time.Second,
		RetryMax:        5 * time.Second,
		MaxStreamsPerIP: 1000,

		MaxStreamsPerToken: 100,
	}
}

// Validate returns all complaints about the configuration, joined, or nil.
func (c Config) Validate() error {
	var bad []error
	positive := func(name string, ok bool) {
		if !ok {
			bad = append(bad, fmt.Errorf("config: %s must be positive", name))
		}
	}
	positive("HeadTimeout", c.HeadTimeout > 0)
	positive("BodyTimeout", c.BodyTimeout > 0)
	positive("IdleTimeout", c.IdleTimeout > 0)
	positive("WriteTimeout", c.WriteTimeout > 0)
	positive("MaxHead", c.MaxHead > 0)
	positive("MaxBody", c.MaxBody > 0)
	positive("Patience", c.Patience > 0)
	positive("MaxStreamsPerIP", c.MaxStreamsPerIP > 0)
	positive("MaxStreamsPerToken", c.MaxStreamsPerToken > 0)
	bad = append(bad, c.checkBounds()...)
	if c.RetryMin < time.Millisecond || c.RetryMax < c.RetryMin {
		bad = append(bad, errors.New("config: RetryMin must be at least 1ms and RetryMax not less than it"))
	}
	for _, o := range c.Origins {
		if err := checkOrigin(o, len(c.Origins)); err != nil {
			bad = append(bad, err)
		}
	}
	for _, h := range c.Hosts {
		if h == "" || strings.ContainsAny(h, "/@ \t") {
			bad = append(bad, fmt.Errorf("config: Hosts: %q is not a host name", h))
		}
	}
	return errors.Join(bad...)
}

// checkBounds returns the complaints about what may be zero.
func (c Config) checkBounds() []error {
	var bad []error
	for name, n := range map[string]float64{
		"MaxConnections": float64(c.MaxConnections), "MaxStreamsPerRoom": float64(c.MaxStreamsPerRoom),
		"PublishRate": c.PublishRate, "PublishBurst": float64(c.PublishBurst), "RoomPublishRate": c.RoomPublishRate,
	} {
		if !(n >= 0) || math.IsInf(n, 0) {
			bad = append(bad, fmt.Errorf("config: %s must not be negative, nor without end", name))
		}
	}
	if c.Anonymous > AnonymousAll {
		bad = append(bad, fmt.Errorf("config: Anonymous is %d, not one of the constants", c.Anonymous))
	}
	for _, p := range c.TrustedProxies {
		if !p.IsValid() {
			bad = append(bad, errors.New("config: TrustedProxies: one is no network"))
		}
	}
	return bad
}

// checkOrigin accepts what a browser would send as Origin, and "*" if it is the
// only entry. "null" is refused: any sandboxed page sends it.
func checkOrigin(o string, entries int) error {
	if o == anyOrigin {
		if entries > 1 {
			return errors.New("config: Origins: \"*\" must stand alone")
		}
		return nil
	}
	u, err := url.Parse(o)
	if err != nil || u.Host == "" || u.Scheme+"://"+u.Host != o || strings.ToLower(o) != o {
		return fmt.Errorf("config: Origins: %q is not of the form scheme://host[:port] in lower case", o)
	}
	return nil
}
