package remoting

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

// Config says where a node is reached and whom it talks to.
type Config struct {
	// Bind is the host:port to listen on. Port 0 takes a free one.
	Bind string
	// Advertise is the host:port by which other nodes reach this one, exactly as
	// their Node function will be asked for it. Empty: Bind, with the port that
	// was taken. Port 0: the port that was taken.
	Advertise string

	// Server and Client are the two ends of mutual TLS 1.3. Server has to demand
	// a certificate and to verify it. Client is called for each connection with
	// the name of the node that is dialled. Both nil: plain text and no names,
	// for loopback alone; that is for the caller to see to.
	Server *tls.Config
	Client func(peer string) *tls.Config
	// Node returns who should be at an address, or false for an address that is
	// nobody's; nobody else is talked to. Required with TLS, else not used. May
	// be called from any goroutine and must not block.
	Node func(address string) (name string, ok bool)
	// Allow reports whether the node of a certificate may send here; it is asked
	// once for each stream. nil: every node with a certificate. May be called from
	// any goroutine and must not block.
	Allow func(name string) bool

	// Targets are the processes to which other nodes may send. Reply futures are
	// always among them.
	Targets []string

	// MaxMessage bounds one message of gRPC in both directions, in bytes: 1 MiB to
	// 1 GiB; 0 means 256 MiB. A quarter of it bounds what waits for one node, and
	// thus every message of the caller's. It must be the same on all nodes.
	MaxMessage int
	// MaxQueue bounds the messages that wait for one node: 1 to 1 << 20; 0 means
	// 65,536.
	MaxQueue int
	// DialTimeout bounds how long a node may take to be connected to, 10 ms to one
	// minute; 0 means 2 s.
	DialTimeout time.Duration

	Logger     *slog.Logger          // nil: none
	Registerer prometheus.Registerer // nil: metrics are not registered
}

// DefaultConfig returns the settings of a node on loopback.
func DefaultConfig() Config {
	return Config{
		Bind:        "127.0.0.1:0",
		MaxMessage:  256 << 20,
		MaxQueue:    1 << 16,
		DialTimeout: 2 * time.Second,
	}
}

// withDefaults fills in zero values.
func (c Config) withDefaults() Config {
	d := DefaultConfig()
	if c.MaxMessage == 0 {
		c.MaxMessage = d.MaxMessage
	}
	if c.MaxQueue == 0 {
		c.MaxQueue = d.MaxQueue
	}
	if c.DialTimeout == 0 {
		c.DialTimeout = d.DialTimeout
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// Validate returns all complaints about the settings, joined, or nil. Zero
// values that have a default are valid.
func (c Config) Validate() error {
	c = c.withDefaults()
	var all []error
	complain := func(format string, args ...any) { all = append(all, fmt.Errorf(format, args...)) }
	if _, _, err := splitAddress(c.Bind); err != nil {
		complain("bind: %w", err)
	}
	if host, _, err := splitAddress(c.Advertise); c.Advertise != "" && (err != nil || host == "") {
		complain("advertise: %q is no host:port that others could reach", c.Advertise)
	}
	if host, _, err := splitAddress(c.Bind); c.Advertise == "" && err == nil && wildcard(host) {
		complain("advertise: %q is nothing that others could reach", c.Bind)
	}
	switch {
	case (c.Server == nil) != (c.Client == nil):
		complain("TLS: one end has settings and the other has none")
	case c.Server != nil && !demandsCertificates(c.Server):
		complain("TLS: the server does not verify whom it talks to")
	case c.Server != nil && c.Node == nil:
		complain("TLS: nobody says whose certificate to expect at an address")
	}
	if c.MaxMessage < 1<<20 || c.MaxMessage > 1<<30 {
		complain("message of at most %d bytes: not within 1 MiB to 1 GiB", c.MaxMessage)
	}
	if c.MaxQueue < 1 || c.MaxQueue > 1<<20 {
		complain("queue of %d messages: not within 1 to %d", c.MaxQueue, 1<<20)
	}
	if c.DialTimeout < 10*time.Millisecond || c.DialTimeout > time.Minute {
		complain("dial timeout of %v: not within 10 ms to one minute", c.DialTimeout)
	}
	return errors.Join(all...)
}

// demandsCertificates reports whether a listener of these settings lets nobody
// in whom nobody verified.
func demandsCertificates(c *tls.Config) bool {
	return c.ClientAuth == tls.RequireAndVerifyClientCert ||
		c.ClientAuth == tls.RequireAnyClientCert && (c.VerifyConnection != nil || c.VerifyPeerCertificate != nil)
}

// splitAddress returns the halves of a host:port.
func splitAddress(address string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, err
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return "", 0, fmt.Errorf("address %q: port: %w", address, err)
	}
	return host, int(n), nil
}

// wildcard reports whether a host to listen on means every interface.
func wildcard(host string) bool {
	ip := net.ParseIP(host)
	return host == "" || ip != nil && ip.IsUnspecified()
}

// maxWaiting is how many bytes may wait for one node, and thus the largest
// letter: with its names it fits into a message of gRPC.
func (c *Config) maxWaiting() int { return c.MaxMessage / 4 }
