package gossip

import (
	"sync"
	"time"
)

const (
	quietFor   = time.Minute // between two log lines of one kind
	maxQuieted = 256         // kinds remembered
)

// limiter keeps what any stranger can provoke from flooding the log. It may be
// used from any goroutine.
type limiter struct {
	now func() time.Time // static

	mu    sync.Mutex
	kinds map[string]quiet // at most maxQuieted
}

type quiet struct {
	since      time.Time
	suppressed int
}

func newLimiter(now func() time.Time) *limiter {
	return &limiter{now: now, kinds: make(map[string]quiet)}
}

// allow reports whether a line about who, of that kind, may be logged now, and
// how many were not since the last one. When too many are to be told apart, all
// of a kind count as one.
func (l *limiter) allow(kind, who string) (ok bool, suppressed int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	key := kind + " " + who
	if _, known := l.kinds[key]; !known && len(l.kinds) >= maxQuieted {
		l.forget(now)
		if len(l.kinds) >= maxQuieted {
			key = kind // of which there are few
		}
	}
	q, known := l.kinds[key]
	if known && now.Sub(q.since) < quietFor {
		q.suppressed++
		l.kinds[key] = q
		return false, 0
	}
	l.kinds[key] = quiet{since: now}
	return true, q.suppressed
}

// forget drops what no longer has to be quiet. It is called with mu held.
func (l *limiter) forget(now time.Time) {
	for key, q := range l.kinds {
		if now.Sub(q.since) >= quietFor {
			delete(l.kinds, key)
		}
	}
}
