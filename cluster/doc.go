// Package cluster says who is a member and who owns what.
//
// A Ring is the agreed, numbered list of members. From it, and from nothing
// else, every node computes by rendezvous hashing which members hold a room and
// which of them owns it. A node on its own has a ring of one.
package cluster
