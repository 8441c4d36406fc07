// Package nodetest has tests use nodes as people do: programs that are nodes run
// as real processes, one or a cluster on loopback, are killed and started again
// over what they kept, and are talked to over HTTP.
package nodetest
