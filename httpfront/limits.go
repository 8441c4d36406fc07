package httpfront

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
)

// limits counts connections and streams. All methods may be called from any
// goroutine.
type limits struct {
	// Static after construction.
	maxConns   int // connections and streams together
	maxStreams int // less than maxConns
	maxPerIP   int
	uncounted  func() // releases a stream that no address is charged for

	conns   atomic.Int64 // open connections that the HTTP server holds
	streams atomic.Int64 // reserved or open streams

	mu    sync.Mutex
	perIP map[netip.Addr]int // streams of each address that has any; guarded by mu
}

func newLimits(maxConns, maxPerIP int) *limits {
	// The sixteenth that streams leave free is for publishes and health checks.
	spare := max(1, maxConns/16)
	l := &limits{
		maxConns:   maxConns,
		maxStreams: max(1, maxConns-spare),
		maxPerIP:   maxPerIP,
		perIP:      make(map[netip.Addr]int),
	}
	l.uncounted = func() { l.streams.Add(-1) }
	return l
}

// full reports whether there is no room for another connection.
func (l *limits) full() bool {
	return l.conns.Load()+l.streams.Load() >= int64(l.maxConns)
}

// reserve makes room for a stream of that peer. The release that it returns has
// to be called once, when the stream has ended. It is kept with every open
// stream, so it holds no more than it must.
func (l *limits) reserve(peer net.Addr) (release func(), err error) {
	if l.streams.Add(1) > int64(l.maxStreams) {
		l.streams.Add(-1)
		return nil, errStreamsTotal
	}
	addr, counted := countedAddr(peer)
	if !counted {
		return l.uncounted, nil
	}
	if !l.take(addr) {
		l.streams.Add(-1)
		return nil, errStreamsIP
	}
	return func() {
		l.give(addr)
		l.streams.Add(-1)
	}, nil
}

func (l *limits) take(addr netip.Addr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.perIP[addr] >= l.maxPerIP {
		return false
	}
	l.perIP[addr]++
	return true
}

func (l *limits) give(addr netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.perIP[addr]--; l.perIP[addr] == 0 {
		delete(l.perIP, addr)
	}
}

// countedAddr returns the address under which a peer's streams are counted: an
// IPv4 address, or the first 64 bits of an IPv6 address, which are what one
// customer gets at least. Loopback, and peers without an IP, are not counted.
func countedAddr(peer net.Addr) (netip.Addr, bool) {
	tcp, ok := peer.(*net.TCPAddr)
	if !ok {
		return netip.Addr{}, false
	}
	addr := tcp.AddrPort().Addr().Unmap().WithZone("")
	if !addr.IsValid() || addr.IsLoopback() {
		return netip.Addr{}, false
	}
	if addr.Is6() {
		prefix, err := addr.Prefix(64)
		return prefix.Addr(), err == nil
	}
	return addr, true
}
