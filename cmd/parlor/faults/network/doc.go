// Package network gives each node of a fault run a host of its own, and breaks
// the links between them.
//
// With namespaces, every node lives in a network namespace that a virtual cable
// joins to a bridge, as machines to a switch, and packets are dropped by
// iptables where one node's traffic enters another. The harness sits at the
// bridge, from where it reaches every node whatever is cut between them, as
// browsers would. Everything is inside private namespaces of the harness: the
// machine sees none of it, and nothing is left over however the run ends.
//
// Without them, nodes have loopback addresses, and nothing can be cut.
package network
