// Command faults runs clusters of real processes, hurts them in every way that
// this machine allows while clients publish and listen, and judges from what the
// clients saw, and from what the disks hold in the end, whether every promise was
// kept.
//
//	go run ./cmd/parlor/faults -faults all -seed 7
//
// Each fault gets a fresh cluster. Nodes live in network namespaces if the
// machine has them, so that links can be cut, else on loopback addresses. The
// exit code is 1 if any promise was broken: then the run's directory is kept,
// with the logs of the nodes and a history that -recheck judges again.
package main
