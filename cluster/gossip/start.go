package gossip

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"time"

	"github.com/hashicorp/memberlist"
)

const (
	lookupTimeout = 3 * time.Second // for the names in an address

	// maxAwareness bounds how much slower a node probes that finds itself slow,
	// so that it still notices a death within seconds.
	maxAwareness = 4
)

var (
	errBusy = fmt.Errorf("more than %d exchanges at a time", maxStreams)

	errNoAdvertise = errors.New("bound to every IPv6 address, so the one to advertise has to be given")
)

// start listens and lets memberlist run.
func (g *Gossip) start() error {
	ctx, cancel := context.WithTimeout(g.ctx, lookupTimeout)
	defer cancel()
	ip, port, err := resolveBind(ctx, g.cfg.Bind)
	if err != nil {
		return err
	}
	t, err := openTransport(ip, port, g.lines.logger(), func() {
		g.lines.refuse(reasonBusy, "refused an exchange", "", errBusy)
	})
	if err != nil {
		return err
	}
	g.transport = t
	if err := g.create(ctx, ip); err != nil {
		t.Shutdown()
		return err
	}
	return nil
}

// create lets memberlist run over the transport, which is bound to ip.
func (g *Gossip) create(ctx context.Context, ip netip.Addr) error {
	host, port, err := g.advertise(ctx, ip)
	if err != nil {
		return err
	}
	g.address = net.JoinHostPort(host, strconv.Itoa(port))

	mc := g.memberlistConfig()
	mc.BindAddr, mc.BindPort = ip.String(), g.transport.GetAutoBindPort()
	mc.AdvertiseAddr, mc.AdvertisePort = host, port
	mc.Transport = g.transport
	if g.cfg.wrap != nil {
		mc.Transport = g.cfg.wrap(g.transport)
	}
	if g.list, err = memberlist.Create(mc); err != nil {
		return fmt.Errorf("start memberlist: %w", err)
	}
	return nil
}

// advertise returns the IP address and port at which others reach this node,
// which listens at ip.
func (g *Gossip) advertise(ctx context.Context, ip netip.Addr) (host string, port int, err error) {
	if g.cfg.Advertise != "" {
		name, want, _ := splitAddress(g.cfg.Advertise)
		ips, err := resolve(ctx, name)
		if err != nil {
			return "", 0, err
		}
		if host, port = ips[0].String(), want; port == 0 {
			port = g.transport.GetAutoBindPort()
		}
		return host, port, nil
	}
	if ip == netip.IPv6Unspecified() {
		return "", 0, errNoAdvertise
	}
	// For every address of IPv4 this picks a private one of the machine.
	final, port, err := g.transport.FinalAdvertiseAddr("", 0)
	if err != nil {
		return "", 0, fmt.Errorf("find an address to advertise: %w", err)
	}
	return final.String(), port, nil
}

func (g *Gossip) memberlistConfig() *memberlist.Config {
	mc := memberlist.DefaultLANConfig()
	mc.Name = g.cfg.Name
	mc.Label = g.cfg.Label
	mc.Keyring = g.keys.ring
	mc.Logger = g.lines.logger()

	mc.ProbeInterval = g.cfg.ProbeInterval
	mc.ProbeTimeout = g.cfg.ProbeTimeout
	mc.SuspicionMult = g.cfg.SuspicionMult
	mc.SuspicionMaxTimeoutMult = g.cfg.SuspicionMax
	mc.AwarenessMaxMultiplier = maxAwareness
	mc.GossipInterval = g.cfg.GossipInterval
	mc.PushPullInterval = g.cfg.PushPullInterval
	mc.TCPTimeout = g.cfg.StreamTimeout
	mc.DeadNodeReclaimTime = g.cfg.Reclaim
	// What is gossiped is small, and a decompressor is one more thing that a
	// stranger could feed. Compressed messages of others are still understood.
	mc.EnableCompression = false

	d := delegate{g}
	mc.Delegate, mc.Events, mc.Alive, mc.Merge, mc.Conflict = d, d, d, d, d
	return mc
}
