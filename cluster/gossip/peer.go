package gossip

import (
	"net"
	"strconv"
	"time"
)

// Peer is a node as others see it.
type Peer struct {
	Name  string
	Host  string // IP address
	Port  int    // of gossip
	Meta  Meta
	Since time.Time // when this node first saw it alive in its present incarnation (Meta.Started)
}

// Address returns the host:port of the peer's gossip.
func (p Peer) Address() string {
	return net.JoinHostPort(p.Host, strconv.Itoa(p.Port))
}

// Departed is a peer that is gone.
type Departed struct {
	Peer
	At   time.Time // when this node learned of it
	Left bool      // it took its leave; otherwise it died, or cannot be reached
}
