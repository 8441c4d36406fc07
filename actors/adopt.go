package actors

import (
	"context"
	"sync"
	"time"

	"github.com/parlor-sse/parlor/actors/wire"
	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/replication"
)

const (
	adoptPatience  = 3 * time.Second // for one room to be owned
	settlePatience = time.Second     // for the last of its copies after that
	settleLook     = 20 * time.Millisecond
)

// adopt takes on rooms that another node, or this one, has copies of: each is
// owned here, however briefly, so that its home set holds it.
func (h *handover) adopt(from string, m wire.Adopt) {
	if h.ring.applied.Load() != m.Ring {
		return // one of both is behind, and the other asks again
	}
	h.serve(func() {
		ctx, _ := h.ring.view()
		done := h.establish(ctx, m)
		if len(done) == 0 {
			return
		}
		answer := wire.Adopted{Ring: m.Ring, Rooms: done}
		if from == h.node.cfg.Node {
			h.adopted(answer)
		} else {
			h.node.peers.send(from, replicasProcess, answer)
		}
	})
}

// maxSafe bounds the rooms that are remembered as established. Holders offer
// rooms in the same order and at about the same time, so the latest are enough.
const maxSafe = 1 << 14

// safeRooms are the rooms established here lately under one ring. Each of a
// room's holders offers it, and once is enough.
type safeRooms struct {
	mu    sync.Mutex
	ring  uint64                           // guarded by mu
	rooms map[persistence.RoomKey]struct{} // guarded by mu
}

func (s *safeRooms) has(ring uint64, key persistence.RoomKey) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.rooms[key]
	return ok && s.ring == ring
}

func (s *safeRooms) add(ring uint64, key persistence.RoomKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ring != ring || len(s.rooms) == maxSafe {
		s.ring, s.rooms = ring, make(map[persistence.RoomKey]struct{})
	}
	s.rooms[key] = struct{}{}
}

// establish owns all rooms at once and returns those that it could.
func (h *handover) establish(ctx context.Context, m wire.Adopt) []persistence.RoomKey {
	ctx, cancel := context.WithTimeout(ctx, adoptPatience)
	defer cancel()
	var (
		mu   sync.Mutex
		done []persistence.RoomKey
		work sync.WaitGroup
	)
	for _, key := range m.Rooms {
		work.Go(func() {
			if h.safe.has(m.Ring, key) || h.establishOne(ctx, key) {
				h.safe.add(m.Ring, key)
				mu.Lock()
				defer mu.Unlock()
				done = append(done, key)
			}
		})
	}
	work.Wait()
	return done
}

// establishOne reports whether the room was owned here under the ring in force.
func (h *handover) establishOne(ctx context.Context, key persistence.RoomKey) bool {
	n := h.node
	if !n.place.owns(key) {
		return false
	}
	if n.router.isAwake(key) {
		_, err := n.root.RequestFuture(n.rooms, toRoom{key: key, message: adopt{}}, adoptPatience).Result()
		return err == nil && n.place.owns(key)
	}
	a := &adopter{owned: make(chan struct{}), deposed: make(chan struct{})}
	own := n.replicas.AcquireIdle(key, a)
	if own == nil {
		return false // somebody woke it: the room itself is asked the next time
	}
	defer own.Release()
	select {
	case <-a.owned:
	case <-a.deposed:
		return false
	case <-ctx.Done():
		return false
	}
	// A quorum holds it. The others are given a moment to follow, because nobody
	// may come for the room for a long time.
	look := time.NewTicker(settleLook)
	defer look.Stop()
	for waited := time.Duration(0); waited < settlePatience && !own.Settled(); waited += settleLook {
		select {
		case <-look.C:
		case <-ctx.Done():
			return true
		}
	}
	return true
}

// adopter owns a room that nobody uses.
type adopter struct{ owned, deposed chan struct{} }

// Owned implements replica.Owner.
func (a *adopter) Owned(replication.Owned) { close(a.owned) }

// Committed implements replica.Owner.
func (a *adopter) Committed(replication.Committed) {}

// Confirmed implements replica.Owner.
func (a *adopter) Confirmed(replication.Confirmed) {}

// Deposed implements replica.Owner.
func (a *adopter) Deposed(replication.Reason) { close(a.deposed) }
