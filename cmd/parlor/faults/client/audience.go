package client

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"github.com/parlor-sse/parlor/actors/sse"
	"github.com/parlor-sse/parlor/cmd/parlor/faults/history"
)

// Audience says who listens.
type Audience struct {
	Subscribers int
	Rooms       []string // spread evenly over the subscribers
	Seed        uint64
}

// severalRooms is how many rooms those subscribers listen to that listen to
// more than one, and everyThird who they are.
const (
	severalRooms = 3
	everyThird   = 3
)

// Subscribers listen to all rooms, and come back whenever a stream ends, to the
// same node or another. Some leave of their own will now and then, and are back
// at once. They are started once and stopped once.
type Subscribers struct {
	nodes    *Nodes
	recorder *history.Recorder
	conns    atomic.Int64 // numbers streams
	calm     atomic.Bool  // nobody leaves of their own will any more

	mu       sync.Mutex
	progress []map[string]uint64 // guarded by mu; of each subscriber, the seq it is at in each room; nil without a stream

	end  context.CancelFunc
	work sync.WaitGroup
}

// StartSubscribers begins to listen.
func StartSubscribers(ctx context.Context, audience Audience, nodes *Nodes, recorder *history.Recorder) *Subscribers {
	s := &Subscribers{nodes: nodes, recorder: recorder, progress: make([]map[string]uint64, audience.Subscribers)}
	ctx, s.end = context.WithCancel(ctx)
	next := 0 // of the rooms
	for i := range audience.Subscribers {
		several := 1
		if i%everyThird == everyThird-1 {
			several = min(severalRooms, len(audience.Rooms))
		}
		var rooms []string
		for range several {
			rooms = append(rooms, audience.Rooms[next%len(audience.Rooms)])
			next++
		}
		sub := &subscriber{
			Subscribers: s, number: i, rooms: rooms, retry: defaultRetry,
			rng: rand.New(rand.NewPCG(audience.Seed, uint64(i))), wanders: i%4 == 0, at: make(map[string]uint64),
		}
		sub.parser = sse.NewParser(sse.Options{Bookmark: sub.bookmark})
		s.work.Go(func() { sub.run(ctx) })
	}
	return s
}

// Stop ends all streams and waits for them.
func (s *Subscribers) Stop() {
	s.end()
	s.work.Wait()
}

// Calm lets nobody leave of their own will from now on.
func (s *Subscribers) Calm() { s.calm.Store(true) }

// Behind returns how many subscribers have no stream, or have not come as far as
// a seq in a room of theirs.
func (s *Subscribers) Behind(want map[string]uint64) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	behind := 0
	for _, rooms := range s.progress {
		there := rooms != nil
		for room, at := range rooms {
			there = there && at >= want[room]
		}
		if !there {
			behind++
		}
	}
	return behind
}
