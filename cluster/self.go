package cluster

import (
	"fmt"
	"net"
	"strconv"

	"github.com/parlor-sse/parlor/cluster/agree"
	"github.com/parlor-sse/parlor/cluster/gossip"
)

// hosts says where others reach this node.
type hosts struct {
	gossip  string // host:port
	control string // host:port to listen on; the port after that of gossip
	ports   struct{ control, actors uint16 }
}

func findHosts(cfg Config) (hosts, error) {
	var h hosts
	host, port, err := splitAddress(cfg.Bind)
	if err != nil {
		return h, fmt.Errorf("bind: %w", err)
	}
	h.control = net.JoinHostPort(host, strconv.Itoa(port+1))
	if cfg.Advertise != "" {
		host = cfg.Advertise
		if h, p, err := splitAddress(cfg.Advertise); err == nil {
			host, port = h, p
		}
		h.gossip = net.JoinHostPort(host, strconv.Itoa(port))
	}
	h.ports.control, h.ports.actors = uint16(port+1), uint16(port+2)
	return h, nil
}

// meta is what this node says of itself in gossip.
func (c *Cluster) meta() gossip.Meta {
	m := gossip.Meta{
		Cluster:  c.record.Cluster(),
		Life:     c.cfg.Life,
		Raft:     c.node.Store(),
		Port:     c.hosts.ports.control,
		Actors:   c.hosts.ports.actors,
		Expect:   uint8(c.cfg.Expect),
		Replicas: uint8(c.cfg.Replicas),
		History:  uint16(c.cfg.History),
		Leaving:  c.leaving.Load(),
		Started:  c.cfg.Incarnation,
		HTTP:     c.cfg.HTTP,
	}
	for _, r := range c.cfg.Roles {
		switch r {
		case RoleFront:
			m.Roles |= gossip.RoleFront
		case RoleRoom:
			m.Roles |= gossip.RoleRoom
		}
	}
	return m
}

// spread tells the others what has changed about this node.
func (c *Cluster) spread() {
	if err := c.gossip.SetMeta(c.meta()); err != nil && c.ctx.Err() == nil {
		c.log.Error("this node can not describe itself to the others", "error", err)
	}
}

// control returns where a peer's Raft and control are reached.
func controlAt(p gossip.Peer) string { return at(p, p.Meta.Port) }

// actorsAt returns where a peer's actors are reached.
func actorsAt(p gossip.Peer) string { return at(p, p.Meta.Actors) }

func at(p gossip.Peer, port uint16) string {
	return net.JoinHostPort(p.Host, strconv.Itoa(int(port)))
}

// sighting describes a peer for the agreement.
func sighting(p gossip.Peer) agree.Sighting {
	return agree.Sighting{
		Life:    p.Meta.Life,
		Raft:    p.Meta.Raft,
		Control: controlAt(p),
		Actors:  actorsAt(p),
		Front:   p.Meta.Roles.Has(gossip.RoleFront),
		Room:    p.Meta.Roles.Has(gossip.RoleRoom),
		Leaving: p.Meta.Leaving,
	}
}

// asMember describes a peer as a holder of the first ring.
func asMember(p gossip.Peer) agree.Member {
	s := sighting(p)
	return agree.Member{
		Name: p.Name, Life: s.Life, Raft: s.Raft, Control: s.Control, Actors: s.Actors, Front: s.Front, Room: s.Room,
	}
}
