package fanout

import (
	"container/heap"
	"runtime"
	"sync"
	"time"
)

// houseEvery is how often a shard looks at streams that time alone moves.
const houseEvery = time.Second

// maxSpare is how many commands a shard keeps room for.
const maxSpare = 1024

// shard writes and closes its streams; nobody else does.
type shard struct {
	// Static after construction.
	cfg    Config
	poller *poller
	index  int
	count  int // of shards
	epoch  time.Time
	signal chan struct{}
	stats  counters

	mu     sync.Mutex
	inbox  []command // guarded by mu
	dirty  []*group  // guarded by mu
	closed bool      // guarded by mu

	// Owned by run.
	spareInbox []command
	spareDirty []*group
	delayed    []*group
	table      []*Stream
	free       []int32
	groups     map[*Log]*group
	expiry     expiries
	parked     int
	batch      batch // of a sweep
	catchup    batch // of a single stream
	lastHouse  time.Time
	gen        uint32
}

func newShard(cfg Config, p *poller, index, count int) *shard {
	return &shard{
		cfg: cfg, poller: p, index: index, count: count, epoch: time.Now(),
		signal: make(chan struct{}, 1), groups: make(map[*Log]*group),
	}
}

// post hands the shard a command. It never blocks.
func (s *shard) post(c command) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		s.refuse(c)
		return
	}
	s.inbox = append(s.inbox, c)
	s.mu.Unlock()
	s.ring()
}

// postAll is post for several commands.
func (s *shard) postAll(cs []command) {
	s.mu.Lock()
	if !s.closed {
		s.inbox = append(s.inbox, cs...)
	}
	s.mu.Unlock()
	s.ring()
}

// refuse ends what was posted to a shard that has stopped.
func (s *shard) refuse(c command) {
	switch c.kind {
	case cmdJoin:
		closeFD(c.stream.fd)
		c.stream.log.Release(c.from)
		c.stream.owner.StreamClosed(ReasonShutdown)
	case cmdList:
		close(c.list)
	}
}

func (s *shard) postDirty(g *group) {
	s.mu.Lock()
	s.dirty = append(s.dirty, g)
	s.mu.Unlock()
	s.ring()
}

func (s *shard) ring() {
	select {
	case s.signal <- struct{}{}:
	default:
	}
}

// run is the shard's goroutine.
func (s *shard) run() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		cmds, dirty, stop := s.takePosted()
		for i := range cmds {
			s.do(&cmds[i])
		}
		now := time.Now()
		for _, g := range dirty {
			s.flushOrDelay(g, now)
		}
		next := s.flushDelayed(now)
		s.housekeep(now)
		if stop {
			s.stop()
			return
		}
		if len(cmds) > 0 || len(dirty) > 0 {
			runtime.Gosched()
		}
		if s.parked > 0 {
			next = min(next, houseEvery)
		}
		if len(s.expiry) > 0 {
			next = min(next, max(0, time.Until(s.expiry[0].at)))
		}
		timer.Reset(next)
		select {
		case <-s.signal:
		case <-timer.C:
		}
	}
}

// takePosted swaps out what was posted since the last call.
func (s *shard) takePosted() (cmds []command, dirty []*group, stop bool) {
	clear(s.spareInbox)
	clear(s.spareDirty)
	s.mu.Lock()
	defer s.mu.Unlock()
	cmds, dirty = s.inbox, s.dirty
	s.inbox, s.dirty = s.spareInbox[:0], s.spareDirty[:0]
	s.spareInbox, s.spareDirty = cmds, dirty
	if cap(cmds) > maxSpare {
		s.spareInbox = nil // a burst is over; its room is not kept
	}
	return cmds, dirty, s.closed
}

// housekeep handles what only time brings: stalled streams and expired ones.
func (s *shard) housekeep(now time.Time) {
	for len(s.expiry) > 0 && !s.expiry[0].at.After(now) {
		x := heap.Pop(&s.expiry).(expiry)
		if st := s.table[int(x.slot)/s.count]; st != nil && st.gen == x.gen {
			s.farewell(st, nil, ReasonExpired)
		}
	}
	if s.parked == 0 || now.Sub(s.lastHouse) < houseEvery {
		return
	}
	s.lastHouse = now
	for _, g := range s.groups {
		if len(g.parked) > 0 {
			s.judgeAll(g)
			s.settleOrRelease(g)
		}
	}
}

// stop closes every stream.
func (s *shard) stop() {
	for _, st := range s.list() {
		g := st.group
		s.drop(st, ReasonShutdown)
		s.release(g)
	}
}

// shut makes run close all streams and return.
func (s *shard) shut() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.ring()
}
