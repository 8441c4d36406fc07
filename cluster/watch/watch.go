// Package watch proves that a process has crashed. When a process dies, its
// machine answers for it: it refuses every new connection, within a round trip.
// That is proof within milliseconds where probing needs a second. A machine
// that died or cannot be reached refuses nothing; for that there is no proof,
// only gossip's suspicion.
package watch

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// Defaults of a Prober.
const (
	DefaultWindow   = 100 * time.Millisecond
	DefaultInterval = 15 * time.Millisecond
)

// refusals is how many dials in a row have to be refused. One alone may meet a
// process that is just opening its port.
const refusals = 2

// Prober looks whether a process still listens. The zero value is ready for
// use, and Confirm may be called from any goroutine.
type Prober struct {
	Window   time.Duration // for all dials together; 0 for DefaultWindow
	Interval time.Duration // from one dial to the next; 0 for DefaultInterval

	// Dial connects; nil for a net.Dialer's DialContext.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Confirm reports whether the process that listened at address has crashed: it
// returns true when two dials in a row were refused and none before succeeded,
// false at the first success, when the window is over, or when ctx ends. So
// true is proof and false says nothing.
//
// The address must be an IP address and port, at which the process itself
// listens: what stands between, as a proxy or a firewall that rejects, may
// refuse in its place. A process that accepts must bear to be dialled and hung
// up on.
func (p Prober) Confirm(ctx context.Context, address string) (crashed bool) {
	if _, err := netip.ParseAddrPort(address); err != nil {
		return false // a name may have several addresses, and only some of them refuse
	}
	ctx, cancel := context.WithTimeout(ctx, positive(p.Window, DefaultWindow))
	defer cancel()
	tick := time.NewTicker(positive(p.Interval, DefaultInterval))
	defer tick.Stop()
	for refused := 0; ; {
		conn, err := p.dial(ctx, address)
		switch {
		case err == nil:
			conn.Close()
			return false
		case errors.Is(err, syscall.ECONNREFUSED):
			refused++
		default:
			refused = 0
		}
		if refused == refusals {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
}

func (p Prober) dial(ctx context.Context, address string) (net.Conn, error) {
	if p.Dial != nil {
		return p.Dial(ctx, "tcp", address)
	}
	var d net.Dialer
	return d.DialContext(ctx, "tcp", address)
}

func positive(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}
