package remoting

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"

	"google.golang.org/grpc/credentials"

	"github.com/parlor-sse/parlor/cluster/certs"
)

// nodeCredentials are TLS between nodes. gRPC dials an address and would want a
// certificate for it; here it has to be the certificate of the node that is
// known to be at the address.
type nodeCredentials struct {
	// Static after construction.
	server  credentials.TransportCredentials
	client  func(peer string) *tls.Config
	node    func(address string) (name string, ok bool)
	metrics *metrics
}

func newNodeCredentials(cfg *Config, m *metrics) *nodeCredentials {
	return &nodeCredentials{
		server: credentials.NewTLS(only13(cfg.Server)), client: cfg.Client, node: cfg.Node, metrics: m,
	}
}

// only13 returns the settings without the versions before TLS 1.3.
func only13(c *tls.Config) *tls.Config {
	c = c.Clone()
	c.MinVersion, c.MaxVersion = tls.VersionTLS13, tls.VersionTLS13
	return c
}

// ClientHandshake implements credentials.TransportCredentials.
func (c *nodeCredentials) ClientHandshake(ctx context.Context, address string, conn net.Conn) (net.Conn, credentials.AuthInfo, error) {
	want, ok := c.node(address)
	if !ok {
		return nil, nil, fmt.Errorf("handshake with %q: %w", address, errStranger)
	}
	secure, info, err := credentials.NewTLS(only13(c.client(want))).ClientHandshake(ctx, address, conn)
	if err != nil {
		return nil, nil, err
	}
	if name, err := nameIn(info); err != nil || name != want {
		_ = secure.Close()
		return nil, nil, fmt.Errorf("handshake with %q: node %q is there, not %q: %w", address, name, want, errStranger)
	}
	return secure, info, nil
}

// ServerHandshake implements credentials.TransportCredentials.
func (c *nodeCredentials) ServerHandshake(conn net.Conn) (net.Conn, credentials.AuthInfo, error) {
	secure, info, err := c.server.ServerHandshake(conn)
	if err != nil {
		c.metrics.refuse(refusedHandshake)
	}
	return secure, info, err
}

// Info implements credentials.TransportCredentials.
func (c *nodeCredentials) Info() credentials.ProtocolInfo { return c.server.Info() }

// Clone implements credentials.TransportCredentials.
func (c *nodeCredentials) Clone() credentials.TransportCredentials { return c }

// OverrideServerName implements credentials.TransportCredentials. The name is
// the node's and not to be overridden.
func (c *nodeCredentials) OverrideServerName(string) error { return nil }

// nameIn returns the name of the node that a handshake was with.
func nameIn(info credentials.AuthInfo) (string, error) {
	t, ok := info.(credentials.TLSInfo)
	if !ok {
		return "", errStranger
	}
	return certs.PeerName(t.State)
}
