package gossip

import "github.com/hashicorp/memberlist"

// Wrap puts what wrap returns between memberlist and the network.
func (c *Config) Wrap(wrap func(memberlist.NodeAwareTransport) memberlist.NodeAwareTransport) {
	c.wrap = wrap
}

// MaxStreams is how many streams may come in at a time.
const MaxStreams = maxStreams
