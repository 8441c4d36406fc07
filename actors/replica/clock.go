package replica

import (
	"time"

	"github.com/parlor-sse/parlor/persistence/replication"
)

// wantTicks notes that a core has to be passed time. The copy's lock is held.
func (sh *shard) wantTicks(c *roomCopy) {
	sh.busyMu.Lock()
	defer sh.busyMu.Unlock()
	sh.busy[c] = struct{}{}
}

// takeBusy returns the copies that want ticks and forgets them: those that are
// still busy after the tick ask again.
func (sh *shard) takeBusy() []*roomCopy {
	sh.busyMu.Lock()
	defer sh.busyMu.Unlock()
	if len(sh.busy) == 0 {
		return nil
	}
	all := make([]*roomCopy, 0, len(sh.busy))
	for c := range sh.busy {
		all = append(all, c)
	}
	clear(sh.busy)
	return all
}

// tick passes time to the cores that wait for something.
func (s *Set) tick() {
	ticker := time.NewTicker(s.cfg.Tick)
	defer ticker.Stop()
	for {
		select {
		case <-s.stop:
			return
		case <-ticker.C:
		}
		for i := range s.shards {
			for _, c := range s.shards[i].takeBusy() {
				c.mu.Lock()
				if !c.gone && c.core != nil {
					c.step(replication.Tick{Now: now()})
				}
				c.mu.Unlock()
			}
		}
	}
}

// watch ends ownerships that lost their quorum and drops cores that nobody
// uses.
func (s *Set) watch() {
	ticker := time.NewTicker(min(s.cfg.Linger, s.cfg.Patience) / 8)
	defer ticker.Stop()
	for {
		select {
		case <-s.stop:
			return
		case <-ticker.C:
		}
		s.each(s.judge)
		s.sweep()
	}
}

// judge deposes an owner who cannot commit: its publishers are told, and its
// listeners have to know that what they see may be old.
func (s *Set) judge(c *roomCopy) {
	own := c.owner
	if own == nil {
		return
	}
	quorate := s.quorate(c.key)
	own.unreachable.Store(!quorate)
	if quorate {
		own.alone = time.Time{}
		return
	}
	if own.alone.IsZero() {
		own.alone = time.Now()
		return
	}
	if time.Since(own.alone) < s.cfg.Patience {
		return
	}
	c.tell(replication.Deposed{Reason: replication.ReasonNoQuorum})
	c.input(replication.Release{})
}

// sweep drops cores that have had nothing to do for a while.
func (s *Set) sweep() {
	for i := range s.shards {
		sh := &s.shards[i]
		for _, c := range sh.list() {
			c.mu.Lock()
			idle := c.idle(s.cfg.Linger)
			c.mu.Unlock()
			if !idle {
				continue
			}
			sh.mu.Lock()
			c.mu.Lock()
			if c.idle(s.cfg.Linger) { // still, now that nobody can find it meanwhile
				c.gone = true
				delete(sh.copies, c.key)
			}
			c.mu.Unlock()
			sh.mu.Unlock()
		}
	}
}

func (c *roomCopy) idle(linger time.Duration) bool {
	return !c.gone && c.core != nil && c.core.Quiet() && c.owner == nil && c.forget == nil &&
		time.Since(c.touched) >= linger
}
