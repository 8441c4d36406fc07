// Package ssecheck reads event streams as they arrive, in pieces of any size,
// and checks that each stream got every message exactly once and in order. It
// allocates nothing per event: a benchmark's client must stay cheaper than the
// server that it measures.
package ssecheck
