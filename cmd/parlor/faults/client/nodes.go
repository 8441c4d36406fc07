package client

import (
	"math/rand/v2"
	"slices"
	"sync"
)

// Node is where clients reach a node.
type Node struct {
	Name    string
	Address string // host:port
}

// Nodes is what clients know of the cluster: every node that is meant to be
// there, whether it is well or not, since nobody tells clients. Its methods may
// be called from any goroutine.
type Nodes struct {
	mu   sync.Mutex
	list []Node // guarded by mu; replaced, never changed
}

// Set replaces the nodes. The list becomes theirs.
func (n *Nodes) Set(list []Node) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.list = list
}

// List returns the nodes, not to be changed.
func (n *Nodes) List() []Node {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.list
}

// Pick returns one of the nodes other than avoid, or that one if there is no
// other.
func (n *Nodes) Pick(rng *rand.Rand, avoid string) Node {
	list := n.List()
	if len(list) == 0 {
		return Node{}
	}
	at := rng.IntN(len(list))
	if list[at].Name == avoid && len(list) > 1 {
		at = (at + 1 + rng.IntN(len(list)-1)) % len(list)
	}
	return list[at]
}

// find returns the node of that name, or false if it is there no more.
func (n *Nodes) find(name string) (Node, bool) {
	list := n.List()
	at := slices.IndexFunc(list, func(node Node) bool { return node.Name == name })
	if at < 0 {
		return Node{}, false
	}
	return list[at], true
}
