package actors

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/parlor-sse/parlor/actors/wire"
	"github.com/parlor-sse/parlor/persistence"
)

// HasKind reports whether there are rooms of that kind, other than those that
// the system has for its own use. It never blocks.
func (s *System) HasKind(kind string) bool {
	return s.node.kinds.has(kind) && !strings.HasPrefix(kind, builtIn)
}

// Call has a room's behaviour answer a request, wherever the room is. When it
// returns without an error, whatever the status of the answer, all that the room
// did is as durable as a message would be. Errors are those of Publish, and
// ErrNoKind, ErrNoFetch, ErrNotStarted, ErrFailed, ErrAnswerSize, ErrBadCall, and
// a *Refusal of the behaviour's.
func (s *System) Call(ctx context.Context, c Call) (Reply, error) {
	if err := c.check(); err != nil {
		return Reply{}, err
	}
	if !s.HasKind(c.Room.Kind) {
		return Reply{}, ErrNoKind
	}
	if s.node.clustered() && c.Key == "" {
		_, _ = rand.Read(c.retry[:]) // never fails
	}
	answer, err := s.ask(ctx, question{key: c.Room, local: fetch{call: c}, wire: callTo(&c), patience: answerPatience})
	if err != nil {
		s.node.metrics.refused.WithLabelValues(refusalOf(err)).Inc()
		return Reply{}, err
	}
	return answer.(fetched).reply, nil
}

// Create makes a room without a name, which nobody can guess: its name is its
// object id. When it returns, the room is on disk and can be found.
func (s *System) Create(ctx context.Context, kind string) (persistence.RoomKey, error) {
	if !s.HasKind(kind) {
		return persistence.RoomKey{}, ErrNoKind
	}
	key := persistence.RoomKey{Kind: kind, Name: persistence.NewObjectID(kind)}
	_, err := s.ask(ctx, question{key: key, local: create{}, wire: wire.Create{Room: key}})
	return key, unavailable(err)
}

// found says whether a node holds a room.
type found struct {
	room persistence.RoomKey
	ok   bool
	err  error
}

// Find returns the room of the kind with the object id, which was checked before:
// one that is awake, or of which some node holds a copy. ErrNoObject means that
// no node does, ErrUnavailable that not all who may could be asked.
func (s *System) Find(ctx context.Context, kind, id string) (persistence.RoomKey, error) {
	here := s.node.find(kind, id)
	if here.ok || here.err != nil {
		return here.room, here.err
	}
	if !s.node.clustered() {
		return persistence.RoomKey{}, ErrNoObject
	}
	return s.findAround(ctx, wire.Find{Kind: kind, ID: id})
}

// find looks for a room among those awake here, and on this node's disk.
func (n *node) find(kind, id string) found {
	if key, ok := n.router.findAwake(kind, id); ok {
		return found{room: key, ok: true}
	}
	key, ok, err := n.store.Find(kind, id)
	if err != nil {
		n.log.Error("room not looked for", "kind", kind, "err", err)
		return found{err: ErrUnavailable}
	}
	return found{room: key, ok: ok}
}

// findAround asks all other holders at once.
func (s *System) findAround(ctx context.Context, m wire.Find) (persistence.RoomKey, error) {
	v := s.node.place.view.Load()
	if v == nil {
		return persistence.RoomKey{}, ErrUnavailable
	}
	var asked []actor.Future
	all := true
	for i := range v.Ring().Members() {
		member := &v.Ring().Members()[i]
		if member.Name == s.cfg.Node {
			continue
		}
		pid := s.node.peers.pid(member.Name, roomsProcess)
		if pid == nil || !s.node.peers.contact(member.Name) {
			all = false
			continue
		}
		asked = append(asked, s.node.root.RequestFuture(pid, packed(m), attemptPatience))
	}
	for _, f := range asked {
		answer, err := conclude(persistence.RoomKey{Kind: m.Kind}, f)
		if there, ok := answer.(found); err == nil && ok {
			if there.ok {
				return there.room, nil
			}
			continue
		}
		all = false
	}
	if !all || ctx.Err() != nil {
		return persistence.RoomKey{}, fmt.Errorf("%w: not every node could be asked for the room", ErrUnavailable)
	}
	return persistence.RoomKey{}, ErrNoObject
}

// findAwake returns the room of the object id, if it is awake.
func (r *router) findAwake(kind, id string) (key persistence.RoomKey, ok bool) {
	for i := range r.shards {
		sh := &r.shards[i]
		sh.mu.RLock()
		for k, act := range sh.rooms {
			if k.Kind == kind && act.id == id {
				key, ok = k, true
				break
			}
		}
		sh.mu.RUnlock()
		if ok {
			break
		}
	}
	return key, ok
}
