package client

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/parlor-sse/parlor/cmd/parlor/faults/history"
)

const (
	// persistence is how long a message is tried.
	persistence = 30 * time.Second
	// tick is how often the publisher looks what is due.
	tick = 5 * time.Millisecond
	// maxWaiting bounds the messages of one room that wait for an answer; what
	// is due beyond that is skipped and counted.
	maxWaiting = 256
	// Pauses between attempts at a message, which double.
	minPause = 50 * time.Millisecond
	maxPause = 400 * time.Millisecond
)

// Load says what publishers do.
type Load struct {
	Rooms []string
	Rate  float64 // messages a second, all rooms together
	Keyed float64 // share of messages with an Idempotency-Key, 0 to 1
	Seed  uint64
}

// Publishers publish to all rooms at a steady rate that does not wait for
// answers: a node that answers late holds up its own messages only. They are
// started once and stopped once.
type Publishers struct {
	load   Load
	nodes  *Nodes
	poster *poster
	prefix string

	count   atomic.Uint64 // messages made
	skipped atomic.Uint64
	waiting map[string]chan struct{} // by room; static, its channels count

	mu     sync.Mutex
	newest map[string]uint64 // guarded by mu; the greatest seq acknowledged in each room

	end  context.CancelFunc
	work sync.WaitGroup
}

// StartPublishers begins to publish.
func StartPublishers(ctx context.Context, load Load, nodes *Nodes, recorder *history.Recorder) *Publishers {
	p := &Publishers{
		load: load, nodes: nodes, poster: newPoster(recorder, 64),
		prefix: fmt.Sprintf("%x", load.Seed), waiting: make(map[string]chan struct{}),
		newest: make(map[string]uint64),
	}
	for _, room := range load.Rooms {
		p.waiting[room] = make(chan struct{}, maxWaiting)
	}
	pacing, end := context.WithCancel(ctx)
	p.end = end
	p.work.Go(func() { p.pace(pacing, ctx) })
	return p
}

// Stop makes no new messages, waits until those under way are answered or given
// up, and returns how many were skipped because too many waited.
func (p *Publishers) Stop() (skipped uint64) {
	p.end()
	p.work.Wait()
	p.poster.close()
	return p.skipped.Load()
}

// pace makes messages until pacing ends. They are tried until ctx ends.
func (p *Publishers) pace(pacing, ctx context.Context) {
	rng := rand.New(rand.NewPCG(p.load.Seed, 1))
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	began, made := time.Now(), 0
	for {
		select {
		case <-pacing.Done():
			return
		case <-ticker.C:
		}
		due := int(time.Since(began).Seconds() * p.load.Rate)
		for ; made < due; made++ {
			p.begin(ctx, rng)
		}
	}
}

// begin makes a message and tries it, unless too many of its room wait.
func (p *Publishers) begin(ctx context.Context, rng *rand.Rand) {
	number := p.count.Add(1)
	// In turn, so that the time between two of one room says something.
	room := p.load.Rooms[number%uint64(len(p.load.Rooms))]
	m := newMessage(rng, fmt.Sprintf("%s-%d", p.prefix, number), room, rng.Float64() < p.load.Keyed)
	seed := rng.Uint64()
	select {
	case p.waiting[room] <- struct{}{}:
	default:
		p.skipped.Add(1)
		return
	}
	p.work.Go(func() {
		defer func() { <-p.waiting[room] }()
		p.publish(ctx, m, rand.New(rand.NewPCG(p.load.Seed, seed)))
	})
}

// publish tries a message, each time at another node, until it is known to be
// accepted or can't be tried again.
func (p *Publishers) publish(ctx context.Context, m message, rng *rand.Rand) bool {
	ctx, cancel := context.WithTimeout(ctx, persistence)
	defer cancel()
	node, pause := p.nodes.Pick(rng, ""), minPause
	for {
		done := p.poster.send(ctx, node, m)
		if done.Outcome == history.OK {
			p.acknowledged(done)
			return true
		}
		if !again(done) {
			return false
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(pause/2 + rand.N(pause/2)):
		}
		node, pause = p.nodes.Pick(rng, node.Name), min(2*pause, maxPause)
	}
}

func (p *Publishers) acknowledged(done history.Publish) {
	id, _ := history.Position(done.ID)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.newest[done.Room] = max(p.newest[done.Room], id.Seq)
}

// Newest returns the greatest seq acknowledged so far in each room.
func (p *Publishers) Newest() map[string]uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.newest)
}

// again reports whether a message may be tried again: it never is when it could
// come to be there twice.
func again(done history.Publish) bool {
	switch done.Outcome {
	case history.Unsent:
		return true
	case history.Refused:
		return done.Status >= http.StatusInternalServerError || done.Status == http.StatusTooManyRequests
	}
	return done.Keyed
}

// Probe publishes one message to each room, all at the same time, and returns
// the rooms that did not take theirs in the time that ctx and persistence allow.
// It may be called after Stop.
func (p *Publishers) Probe(ctx context.Context) []string {
	var (
		mu      sync.Mutex
		refused []string // guarded by mu
		work    sync.WaitGroup
	)
	for i, room := range p.load.Rooms {
		work.Go(func() {
			rng := rand.New(rand.NewPCG(p.load.Seed, uint64(i)))
			uuid := strings.Join([]string{p.prefix, "probe", fmt.Sprint(p.count.Add(1))}, "-")
			if !p.publish(ctx, newMessage(rng, uuid, room, true), rng) {
				mu.Lock()
				defer mu.Unlock()
				refused = append(refused, room)
			}
		})
	}
	work.Wait()
	p.poster.close()
	return refused
}
