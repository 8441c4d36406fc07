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
	"github.com/parlor-sse/parlor/actors/wire"
	"github.com/parlor-sse/parlor/cluster/remoting"
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
	remote    *remoting.Remote // nil on a node of its own
	follower  *follower        // nil on a node of its own
	heavy     *heavyPost       // nil on a node of its own
	clock     *clock
	streamIDs atomic.Uint64 // begins where no earlier process of this node came
	draining  atomic.Bool
	closed    atomic.Bool
}

// Open starts a node's rooms and streams. The store, the committer and the
// cluster stay the caller's, to be closed after the system.
func Open(cfg Config) (*System, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg.Engine.Keep, cfg.Engine.Notice = cfg.History, expiryNotice
	engine, err := fanout.Open(cfg.Engine)
	if err != nil {
		return nil, fmt.Errorf("open streams: %w", err)
	}
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
	s.streamIDs.Store(uint64(time.Now().UnixNano()))
	n := &node{
		cfg: cfg, log: cfg.Logger.With("component", "rooms"), root: as.Root, store: cfg.Store, committer: cfg.Committer,
		place: newPlacement(cfg.Node, cfg.Ring, cfg.Cluster), window: cfg.History, kinds: newKinds(&cfg), sinks: newSinks(&cfg), call: s.Call,
	}
	s.node = n
	n.router = newRouter(n)
	n.router.spawn = s.spawn
	s.outlets = newOutlets(n, engine)
	n.outlets = s.outlets
	if n.metrics, err = newMetrics(cfg.Registerer, s); err != nil {
		engine.Close()
		as.Shutdown()
		return nil, fmt.Errorf("open rooms: %w", err)
	}
	n.ledger = localLedger{n}
	if cfg.Cluster != nil {
		if err := s.openCluster(); err != nil {
			s.engine.Close()
			n.metrics.set.Unregister()
			as.Shutdown()
			return nil, err
		}
	}
	n.rooms, _ = as.ProcessRegistry.Add(n.router, roomsProcess)
	n.front, _ = as.ProcessRegistry.Add(s.outlets, outletsProcess)
	if cfg.Cluster != nil {
		s.join()
	}
	s.clock = newClock(n)
	s.clock.open()
	go s.outlets.beats.run()
	return s, nil
}

// spawn starts a room's actor.
func (s *System) spawn(act *activation) *actor.PID {
	return s.node.root.Spawn(actor.PropsFromProducer(func() actor.Actor { return newRoom(s.node, act) }))
}

// Publish has a message committed and sent to all who listen. When it returns
// without an error the message is as durable as the receipt says and has its
// final id; nobody saw it before. While streams here cannot be sent messages as
// fast as they come, it returns later. ErrUnknownOutcome means that nobody knows
// whether it will be delivered: publish it again under the same key. Any other
// error, a *Refusal of the room's behaviour among them, means that it never will.
func (s *System) Publish(ctx context.Context, p Publication) (Receipt, error) {
	if err := p.to().validUser(); err != nil {
		return Receipt{}, err
	}
	answer, err := s.ask(ctx, s.questionOf(p))
	if err != nil {
		s.node.metrics.refused.WithLabelValues(refusalOf(err)).Inc()
		return Receipt{}, err
	}
	s.outlets.pace(ctx, p.Room)
	return answer.(published).receipt, nil
}

// Info describes a room. It wakes the room if it sleeps.
func (s *System) Info(ctx context.Context, key persistence.RoomKey) (RoomInfo, error) {
	answer, err := s.ask(ctx, question{key: key, local: describe{}, wire: wire.Describe{Room: key}})
	if err != nil {
		return RoomInfo{}, unavailable(err)
	}
	return answer.(RoomInfo), nil
}

// History returns the messages that the room keeps, oldest first. They must not
// be changed.
func (s *System) History(ctx context.Context, key persistence.RoomKey) ([]persistence.Record, error) {
	answer, err := s.ask(ctx, question{key: key, local: recall{}, wire: wire.Recall{Room: key}})
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
		infos[i] = act.info(s.cfg.Node)
	}
	return infos, next
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
	s.clock.close()
	if s.follower != nil {
		s.leaveCluster()
	}
	s.node.router.close()
	if s.node.replicas != nil {
		s.node.replicas.Close()
	}
	s.node.metrics.set.Unregister()
	s.actors.Shutdown()
}
