// Package control is the one port on which the nodes of a cluster talk about
// the cluster itself. The first byte of a connection says whether it is one of
// Raft, which is handed on with the id of the server that it is meant for, or one
// of control: a request and its answer, as length-prefixed JSON of a few KiB.
//
// With credentials every connection is TLS and both ends show a certificate of
// the cluster's authority; whoever asks must be the node that its certificate
// names. Whatever comes in is bounded in size, in time and in number.
package control
