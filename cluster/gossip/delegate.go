package gossip

import (
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/hashicorp/memberlist"
)

// delegate is what memberlist calls, mostly with its locks held: nothing here
// may call memberlist back or block. Calls can still come for a moment after
// Close.
type delegate struct{ g *Gossip }

var (
	_ memberlist.Delegate         = delegate{}
	_ memberlist.EventDelegate    = delegate{}
	_ memberlist.AliveDelegate    = delegate{}
	_ memberlist.MergeDelegate    = delegate{}
	_ memberlist.ConflictDelegate = delegate{}
)

// NodeMeta returns what this node says of itself.
func (d delegate) NodeMeta(int) []byte { return AppendMeta(nil, d.g.meta()) }

// Nothing is gossiped besides metadata.
func (delegate) NotifyMsg([]byte)                {}
func (delegate) GetBroadcasts(int, int) [][]byte { return nil }
func (delegate) LocalState(bool) []byte          { return nil }
func (delegate) MergeRemoteState([]byte, bool)   {}

// NotifyJoin takes a peer that came, or came back.
func (d delegate) NotifyJoin(n *memberlist.Node) {
	p, err := peerOf(n)
	if err != nil || d.g.closed.Load() {
		return // NotifyAlive let it pass, so it can be read
	}
	if p.Name == d.g.cfg.Name {
		p.Meta = d.g.meta()
	}
	d.g.census.put(p)
	if p.Name == d.g.cfg.Name {
		return
	}
	d.g.metrics.joins.Inc()
	d.g.cfg.Logger.Info("peer is here", "peer", p.Name, "address", p.Address())
}

// NotifyUpdate takes new metadata of a peer that is alive.
func (d delegate) NotifyUpdate(n *memberlist.Node) {
	p, err := peerOf(n)
	if err != nil || d.g.closed.Load() || p.Name == d.g.cfg.Name {
		return // of its own metadata this node knows first
	}
	if _, restarted := d.g.census.put(p); restarted {
		d.g.metrics.joins.Inc()
		d.g.cfg.Logger.Info("peer is here again, restarted", "peer", p.Name, "address", p.Address())
	}
}

// NotifyLeave takes a peer that left or died.
func (d delegate) NotifyLeave(n *memberlist.Node) {
	if d.g.closed.Load() || n.Name == d.g.cfg.Name {
		return
	}
	gone, ok := d.g.census.remove(n.Name, time.Now())
	switch {
	case !ok:
	case gone.Left:
		d.g.metrics.leaves.Inc()
		d.g.cfg.Logger.Info("peer left", "peer", gone.Name, "address", gone.Address())
	default:
		d.g.metrics.deaths.Inc()
		d.g.cfg.Logger.Warn("peer died, or cannot be reached", "peer", gone.Name, "address", gone.Address())
	}
}

// NotifyAlive is asked about every message that says a node is alive. What says
// so of this node's own name is not refused: memberlist itself refutes it, or
// reports the conflict.
func (d delegate) NotifyAlive(n *memberlist.Node) error {
	if n.Name == d.g.cfg.Name {
		return nil
	}
	reason, err := d.g.admit(n)
	if err != nil {
		d.g.lines.refuse(reason, "refused a peer", described(n), err)
	}
	return err
}

// NotifyMerge is asked when another node joins through this one, or the other
// way round, with all that the other one knows. It ends the exchange if nobody
// there would be let in, so that the newcomer learns why; otherwise NotifyAlive
// sorts them out.
func (d delegate) NotifyMerge(nodes []*memberlist.Node) error {
	refused := false
	for _, n := range nodes {
		switch {
		case n.State != memberlist.StateAlive:
		case n.Name == d.g.cfg.Name:
			// If the exchange ends here, memberlist does not look for conflicts.
			if n.Address() != d.g.address {
				d.g.contest(n)
			}
		default:
			reason, err := d.g.admit(n)
			if err == nil {
				return nil
			}
			d.g.lines.refuse(reason, "refused a peer", described(n), err)
			refused = true
		}
	}
	if refused {
		return errNobodyAdmitted
	}
	return nil
}

// NotifyConflict is told that other wants the name of existing.
func (d delegate) NotifyConflict(existing, other *memberlist.Node) {
	if existing.Name == d.g.cfg.Name {
		d.g.contest(other)
		return
	}
	d.g.metrics.conflicts.Inc()
	d.g.lines.tell(slog.LevelWarn, "two nodes use one name", other.Name,
		"address", existing.Address(), "other", other.Address())
}

// admit returns why n is refused, if it is.
func (g *Gossip) admit(n *memberlist.Node) (reason string, err error) {
	p, err := peerOf(n)
	switch {
	case err != nil:
		return reasonMeta, err
	case !g.census.room(p.Name):
		return reasonFull, fmt.Errorf("more than %d peers", maxPeers)
	case g.cfg.Admit == nil:
		return "", nil
	}
	if err := g.cfg.Admit(p); err != nil {
		return reasonAdmit, err
	}
	return "", nil
}

// described names n in a log, whatever it calls itself.
func described(n *memberlist.Node) string {
	return shorten(n.Name, MaxName) + " at " + n.Address()
}

// peerOf copies what n says, because n changes when memberlist wants.
func peerOf(n *memberlist.Node) (Peer, error) {
	if !validName(n.Name) {
		return Peer{}, fmt.Errorf("node name %q: %w", shorten(n.Name, MaxName), ErrMalformed)
	}
	if l := len(n.Addr); n.Port == 0 || l != net.IPv4len && l != net.IPv6len {
		return Peer{}, fmt.Errorf("address %s: %w", n.Address(), ErrMalformed)
	}
	m, err := DecodeMeta(n.Meta)
	if err != nil {
		return Peer{}, err
	}
	return Peer{Name: n.Name, Host: n.Addr.String(), Port: int(n.Port), Meta: m, Since: time.Now()}, nil
}
