package serve

import (
	"context"
	"time"

	"github.com/parlor-sse/parlor/cluster/gossip"
)

const (
	// tidyEvery is how often files of keys are read again, and an operator is told
	// of what should not last.
	tidyEvery = time.Minute
	// expirySoon is how long before its end a certificate is spoken of.
	expirySoon = 14 * 24 * time.Hour
)

// keepHouse takes in keys and certificates that were replaced in their files, and
// tells of what should not last, until ctx ends.
func (n *Node) keepHouse(ctx context.Context) {
	ticker := time.NewTicker(tidyEvery)
	defer ticker.Stop()
	if n.cluster != nil && n.cfg.identity == nil {
		n.log.Warn(plainText)
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		switch {
		case n.cluster == nil:
		case n.cfg.identity != nil:
			n.refreshPeers()
		case n.cfg.insecure:
			n.log.Warn(plainText)
		}
		n.refreshTokens()
	}
}

const plainText = "nodes speak to each other in plain text and believe whoever speaks; parlor cert makes keys for them"

// refreshPeers looks after what nodes know each other by.
func (n *Node) refreshPeers() {
	id := n.cfg.identity
	if err := id.Refresh(); err != nil {
		n.log.Warn("new certificate not taken, the old one is used on", "err", err)
	}
	if left := time.Until(id.NotAfter()); left < expirySoon {
		n.log.Warn("the cluster certificate expires soon", "left", left.Round(time.Minute))
	}
	keys, err := gossip.ReadKeys(n.cfg.gossipKeyFile)
	if err == nil {
		err = n.cluster.SetKeys(keys)
	}
	if err != nil {
		n.log.Warn("new gossip keys not taken, the old ones are used on", "err", err)
	}
}

// refreshTokens looks after the keys of tokens, if there are any.
func (n *Node) refreshTokens() {
	if n.cfg.access.tokens == nil {
		return
	}
	if err := n.cfg.access.refresh(); err != nil {
		n.log.Warn("new keys of tokens not taken, the old ones are used on", "err", err)
	}
}
