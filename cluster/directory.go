package cluster

import "slices"

// directory says where nodes are. It is immutable.
type directory struct {
	actors  map[string]string // name: host:port
	control map[string]string // name: host:port
	nodes   map[string]string // host:port of actors: name
}

// redirect makes the directory anew from gossip and the rings. A concurrent
// call may win with what it knew, so each change is followed by another look of
// follow, which runs every now and then anyway.
func (c *Cluster) redirect() {
	d := &directory{actors: map[string]string{}, control: map[string]string{}, nodes: map[string]string{}}
	doc := c.published.document()
	for _, r := range doc.Rings { // the newest last, so that it counts
		for _, m := range r.Members {
			d.actors[m.Name], d.control[m.Name] = m.Actors, m.Control
		}
	}
	for _, p := range c.gossip.Peers() { // and gossip counts more
		if p.Meta.Cluster == c.record.Cluster() {
			d.actors[p.Name], d.control[p.Name] = actorsAt(p), controlAt(p)
		}
	}
	for name, address := range d.actors {
		d.nodes[address] = name
	}
	c.directory.Store(d)
}

// Address returns the host:port of a node's actors: the newest that gossip
// knows, else that of the newest ring that lists the node. It never blocks.
func (c *Cluster) Address(node string) (address string, ok bool) {
	address, ok = c.directory.Load().actors[node]
	return address, ok
}

// NodeAt returns the name of the node whose actors are at the address,
// host:port. It never blocks.
func (c *Cluster) NodeAt(address string) (node string, ok bool) {
	node, ok = c.directory.Load().nodes[address]
	return node, ok
}

// controlOf returns where a node's Raft and control are.
func (c *Cluster) controlOf(node string) (address string, ok bool) {
	address, ok = c.directory.Load().control[node]
	return address, ok
}

// listed returns the names of all nodes that a ring or the Raft group lists.
func (c *Cluster) listed() []string {
	var all []string
	for _, r := range c.published.document().Rings {
		for _, m := range r.Members {
			all = append(all, m.Name)
		}
	}
	servers, err := c.node.Servers()
	if err == nil {
		for _, s := range servers {
			all = append(all, s.Node)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
