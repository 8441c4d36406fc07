package gossip

import (
	"bytes"
	"fmt"
	"slices"
	"sync"

	"github.com/hashicorp/memberlist"
)

// keyring changes memberlist's keyring, one change at a time, and without the
// one of its operations that writes to keys which others are reading.
type keyring struct {
	ring *memberlist.Keyring // static

	mu sync.Mutex // held during a change
}

// newKeyring takes keys that are valid; the first one encrypts.
func newKeyring(keys [][]byte) *keyring {
	k := &keyring{ring: &memberlist.Keyring{}}
	for _, key := range keys {
		_ = k.ring.AddKey(bytes.Clone(key)) // fails only for a wrong length
	}
	return k
}

// AddKey makes key one of those that decrypt, the first step of a rotation. It
// fails with ErrKey, also when gossip is plain. The bytes are copied.
func (g *Gossip) AddKey(key []byte) error {
	return g.changeKeys("add", func(keys [][]byte) ([][]byte, error) { return append(keys, key), nil })
}

// UseKey makes key, which must be in use, the one that encrypts: the second
// step of a rotation, after all nodes have added it.
func (g *Gossip) UseKey(key []byte) error {
	return g.changeKeys("use", func(keys [][]byte) ([][]byte, error) {
		if !contains(keys, key) {
			return nil, fmt.Errorf("it was not added: %w", ErrKey)
		}
		return slices.Concat([][]byte{key}, keys), nil
	})
}

// RemoveKey forgets key, which must not be the one that encrypts: the last step
// of a rotation, after all nodes use another one. To forget a key that is not
// in use is no error.
func (g *Gossip) RemoveKey(key []byte) error {
	return g.changeKeys("remove", func(keys [][]byte) ([][]byte, error) {
		if bytes.Equal(keys[0], key) {
			return nil, fmt.Errorf("it encrypts: %w", ErrKey)
		}
		return slices.DeleteFunc(keys, func(k []byte) bool { return bytes.Equal(k, key) }), nil
	})
}

// SetKeys replaces all keys: the first encrypts, all decrypt. Peers that have
// none of them in common with this node are lost to it. It fails with ErrKey
// and then changes nothing.
func (g *Gossip) SetKeys(keys [][]byte) error {
	return g.changeKeys("set", func([][]byte) ([][]byte, error) { return keys, nil })
}

// changeKeys replaces the keys by what change makes of a copy of them.
func (g *Gossip) changeKeys(verb string, change func([][]byte) ([][]byte, error)) error {
	if g.closed.Load() {
		return ErrClosed
	}
	g.keys.mu.Lock()
	defer g.keys.mu.Unlock()
	keys := slices.Clone(g.keys.ring.GetKeys())
	if len(keys) == 0 {
		return fmt.Errorf("%s gossip key: gossip is plain: %w", verb, ErrKey)
	}
	next, err := change(keys)
	if err == nil {
		err = g.keys.replace(next)
	}
	if err != nil {
		return fmt.Errorf("%s gossip key: %w", verb, err)
	}
	return nil
}

// replace makes next the keys in use. It is called with mu held.
func (k *keyring) replace(next [][]byte) error {
	if len(next) == 0 {
		return fmt.Errorf("no keys: %w", ErrKey)
	}
	var unique [][]byte
	for _, key := range next {
		if memberlist.ValidateKey(key) != nil {
			return fmt.Errorf("%d bytes, not 16, 24 or 32: %w", len(key), ErrKey)
		}
		if !contains(unique, key) {
			unique = append(unique, bytes.Clone(key))
		}
	}
	if len(unique) > MaxKeys {
		return fmt.Errorf("%d keys, more than %d: %w", len(unique), MaxKeys, ErrKey)
	}
	for _, key := range unique {
		if err := k.ring.AddKey(key); err != nil {
			return err
		}
	}
	if err := k.ring.UseKey(unique[0]); err != nil {
		return err
	}
	for _, key := range slices.Clone(k.ring.GetKeys()) {
		if !contains(unique, key) {
			if err := k.remove(key); err != nil {
				return err
			}
		}
	}
	return nil
}

// remove forgets key, which is not the first. Memberlist closes the gap within
// an array that packets are being decrypted with, so key is first made the last
// one: the others are put before it, in their order. In between another key
// encrypts, and a packet sent just then may be lost, as packets may. In a usual
// rotation the key removed is the last one anyway.
func (k *keyring) remove(key []byte) error {
	keys := slices.Clone(k.ring.GetKeys())
	if !bytes.Equal(keys[len(keys)-1], key) {
		for _, other := range slices.Backward(keys) {
			if !bytes.Equal(other, key) {
				if err := k.ring.UseKey(other); err != nil {
					return err
				}
			}
		}
	}
	return k.ring.RemoveKey(key)
}

func contains(keys [][]byte, key []byte) bool {
	return slices.ContainsFunc(keys, func(k []byte) bool { return bytes.Equal(k, key) })
}
