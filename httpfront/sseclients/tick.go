package sseclients

import (
	"time"

	"github.com/parlor-sse/parlor/actors/fanout"
	"github.com/parlor-sse/parlor/actors/sse"
)

// tick does what time alone brings, for all streams, until Close.
func (m *Manager) tick() {
	check := time.NewTicker(m.cfg.CheckInterval)
	defer check.Stop()
	var beat <-chan time.Time // never, unless there are heartbeats
	if m.cfg.Heartbeat > 0 {
		beats := time.NewTicker(m.cfg.Heartbeat)
		defer beats.Stop()
		beat = beats.C
	}
	for {
		select {
		case <-m.stop:
			return
		case <-check.C:
			m.expire(time.Now())
		case <-beat:
			m.beat()
		}
	}
}

// expire ends the streams whose time to live is over.
func (m *Manager) expire(now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for c := range m.allLocked() {
		if !c.expires.IsZero() && !now.Before(c.expires) {
			m.leaveLocked(c)
			c.end(fanout.ReasonExpired)
		}
	}
}

// beat sends a comment on every stream that was silent since the last beat.
func (m *Manager) beat() {
	m.mu.Lock()
	defer m.mu.Unlock()
	heartbeat := fanout.Frame{Bytes: sse.AppendComment(nil, "heartbeat")}
	for c := range m.allLocked() {
		if !c.spoken {
			c.log.Append(heartbeat)
		}
		c.spoken = false
	}
}
