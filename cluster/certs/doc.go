// Package certs is how the nodes of a cluster know each other.
//
// Each node has a key and a certificate with exactly one DNS name, which is the
// node's own, signed by an authority that all nodes trust. Every connection
// between nodes is TLS 1.3, and both sides show their certificate. Whoever holds
// the authority's key can make nodes; whoever holds a node's key is that node.
//
// Files are read again when they change, so that keys, certificates and
// authorities can be replaced without a stop. To replace an authority, let the
// file name the old and the new one while nodes get new certificates.
// Connections that are open stay open: a certificate is judged when a connection
// is made and not again.
package certs
