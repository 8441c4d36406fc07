package actors

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/parlor-sse/parlor/actors/fanout"
	"github.com/parlor-sse/parlor/actors/sse"
	"github.com/parlor-sse/parlor/persistence"
)

// System is a node's rooms and its streams. Its methods may be called from any
// goroutine.
type System struct {
	cfg       Config
	actors    *actor.ActorSystem
	node      *node
	outlets   *outlets
	engine    *fanout.Engine
	streamIDs atomic.Uint64
	draining  atomic.Bool
	closed    atomic.Bool
}

// Open starts a node's rooms and streams. The store and the committer stay the
// caller's, to be closed after the system.
func Open(cfg Config) (*System, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg.Engine.Keep = cfg.History
	engine, err := fanout.Open(cfg.Engine)
	if err != nil {
		return nil, fmt.Errorf("open streams: %w", err)
	}
	log := cfg.Logger.With("component", "rooms")
	as := actor.NewActorSystem(
		// Answers to callers who stopped waiting become dead letters; they are of
		// no interest, nor is a goroutine that waits a second to count them.
		actor.WithDeadLetterRequestLogging(false),
		actor.WithDeadLetterThrottleInterval(100*time.Millisecond),
		actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger {
			return slog.New(slog.NewTextHandler(io.Discard, nil))
		}),
	)
	s := &System{cfg: cfg, actors: as, engine: engine}
	s.node = &node{
		cfg: cfg, log: log, root: as.Root, store: cfg.Store, life: cfg.Store.Life(), committer: cfg.Committer,
		router: newRouter(as.Root, cfg.Mailbox, log),
	}
	s.node.router.spawn = s.spawn
	s.outlets = newOutlets(s.node, engine)
	s.node.rooms, _ = as.ProcessRegistry.Add(s.node.router, roomsProcess)
	s.node.front, _ = as.ProcessRegistry.Add(s.outlets, outletsProcess)
	s.node.metrics = newMetrics(cfg.Registerer, s)
	go s.outlets.beats.run()
	return s, nil
}

// spawn starts a room's actor.
func (s *System) spawn(act *activation) *actor.PID {
	return s.node.root.Spawn(actor.PropsFromProducer(func() actor.Actor { return newRoom(s.node, act) }))
}

// ask sends a room a message and waits for its answer until ctx ends.
func (s *System) ask(ctx context.Context, key persistence.RoomKey, m any) (any, error) {
	patience := defaultPatience
	if deadline, ok := ctx.Deadline(); ok {
		patience = max(time.Until(deadline), time.Millisecond)
	}
	answer, err := s.node.root.RequestFuture(s.node.rooms, toRoom{key: key, message: m}, patience).Result()
	if err != nil {
		return nil, ErrUnknownOutcome
	}
	if p, ok := answer.(published); ok && p.err != nil {
		return nil, p.err
	}
	return answer, nil
}

// defaultPatience is how long a room is waited for where the caller's context
// sets no bound.
const defaultPatience = 10 * time.Second

// Publish has a message committed and sent to all who listen. When it returns
// without an error the message is as durable as the receipt says and has its
// final id; nobody saw it before. While streams here cannot be sent messages as
// fast as they come, it returns later. ErrOverloaded, ErrUnavailable, ErrKeyConflict
// and ErrKeysExhausted mean that it will never be delivered, ErrUnknownOutcome
// that nobody knows: publish it again under the same key.
func (s *System) Publish(ctx context.Context, p Publication) (Receipt, error) {
	answer, err := s.ask(ctx, p.Room, publish{publication: p})
	if err != nil {
		s.node.metrics.refused.WithLabelValues(refusalOf(err)).Inc()
		return Receipt{}, err
	}
	s.outlets.pace(ctx, p.Room)
	return answer.(published).receipt, nil
}

// Info describes a room. It wakes the room if it sleeps.
func (s *System) Info(ctx context.Context, key persistence.RoomKey) (RoomInfo, error) {
	answer, err := s.ask(ctx, key, describe{})
	if err != nil {
		return RoomInfo{}, unavailable(err)
	}
	return answer.(RoomInfo), nil
}

// History returns the messages that the room keeps, oldest first. They must not
// be changed.
func (s *System) History(ctx context.Context, key persistence.RoomKey) ([]persistence.Record, error) {
	answer, err := s.ask(ctx, key, recall{})
	if err != nil {
		return nil, unavailable(err)
	}
	return answer.([]persistence.Record), nil
}

// unavailable is what no answer means where nothing was to be changed.
func unavailable(err error) error {
	if errors.Is(err, ErrUnknownOutcome) {
		return ErrUnavailable
	}
	return err
}

// Rooms returns at most limit of the rooms awake on this node whose names come
// after the given one, by name, and the name to go on from, or "" at the end.
func (s *System) Rooms(after string, limit int) ([]RoomInfo, string) {
	page, next := s.node.router.awake(after, limit)
	infos := make([]RoomInfo, len(page))
	for i, act := range page {
		at := persistence.Position{Epoch: act.epoch.Load(), Seq: act.seq.Load()}
		infos[i] = act.info(s.cfg.Node, at)
	}
	return infos, next
}

// Members describes the ring in force.
func (s *System) Members() RingInfo {
	ring := s.cfg.Ring
	info := RingInfo{Version: ring.Version(), Leader: s.cfg.Node}
	for _, m := range ring.Members() {
		mi := MemberInfo{Name: m.Name, Address: m.Address, State: "alive", Self: m.Name == s.cfg.Node}
		for _, r := range m.Roles {
			mi.Roles = append(mi.Roles, string(r))
		}
		info.Members = append(info.Members, mi)
	}
	return info
}

// Stats counts what this node holds.
func (s *System) Stats() Stats {
	return Stats{
		Streams: int(s.engine.Stats().Streams),
		Rooms:   s.node.router.count(),
		Outlets: s.outlets.count(),
	}
}

// Drain refuses new streams and closes those that are open, spread over the
// given time, each with a reconnection time of its own. Publishing goes on.
func (s *System) Drain(ctx context.Context, over time.Duration) {
	s.draining.Store(true)
	s.engine.Drain(ctx, over, func() []byte {
		return sse.AppendEvent(nil, sse.Event{Retry: jitter()})
	})
}

// Close ends all streams and rooms. What was handed to the committer before is
// still committed and answered, so long as the committer is open.
func (s *System) Close() {
	if s.closed.Swap(true) {
		return
	}
	s.draining.Store(true)
	s.engine.Close()
	s.outlets.beats.close()
	s.node.router.close()
	s.node.metrics.unregister()
	s.actors.Shutdown()
}
