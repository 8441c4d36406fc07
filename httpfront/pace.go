package httpfront

import (
	"math"
	"net/netip"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"

	"github.com/parlor-sse/parlor/persistence"
)

// maxPaced is how many keys a pacer keeps in one generation. It remembers at
// least so many of those that were last seen, and at most twice as many.
const maxPaced = 1 << 16

// pacer bounds how often something may happen for each of many keys. A nil one
// bounds nothing. All methods may be called from any goroutine.
type pacer[K comparable] struct {
	rate      rate.Limit
	burst     int
	keep      int                // keys of a generation
	forgotten prometheus.Counter // of keys, with what they had used up

	mu    sync.Mutex
	young map[K]*rate.Limiter // guarded by mu; at most keep
	old   map[K]*rate.Limiter // guarded by mu; the young ones of before
}

// newPacer returns a pacer for a rate a second and that many at once, where 0
// stands for what a second brings, or nil if there is no rate.
func newPacer[K comparable](perSecond float64, burst int, forgotten prometheus.Counter) *pacer[K] {
	if perSecond == 0 {
		return nil
	}
	if burst == 0 {
		burst = int(min(math.MaxInt32, math.Ceil(perSecond)))
	}
	return &pacer[K]{
		rate: rate.Limit(perSecond), burst: burst, keep: maxPaced, forgotten: forgotten,
		young: make(map[K]*rate.Limiter),
	}
}

// take lets one happen now, or returns a refusal that says how long to wait.
func (p *pacer[K]) take(key K, now time.Time) error {
	if p == nil {
		return nil
	}
	r := p.limiter(key).ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait == 0 {
		return nil
	}
	r.CancelAt(now)
	return rateLimited(wait)
}

// limiter returns the key's own. When there are enough young ones, those that
// were not seen since the last time there were are forgotten.
func (p *pacer[K]) limiter(key K) *rate.Limiter {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l, ok := p.young[key]; ok {
		return l
	}
	l, ok := p.old[key]
	if ok {
		delete(p.old, key)
	} else {
		l = rate.NewLimiter(p.rate, p.burst)
	}
	if len(p.young) >= p.keep {
		p.forgotten.Add(float64(len(p.old)))
		p.old, p.young = p.young, make(map[K]*rate.Limiter)
	}
	p.young[key] = l
	return l
}

// sender is who publishes: a token, or the network of an address without one.
type sender struct {
	token [16]byte
	addr  netip.Addr
}

// paceSender refuses what comes too soon after what the same client sent before.
func (s *Server) paceSender(rq *request) error {
	if s.senders == nil {
		return nil
	}
	var from sender
	if rq.claims != nil {
		from.token = rq.claims.Token
	} else {
		from.addr = network(s.client(rq))
	}
	return s.senders.take(from, time.Now())
}

// paceRoom refuses what comes too soon after what the room was sent before. The
// key's name becomes the pacer's.
func (s *Server) paceRoom(room persistence.RoomKey) error {
	if s.crowds == nil {
		return nil
	}
	return s.crowds.take(room, time.Now())
}

// rateLimited says for how long to wait, in whole seconds, at least one.
func rateLimited(wait time.Duration) refusal {
	r := errRate
	r.retryAfter = max(1, int(math.Ceil(wait.Seconds())))
	return r
}
