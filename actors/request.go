package actors

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/parlor-sse/parlor/actors/wire"
	"github.com/parlor-sse/parlor/persistence"
)

// How a front waits for a room that may be moving.
const (
	defaultPatience = 10 * time.Second        // where the caller's context sets no bound
	attemptPatience = 500 * time.Millisecond  // for one answer; a lost question is asked again
	answerPatience  = 2 * time.Second         // for the answer of a behaviour, which may be large and is not sent twice
	lonePatience    = 1600 * time.Millisecond // without a leader in contact
	retryLeast      = 20 * time.Millisecond   // between a refusal and the next attempt
	retryMost       = 200 * time.Millisecond
)

// question is something asked of a room, in both its forms.
type question struct {
	key   persistence.RoomKey
	local any          // for a room of this node
	wire  wire.Message // for one of another
	once  bool         // must not be asked again once it may have been heard

	patience time.Duration // for one answer; 0 for attemptPatience
}

// ask asks a room and waits for its answer until ctx ends. In a cluster it asks
// again, whoever owns the room then, for as long as the answer is that the room
// is on its way or there is none.
func (s *System) ask(ctx context.Context, q question) (any, error) {
	if _, err := ParseRoom(q.key.Name); err != nil {
		return nil, err
	}
	if _, bounded := ctx.Deadline(); !bounded {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, defaultPatience)
		defer cancel()
	}
	if !s.node.clustered() {
		return s.askOnce(ctx, s.cfg.Node, q, nil)
	}
	return s.askAround(ctx, q)
}

// askAround asks until there is an answer that will not be another the next
// time.
func (s *System) askAround(ctx context.Context, q question) (any, error) {
	began := time.Now()
	last, unknown := ErrUnavailable, false
	for pause := retryLeast; ; pause = min(2*pause, retryMost) {
		_, changed := s.node.peers.members.Watch()
		if owner := s.node.place.owner(q.key); owner != "" {
			answer, err := s.askOnce(ctx, owner, q, changed)
			switch {
			case errors.Is(err, ErrAnswerLost), errors.Is(err, ErrUnknownOutcome) && q.once:
				return nil, err
			case errors.Is(err, ErrUnknownOutcome):
				unknown = true
			case errors.Is(err, errMoved), errors.Is(err, ErrUnavailable):
			default:
				return answer, err
			}
		}
		// Without a leader in contact no other owner will come: better say so while
		// the caller still listens.
		hopeless := !s.node.peers.members.Quorate() && time.Since(began) > lonePatience
		if hopeless || !pauseOr(ctx, changed, pause) {
			if unknown {
				last = ErrUnknownOutcome
			}
			return nil, last
		}
		s.node.metrics.retried.Inc()
	}
}

// pauseOr waits for the pause to pass or for changed to be closed, and reports
// false once ctx has ended.
func pauseOr(ctx context.Context, changed <-chan struct{}, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-changed:
	case <-timer.C:
	}
	return ctx.Err() == nil
}

// askOnce asks one node and waits for the answer, until ctx ends or a new ring
// names another owner. On a node of its own changed is nil.
func (s *System) askOnce(ctx context.Context, owner string, q question, changed <-chan struct{}) (any, error) {
	deadline, _ := ctx.Deadline()
	patience := max(time.Until(deadline), time.Millisecond)
	if s.node.clustered() {
		patience = min(patience, cmp.Or(q.patience, attemptPatience))
	}
	f := s.send(owner, q, patience)
	if f == nil {
		return nil, ErrUnavailable
	}
	done := make(chan struct{})
	go func() { // ends with the future, which ends with patience
		_ = f.Wait()
		close(done)
	}()
	for {
		select {
		case <-done:
			return conclude(q.key, f)
		case <-changed:
			if s.node.place.owner(q.key) == owner {
				_, changed = s.node.peers.members.Watch()
				continue
			}
		case <-ctx.Done():
		}
		s.node.root.Stop(f.PID()) // nobody waits for it any more
		return nil, ErrUnknownOutcome
	}
}

// send sends a question to a node, or returns nil for a node that cannot be
// spoken to.
func (s *System) send(owner string, q question, patience time.Duration) actor.Future {
	if owner == s.cfg.Node {
		return s.node.root.RequestFuture(s.node.rooms, toRoom{key: q.key, message: q.local}, patience)
	}
	// What is never sent is refused for certain. What is sent to a node that has
	// fallen silent may be done much later.
	pid := s.node.peers.pid(owner, roomsProcess)
	if pid == nil || !s.node.peers.contact(owner) {
		return nil
	}
	return s.node.root.RequestFuture(pid, packed(q.wire), patience)
}

// conclude reads what a future came to.
func conclude(key persistence.RoomKey, f actor.Future) (any, error) {
	answer, err := f.Result()
	if err != nil {
		return nil, ErrUnknownOutcome
	}
	if b, ok := answer.(*wrapperspb.BytesValue); ok {
		m, err := wire.Decode(b.GetValue())
		if err != nil {
			return nil, ErrUnknownOutcome
		}
		return answered(key, m)
	}
	switch a := answer.(type) {
	case published:
		return a, a.err
	case fetched:
		return a, a.err
	}
	return answer, nil
}

// questionOf returns a publication as a question. It gets a name, so that it is
// done once however often it is asked.
func (s *System) questionOf(p Publication) question {
	if s.node.clustered() && p.named() == byFront && p.to().everybody() {
		_, _ = rand.Read(p.retry[:]) // never fails
	}
	return question{
		key: p.Room, local: publish{publication: p}, once: !p.to().everybody(),
		wire: wire.Publish{
			Room: p.Room, Event: p.Event, Body: p.Body, Stamped: p.Stamped, Key: p.Key, Client: p.Client, User: p.User,
			Retry: p.retry, Source: p.Source, Offset: p.Offset,
		},
	}
}
