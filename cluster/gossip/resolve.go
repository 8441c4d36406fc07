package gossip

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
)

// maxResolved bounds the addresses taken from one name.
const maxResolved = 64

// resolve returns the IP addresses of host, at most maxResolved, IPv4 first.
// Memberlist takes addresses only, and would bind to every interface for a name
// that it cannot parse.
func resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		if ip.Zone() != "" {
			return nil, fmt.Errorf("address %s: addresses of one link cannot be gossiped", host)
		}
		return []netip.Addr{ip.Unmap()}, nil
	}
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, fmt.Errorf("look up host: %w", err)
	}
	var four, six []netip.Addr
	for _, ip := range found {
		switch ip = ip.Unmap(); {
		case ip.Is4():
			four = append(four, ip)
		case ip.Zone() == "":
			six = append(six, ip)
		}
	}
	all := append(four, six...)
	if len(all) == 0 {
		return nil, fmt.Errorf("look up host %s: no addresses", host)
	}
	return all[:min(len(all), maxResolved)], nil
}

// resolveBind returns the address to listen on; an empty host is every IPv4
// address.
func resolveBind(ctx context.Context, bind string) (netip.Addr, int, error) {
	host, port, _ := splitAddress(bind)
	if host == "" {
		return netip.IPv4Unspecified(), port, nil
	}
	ips, err := resolve(ctx, host)
	if err != nil {
		return netip.Addr{}, 0, err
	}
	return ips[0], port, nil
}

// resolveSeed returns the host:port of every address behind seed.
func resolveSeed(ctx context.Context, seed string) ([]string, error) {
	host, port, _ := splitAddress(seed)
	ips, err := resolve(ctx, host)
	if err != nil {
		return nil, err
	}
	addresses := make([]string, len(ips))
	for i, ip := range ips {
		addresses[i] = net.JoinHostPort(ip.String(), strconv.Itoa(port))
	}
	return addresses, nil
}
