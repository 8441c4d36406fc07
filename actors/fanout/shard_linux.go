package fanout

import (
	"runtime"
	"time"
)

// houseEvery is how often a shard looks at streams that time alone moves.
const houseEvery = time.Second

// shard writes and closes its streams; nobody else does.
type shard struct {
	// Static after construction.
	cfg    Config
	poller *poller
	index  int
	count  int // of shards
	epoch  time.Time
	inbox  *inbox
	stats  counters

	// Owned by run.
	delayed      []*group // dirty, and to be flushed when their tick is over
	spareDelayed []*group
	table        []*Stream
	free         []int32
	groups       groups
	deadlines    deadlines
	parked       int
	batch        batch // of a sweep
	catchup      batch // of a single stream
	lastHouse    time.Time
	gen          uint32
}

func newShard(cfg Config, p *poller, index, count int) *shard {
	return &shard{
		cfg: cfg, poller: p, index: index, count: count, epoch: time.Now(),
		inbox: newInbox(), groups: make(groups), deadlines: newDeadlines(),
	}
}

// post hands the shard a command. It never blocks.
func (s *shard) post(c command) {
	if !s.inbox.post(c) {
		s.refuse(c)
	}
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

// run is the shard's goroutine.
func (s *shard) run() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		cmds, dirty, stop := s.inbox.take()
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
		timer.Reset(min(next, s.deadlines.next()))
		select {
		case <-s.inbox.signal:
		case <-timer.C:
		}
	}
}

// housekeep handles what only time brings: stalled streams and expired ones.
func (s *shard) housekeep(now time.Time) {
	s.deadlines.pass(s.cfg.Notice, s.sendAlone, func(st *Stream, bytes []byte) {
		s.farewell(st, bytes, ReasonExpired)
	})
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
		s.groups.release(g)
	}
}
