package httpfront

import (
	"net/netip"
	"sync/atomic"
)

// limits counts connections and streams. All methods may be called from any
// goroutine.
type limits struct {
	// Static after construction.
	maxConns   int // connections and streams together
	maxStreams int // less than maxConns
	perIP      *tally[netip.Addr]
	uncounted  func() // releases a stream that no address is charged for

	conns   atomic.Int64 // open connections that the HTTP server holds
	streams atomic.Int64 // reserved or open streams
}

func newLimits(maxConns, maxPerIP int) *limits {
	// The sixteenth that streams leave free is for publishes and health checks.
	spare := max(1, maxConns/16)
	l := &limits{
		maxConns:   maxConns,
		maxStreams: max(1, maxConns-spare),
		perIP:      newTally[netip.Addr](maxPerIP),
	}
	l.uncounted = func() { l.streams.Add(-1) }
	return l
}

// full reports whether there is no room for another connection.
func (l *limits) full() bool {
	return l.conns.Load()+l.streams.Load() >= int64(l.maxConns)
}

// reserve makes room for a stream of that client. The release that it returns has
// to be called once, when the stream has ended. It is kept with every open
// stream, so it holds no more than it must.
func (l *limits) reserve(client netip.Addr) (release func(), err error) {
	if l.streams.Add(1) > int64(l.maxStreams) {
		l.streams.Add(-1)
		return nil, errStreamsTotal
	}
	addr, counted := countedAddr(client)
	if !counted {
		return l.uncounted, nil
	}
	if !l.perIP.take(addr) {
		l.streams.Add(-1)
		return nil, errStreamsIP
	}
	return func() {
		l.perIP.give(addr)
		l.streams.Add(-1)
	}, nil
}
