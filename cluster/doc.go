// Package cluster says who is a member and who owns what.
//
// A Ring is the agreed, numbered list of members. From it, and from nothing
// else, every node computes by rendezvous hashing which members hold a room and
// which of them owns it. A node on its own has a ring of one.
//
// Three parts make the ring of several nodes. Package gossip says who seems to
// be here, and package watch proves crashes before gossip misses anybody; both
// decide nothing. Package agree turns what they say into ring changes, one at a
// time, that a majority has agreed to by Raft; a minority changes nothing. Then
// each node places rooms for itself. Cluster puts the parts together and is what
// the rest of the program sees of them.
//
// A ring change does not move rooms by itself, so the ring before stays in the
// View until those who held rooms under it have handed them over. Whoever acts
// on a room has to hear enough of its holders under every ring of the View.
package cluster
