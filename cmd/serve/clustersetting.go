package serve

import (
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/parlor-sse/parlor/cluster"
)

// The kinds of durability.
const (
	fsync        = "fsync"
	memory       = "memory"
	quorumFsync  = "quorum-fsync"
	quorumMemory = "quorum-memory"
)

const (
	minDeadAfter = 100 * time.Millisecond
	maxDeadAfter = time.Hour
)

// clusterSettings are about the place of this server among others.
func clusterSettings() []setting {
	return []setting{
		{"cluster", "HOST:PORT", "", "address by which the other nodes of the cluster reach this one; the two ports after it are used as well (default: none, a node on its own)", false,
			clusterAddress},
		{"cluster-name", "NAME", "parlor", "name of the cluster; nodes of another one are not heard", false,
			name(func(c *config) *string { return &c.clusterName })},
		{"join", "ADDRESSES", "", "cluster addresses of other nodes, comma-separated or repeated; every node may be given the same list, its own address included (default: none)", true,
			list(func(c *config) *[]string { return &c.join }, checkClusterAddress)},
		{"expect", "N", "", "nodes with which a new cluster begins, 1 to 64: none before so many have met; of no effect later (default: 1 without join)", false,
			number(func(c *config) *int { return &c.expect }, 1, cluster.MaxExpect)},
		{"roles", "ROLES", "front,room", "what this node does in the cluster: front (talks to clients), room (holds rooms)", true,
			list(func(c *config) *[]string { return &c.roles }, role)},
		{"replicas", "N", "3", "copies of a room in the cluster, 1 to 7, the same on every node; fewer while there are fewer nodes", false,
			number(func(c *config) *int { return &c.replicas }, 1, cluster.MaxReplicas)},
		{"dead-after", "DURATION", "1s", "silence of a node, after gossip gave it up, before others take its rooms", false,
			duration(func(c *config) *time.Duration { return &c.deadAfter }, minDeadAfter, maxDeadAfter, notZero)},
		{"cluster-cert", "FILE", "", "this node's certificate, PEM, see parlor cert; with cluster-key and cluster-ca nodes know each other and encrypt (default: plain text)", false,
			text(func(c *config) *string { return &c.clusterCert })},
		{"cluster-key", "FILE", "", "private key of that certificate, PEM (default: none)", false,
			text(func(c *config) *string { return &c.clusterKey })},
		{"cluster-ca", "FILE", "", "certificates of the authorities that vouch for nodes, PEM (default: none)", false,
			text(func(c *config) *string { return &c.clusterCA })},
		{"gossip-key-file", "FILE", "", "keys that encrypt gossip, base64 or hex, a line each; the first is used, all are understood (default: plain text)", false,
			text(func(c *config) *string { return &c.gossipKeyFile })},
	}
}

// clusterAddress takes an empty one, too, so that a flag can undo a file's.
func clusterAddress(c *config, value string) error {
	if value != "" {
		if err := checkClusterAddress(value); err != nil {
			return err
		}
	}
	c.cluster = value
	return nil
}

// checkClusterAddress accepts an address that others can call, with two free
// port numbers behind its own.
func checkClusterAddress(value string) error {
	if err := checkAddress(value); err != nil {
		return err
	}
	host, port, _ := net.SplitHostPort(value)
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		return complain("%q names no one machine; other nodes have to know which to call", value)
	}
	if n, _ := strconv.Atoi(port); n < 1 || n > cluster.MaxPort {
		return complain("port %s is not a number from 1 to %d; the two after it are used as well", port, cluster.MaxPort)
	}
	return nil
}

func role(value string) error {
	roles := []string{string(cluster.RoleFront), string(cluster.RoleRoom)}
	if !slices.Contains(roles, value) {
		return complain("%q is none of %s", value, strings.Join(roles, ", "))
	}
	return nil
}
