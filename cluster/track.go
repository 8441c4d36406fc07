package cluster

import (
	"slices"
	"sync"
	"time"

	"github.com/parlor-sse/parlor/cluster/agree"
	"github.com/parlor-sse/parlor/cluster/gossip"
)

// tracker remembers who is here and since when others are not. It may be used
// from any goroutine.
type tracker struct {
	began time.Time // Static after construction.

	mu    sync.Mutex
	alive map[string]gossip.Peer // Guarded by mu; of this cluster
	away  map[string]absence     // Guarded by mu; the other nodes that are listed
}

// absence is an absence with its beginning.
type absence struct {
	since   time.Time
	started uint64 // the process that was here last; zero if none was seen
	left    bool
}

func newTracker(now time.Time) *tracker {
	return &tracker{began: now, alive: map[string]gossip.Peer{}, away: map[string]absence{}}
}

// update takes what gossip knows. cluster is this node's; listed are the nodes
// whose absence matters.
func (t *tracker) update(now time.Time, cluster string, peers []gossip.Peer, gone []gossip.Departed, listed []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	alive := map[string]gossip.Peer{}
	for _, p := range peers {
		if cluster != "" && p.Meta.Cluster == cluster {
			alive[p.Name] = p
		}
	}
	away := map[string]absence{}
	for _, name := range listed {
		if _, here := alive[name]; here {
			continue
		}
		a, known := t.away[name]
		if was, here := t.alive[name]; here {
			a = absence{since: now, started: was.Meta.Started}
		} else if !known {
			a = absence{since: t.began}
		}
		away[name] = a.departed(name, gone)
	}
	t.alive, t.away = alive, away
}

// departed adds what gossip knows of the node's end.
func (a absence) departed(name string, gone []gossip.Departed) absence {
	i := slices.IndexFunc(gone, func(d gossip.Departed) bool { return d.Name == name })
	if i < 0 || gone[i].Meta.Started < a.started {
		return a
	}
	a.started = gone[i].Meta.Started
	a.left = gone[i].Left
	return a
}

// peer returns the node if it is here.
func (t *tracker) peer(name string) (gossip.Peer, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p, ok := t.alive[name]
	return p, ok
}

// peers returns those that are here.
func (t *tracker) peers() []gossip.Peer {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []gossip.Peer
	for _, p := range t.alive {
		all = append(all, p)
	}
	return all
}

// observe returns what the leader goes by. crashed says which processes are
// proven to have ended; one of them is not here even if gossip has not noticed.
func (t *tracker) observe(now time.Time, crashed func(node string, incarnation uint64) bool) agree.Observation {
	t.mu.Lock()
	defer t.mu.Unlock()
	o := agree.Observation{Alive: map[string]agree.Sighting{}, Absent: map[string]agree.Absence{}}
	for name, p := range t.alive {
		if crashed(name, p.Meta.Started) {
			o.Absent[name] = agree.Absence{Seen: true, Crashed: true}
			continue
		}
		o.Alive[name] = sighting(p)
	}
	for name, a := range t.away {
		o.Absent[name] = agree.Absence{
			For:     now.Sub(a.since),
			Seen:    a.started != 0,
			Crashed: a.started != 0 && crashed(name, a.started),
			Left:    a.left,
		}
	}
	return o
}

// lookAgain is how often follow looks even if gossip reports no change.
const lookAgain = 500 * time.Millisecond

// follow keeps the tracker and the directory up to date.
func (c *Cluster) follow() {
	tick := time.NewTicker(lookAgain)
	defer tick.Stop()
	for {
		c.look()
		select {
		case <-c.gossip.Changed():
		case <-tick.C:
		case <-c.ctx.Done():
			return
		}
	}
}

func (c *Cluster) look() {
	c.tracker.update(time.Now(), c.record.Cluster(), c.gossip.Peers(), c.gossip.Gone(), c.listed())
	c.crashes.forget(c.tracker.alivePast)
	c.redirect()
	wake(c.wakeLead)
	wake(c.crashes.holdWake)
}

// alivePast reports whether the node is here as a process after the given one,
// or is not listed any more.
func (t *tracker) alivePast(node string, incarnation uint64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	p, here := t.alive[node]
	_, away := t.away[node]
	return here && p.Meta.Started != incarnation || !here && !away
}
