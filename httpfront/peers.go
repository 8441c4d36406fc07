package httpfront

import (
	"net"
	"net/netip"
	"strings"

	"github.com/valyala/fasthttp"
)

// client returns the address of whoever made the request, the zero Addr if there
// is none. It is the connection's, unless that is a trusted proxy's: then it is the
// last entry of X-Forwarded-For that no trusted proxy has, which a trusted one
// wrote. What stands before it is hearsay. The Forwarded header is not looked at:
// proxies that set one of the two pass the other on as clients send it.
func (s *Server) client(rq *request) netip.Addr {
	addr := peerAddr(rq.ctx.RemoteAddr())
	if !s.trusts(addr) {
		return addr
	}
	hops := strings.Split(joined(rq.ctx.Request.Header.PeekAll(fasthttp.HeaderXForwardedFor)), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop, ok := parseHop(strings.TrimSpace(hops[i]))
		if !ok {
			break
		}
		if addr = hop; !s.trusts(addr) {
			break
		}
	}
	return addr
}

func (s *Server) trusts(addr netip.Addr) bool {
	for _, prefix := range s.cfg.TrustedProxies {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}

// parseHop reads an entry of X-Forwarded-For, to which some proxies add a port.
func parseHop(text string) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(text)
	if err != nil {
		withPort, err := netip.ParseAddrPort(text)
		if err != nil {
			return netip.Addr{}, false
		}
		addr = withPort.Addr()
	}
	return plain(addr), true
}

// peerAddr returns the IP address of a connection's other end, or the zero Addr.
func peerAddr(peer net.Addr) netip.Addr {
	tcp, ok := peer.(*net.TCPAddr)
	if !ok {
		return netip.Addr{}
	}
	return plain(tcp.AddrPort().Addr())
}

// plain returns the one spelling of an address.
func plain(addr netip.Addr) netip.Addr { return addr.Unmap().WithZone("") }

// network returns what one customer has at least: an IPv4 address, or the first
// 64 bits of an IPv6 address.
func network(addr netip.Addr) netip.Addr {
	if addr.Is6() {
		if prefix, err := addr.Prefix(64); err == nil {
			return prefix.Addr()
		}
	}
	return addr
}

// countedAddr returns the address under which a client's streams are counted.
// Loopback, and clients without an IP, are not counted.
func countedAddr(addr netip.Addr) (netip.Addr, bool) {
	if !addr.IsValid() || addr.IsLoopback() {
		return netip.Addr{}, false
	}
	return network(addr), true
}
