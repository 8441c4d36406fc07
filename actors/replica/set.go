package replica

import (
	"fmt"
	"sync"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/replication"
)

// Set holds the cores of the rooms that are in use at this node. Its methods
// may be called from any goroutine and do not wait for disk or network.
type Set struct {
	// Static after construction.
	cfg     Config
	metrics *metrics
	loading chan struct{} // a token for each core being loaded
	stop    chan struct{}
	work    sync.WaitGroup // the clock and the loads

	shards [64]shard
}

// shard is a part of the rooms. Its lock is taken before a copy's.
type shard struct {
	mu     sync.RWMutex
	copies map[persistence.RoomKey]*roomCopy // guarded by mu

	busyMu sync.Mutex
	busy   map[*roomCopy]struct{} // guarded by busyMu; those that want ticks
}

// Owner is told what becomes of its ownership. The methods are called in order,
// under a lock: they must not block, nor call the Set or the Ownership.
type Owner interface {
	Owned(replication.Owned)
	Committed(replication.Committed)
	Confirmed(replication.Confirmed)
	// Deposed is the last call. What was proposed and not committed is of
	// unknown fate.
	Deposed(replication.Reason)
}

// Open starts the set. The store and the committer stay the caller's, to be
// closed after it.
func Open(cfg Config) (*Set, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	s := &Set{cfg: cfg, loading: make(chan struct{}, cfg.Loading), stop: make(chan struct{})}
	for i := range s.shards {
		s.shards[i].copies = make(map[persistence.RoomKey]*roomCopy)
		s.shards[i].busy = make(map[*roomCopy]struct{})
	}
	m, err := newMetrics(cfg.Registerer, s)
	if err != nil {
		return nil, fmt.Errorf("open replicas: %w", err)
	}
	s.metrics = m
	s.work.Go(s.tick)
	s.work.Go(s.watch)
	return s, nil
}

// Close ends all ownerships without a word to anybody and waits for the set's
// goroutines. What was handed to the committer is still committed.
func (s *Set) Close() {
	close(s.stop)
	s.work.Wait()
	s.metrics.set.Unregister()
	for i := range s.shards {
		sh := &s.shards[i]
		sh.mu.Lock()
		for key, c := range sh.copies {
			c.mu.Lock()
			c.gone, c.owner = true, nil
			c.mu.Unlock()
			delete(sh.copies, key)
		}
		sh.mu.Unlock()
	}
}

func (s *Set) closed() bool {
	select {
	case <-s.stop:
		return true
	default:
		return false
	}
}

func (s *Set) shard(key persistence.RoomKey) *shard {
	return &s.shards[xxhash.Sum64String(key.Name)%uint64(len(s.shards))]
}

// Receive takes a message of another node's core.
func (s *Set) Receive(from string, key persistence.RoomKey, m replication.Message) {
	s.with(key, func(c *roomCopy) { c.input(replication.Receive{From: from, Message: m}) })
}

// Acquire asks to own the room. Whoever owned it through this set before is
// deposed. The owner hears Owned or Deposed, possibly before Acquire returns.
func (s *Set) Acquire(key persistence.RoomKey, o Owner) *Ownership {
	own := &Ownership{}
	s.with(key, func(c *roomCopy) {
		own.copy = c
		c.acquire(own, o)
	})
	return own
}

// AcquireIdle is Acquire for a room that nobody here owns or asks for; of any
// other it returns nil.
func (s *Set) AcquireIdle(key persistence.RoomKey, o Owner) *Ownership {
	var own *Ownership
	s.with(key, func(c *roomCopy) {
		if c.owner == nil {
			own = &Ownership{copy: c}
			c.acquire(own, o)
		}
	})
	return own
}

// with calls f with the room's copy locked, loading or not. It does nothing
// once the set is closed.
func (s *Set) with(key persistence.RoomKey, f func(*roomCopy)) {
	for !s.closed() {
		c := s.find(key)
		c.mu.Lock()
		if c.gone { // dropped between the two locks
			c.mu.Unlock()
			continue
		}
		c.touched = time.Now()
		f(c)
		c.mu.Unlock()
		return
	}
}

// find returns the room's copy and begins to load it if it is not there.
func (s *Set) find(key persistence.RoomKey) *roomCopy {
	sh := s.shard(key)
	sh.mu.RLock()
	c := sh.copies[key]
	sh.mu.RUnlock()
	if c != nil {
		return c
	}
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if c = sh.copies[key]; c != nil {
		return c
	}
	c = &roomCopy{set: s, shard: sh, key: key, touched: time.Now()}
	sh.copies[key] = c
	if s.closed() {
		c.gone = true
		return c
	}
	s.work.Go(c.load)
	return c
}

// Reconfigure tells all cores of new rings. When it returns, none of them
// accepts what comes under a ring that no longer holds for its room.
func (s *Set) Reconfigure() {
	s.each(func(c *roomCopy) {
		if c.core != nil {
			c.step(replication.Configure{Configs: s.cfg.Configs(c.key)})
		}
	})
}

// each calls f for every copy, locked, and holds no other lock meanwhile.
func (s *Set) each(f func(*roomCopy)) {
	for i := range s.shards {
		for _, c := range s.shards[i].list() {
			c.mu.Lock()
			if !c.gone {
				f(c)
			}
			c.mu.Unlock()
		}
	}
}

func (sh *shard) list() []*roomCopy {
	sh.mu.RLock()
	defer sh.mu.RUnlock()
	all := make([]*roomCopy, 0, len(sh.copies))
	for _, c := range sh.copies {
		all = append(all, c)
	}
	return all
}

// count returns how many cores are in memory.
func (s *Set) count() int {
	n := 0
	for i := range s.shards {
		s.shards[i].mu.RLock()
		n += len(s.shards[i].copies)
		s.shards[i].mu.RUnlock()
	}
	return n
}
