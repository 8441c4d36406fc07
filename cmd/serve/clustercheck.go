package serve

import (
	"errors"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/parlor-sse/parlor/cluster/certs"
	"github.com/parlor-sse/parlor/cluster/gossip"
)

// morePorts is how many ports a cluster address stands for besides its own.
const morePorts = 2

// checkPlace refuses what does not fit a node on its own or, if there is one,
// its cluster, and settles what depends on which of the two it is.
func (c *config) checkPlace(refused map[string]bool) error {
	switch {
	case refused["cluster"]:
		return nil // nobody knows which of the two was meant
	case c.cluster == "":
		return errors.Join(c.settleDurability(), c.checkAlone(refused), c.checkRoles())
	}
	return errors.Join(
		c.settleDurability(),
		c.settleExpect(refused),
		c.checkRoles(),
		c.checkClusterPorts(),
		c.checkClusterExposure(),
		c.loadIdentity(refused),
		c.loadGossipKeys(),
	)
}

// settleDurability finds the default, and refuses what this place can't have.
func (c *config) settleDurability() error {
	alone := c.cluster == ""
	switch kind := c.durability; {
	case alone && (kind == "" || kind == quorumFsync):
		c.durability = fsync // a quorum of one
	case kind == "":
		c.durability = quorumFsync
	case alone && kind == quorumMemory:
		return refuse("durability", "%s is of a cluster; a node on its own has %s", kind, memory)
	case !alone && (kind == fsync || kind == memory):
		return refuse("durability", "%s is of a node on its own; a cluster has quorum-%s", kind, kind)
	}
	return nil
}

// checkAlone refuses what a node on its own has no use for: whoever sets it
// believes that there is a cluster.
func (c *config) checkAlone(refused map[string]bool) error {
	var bad []error
	for _, s := range []struct {
		key string
		set bool
	}{
		{"join", len(c.join) > 0},
		{"expect", c.expect > 1},
		{"cluster-cert", c.clusterCert != ""},
		{"cluster-key", c.clusterKey != ""},
		{"cluster-ca", c.clusterCA != ""},
		{"gossip-key-file", c.gossipKeyFile != ""},
	} {
		if s.set {
			bad = append(bad, refuse(s.key, "is of use only in a cluster; set cluster as well"))
		}
	}
	if !refused["roles"] && len(c.distinctRoles()) < 2 {
		bad = append(bad, refuse("roles", "a node on its own has to be both front and room; set cluster, or leave roles out"))
	}
	c.expect = max(c.expect, 1)
	return errors.Join(bad...)
}

func (c *config) settleExpect(refused map[string]bool) error {
	if c.expect > 0 || refused["expect"] {
		return nil
	}
	if len(c.join) > 0 || refused["join"] {
		return refuse("expect", "must be set, to the number of nodes with which the cluster begins, as join is")
	}
	c.expect = 1
	return nil
}

func (c *config) distinctRoles() []string {
	return slices.Compact(slices.Sorted(slices.Values(c.roles)))
}

func (c *config) checkRoles() error {
	if len(c.distinctRoles()) < len(c.roles) {
		return refuse("roles", "names one twice: %s", strings.Join(c.roles, ","))
	}
	return nil
}

// checkClusterPorts refuses to take a port of listen or admin for the cluster.
func (c *config) checkClusterPorts() error {
	host, port, _ := net.SplitHostPort(c.cluster)
	first, _ := strconv.Atoi(port)
	var bad []error
	for _, taken := range []struct{ key, addr string }{{"listen", c.listen}, {"admin", c.admin}} {
		takenHost, takenPort, err := net.SplitHostPort(taken.addr)
		n, _ := strconv.Atoi(takenPort)
		if err == nil && takenHost == host && first <= n && n <= first+morePorts {
			bad = append(bad, refuse("cluster", "%s takes the ports %d to %d, and %s has one of them", c.cluster, first, first+morePorts, taken.key))
		}
	}
	return errors.Join(bad...)
}

// checkClusterExposure refuses a cluster address that strangers can reach
// unless nodes can tell them from nodes.
func (c *config) checkClusterExposure() error {
	if c.insecure || !beyondLoopback(c.cluster) {
		return nil
	}
	var missing []string
	if c.clusterCert == "" && c.clusterKey == "" && c.clusterCA == "" {
		missing = append(missing, "cluster-cert", "cluster-key", "cluster-ca")
	}
	if c.gossipKeyFile == "" {
		missing = append(missing, "gossip-key-file")
	}
	if len(missing) == 0 {
		return nil
	}
	return refuse("cluster", "%s can be reached from other machines, and anybody who reaches it may join; set %s, whose files parlor cert makes, or insecure if that is meant",
		c.cluster, strings.Join(missing, ", "))
}

// loadIdentity reads the node's certificate, its key and the authorities: all
// three or none.
func (c *config) loadIdentity(refused map[string]bool) error {
	anyGiven := false
	var missing []error
	for _, f := range []struct{ key, file string }{
		{"cluster-cert", c.clusterCert}, {"cluster-key", c.clusterKey}, {"cluster-ca", c.clusterCA},
	} {
		switch {
		case refused[f.key]:
			return nil
		case f.file != "":
			anyGiven = true
		default:
			missing = append(missing, refuse(f.key, "must be set as the others of cluster-cert, cluster-key and cluster-ca are"))
		}
	}
	if !anyGiven || refused["node"] {
		return nil
	}
	if len(missing) > 0 {
		return errors.Join(missing...)
	}
	var err error
	if c.identity, err = certs.Load(c.clusterCert, c.clusterKey, c.clusterCA, c.node); err != nil {
		return refuse(identityKey(err), "%v", err)
	}
	return nil
}

// identityKey returns the setting of the file that is at fault.
func identityKey(err error) string {
	if at := new(certs.FileError); errors.As(err, &at) {
		switch at.What {
		case certs.Key:
			return "cluster-key"
		case certs.Authorities:
			return "cluster-ca"
		}
	}
	return "cluster-cert"
}

func (c *config) loadGossipKeys() error {
	if c.gossipKeyFile == "" {
		return nil
	}
	var err error
	if c.gossipKeys, err = gossip.ReadKeys(c.gossipKeyFile); err != nil {
		return refuse("gossip-key-file", "%v", err)
	}
	return nil
}
