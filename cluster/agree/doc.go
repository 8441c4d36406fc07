// Package agree keeps the one small document that all nodes of a cluster agree
// on: which rings count, who is in them, and what is left to hand over.
//
// Its parts stand apart. Plan is pure: from the document and what the leader
// observes it computes the next document. Node keeps the document by Raft, of
// which every command replaces the whole document if it is still the one that
// the leader knew. Autopilot, pure as well, says which servers Raft should
// consist of.
//
// Raft carries no messages of rooms, and nothing here decides who owns a room.
package agree
