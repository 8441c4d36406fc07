// Package form makes one cluster of nodes that know nothing but each other's
// names, and no two.
//
// The node of the lowest name proposes: a cluster's id and its first members.
// Each of these accepts one proposal at a time and has it on its disk before it
// says so. With all of them the proposal becomes the cluster, and not with one
// less. Who has accepted is bound until the proposer itself says that it gave
// up. So of proposals that share a member at most one comes true.
package form
