package cluster

import "fmt"

// SetKeys replaces the keys that encrypt gossip: the first encrypts, all decrypt.
// Nodes of which none has a key in common lose sight of each other, so a new key
// goes to all nodes as a second one before it becomes the first.
func (c *Cluster) SetKeys(keys [][]byte) error {
	if err := c.gossip.SetKeys(keys); err != nil {
		return fmt.Errorf("set gossip keys: %w", err)
	}
	return nil
}
