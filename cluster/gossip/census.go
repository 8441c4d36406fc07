package gossip

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// What a census holds at most.
const (
	maxPeers = 4096
	maxGone  = 256
)

// census keeps who is alive and who has gone, from memberlist's events. It has
// a lock of its own, under which it calls nobody, so that readers never wait
// for memberlist's locks.
//
// Its methods may be called from any goroutine.
type census struct {
	// Static after construction.
	changed chan struct{} // holds a token after a change

	mu    sync.Mutex
	alive map[string]Peer
	gone  []Departed // at most maxGone, the latest last; one a name, and none of alive
}

func newCensus() *census {
	return &census{changed: make(chan struct{}, 1), alive: make(map[string]Peer)}
}

// put records that p is alive as it says. It reports whether p was not alive
// before, and whether it is another incarnation than the one last known.
func (c *census) put(p Peer) (joined, restarted bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known, wasAlive := c.alive[p.Name]
	if i := c.goneIndex(p.Name); i >= 0 {
		known = c.gone[i].Peer
		c.gone = slices.Delete(c.gone, i, i+1)
	}
	if !known.Since.IsZero() && known.Meta.Started == p.Meta.Started {
		p.Since = known.Since
	}
	c.alive[p.Name] = p
	c.signal()
	return !wasAlive, !known.Since.IsZero() && known.Meta.Started != p.Meta.Started
}

// remove records that the peer is gone. It reports whether it was alive.
func (c *census) remove(name string, at time.Time) (Departed, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, ok := c.alive[name]
	if !ok {
		return Departed{}, false
	}
	delete(c.alive, name)
	d := Departed{Peer: p, At: at, Left: p.Meta.farewell}
	if len(c.gone) == maxGone {
		c.gone = slices.Delete(c.gone, 0, 1)
	}
	c.gone = append(c.gone, d)
	c.signal()
	return d, true
}

// setMeta changes the metadata of a peer that is alive.
func (c *census) setMeta(name string, m Meta) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p, ok := c.alive[name]; ok && p.Meta != m {
		p.Meta = m
		c.alive[name] = p
		c.signal()
	}
}

// room reports whether one more peer of that name can be kept.
func (c *census) room(name string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, known := c.alive[name]
	return known || len(c.alive) < maxPeers
}

// count returns the number of peers alive.
func (c *census) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.alive)
}

// peers returns a copy of those alive, by name.
func (c *census) peers() []Peer {
	c.mu.Lock()
	list := slices.Collect(maps.Values(c.alive))
	c.mu.Unlock()
	slices.SortFunc(list, func(a, b Peer) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// departed returns a copy of those gone, the latest first.
func (c *census) departed() []Departed {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := slices.Clone(c.gone)
	slices.Reverse(list)
	return list
}

// goneIndex is called with mu held.
func (c *census) goneIndex(name string) int {
	return slices.IndexFunc(c.gone, func(d Departed) bool { return d.Name == name })
}

// signal never blocks: one token stands for any number of changes.
func (c *census) signal() {
	select {
	case c.changed <- struct{}{}:
	default:
	}
}
