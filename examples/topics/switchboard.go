package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/persistence"
)

// switchboardKind returns the kind of which there is one room in a cluster: every
// stream is on it, and it knows who has subscribed to what.
func switchboardKind() actors.Kind {
	return actors.Kind{
		Name: "topics", New: func() any { return &switchboard{} }, Private: true, Storage: actors.MaxStorage,
	}
}

// switchboardRoom returns that room.
func switchboardRoom() persistence.RoomKey { return persistence.RoomKey{Kind: "topics", Name: "sse"} }

// grace is how long subscriptions wait for a stream of their user's.
const grace = 30 * time.Second

// switchboard is the behaviour of that room. What it knows is in storage; in
// memory it has only whom it owes an answer.
type switchboard struct{ held heldAnswers }

// Connect implements actors.Connecter.
func (s *switchboard) Connect(ctx *actors.Context, who actors.Subscriber) error {
	if who.User == "" {
		return nil
	}
	s.held.release(ctx, who.User)
	return registry{ctx.Storage()}.change(who.User, time.Now(), func(c *client) { c.Streams++ })
}

// Disconnect implements actors.Disconnecter. Subscriptions end with the last
// stream, unless they are so fresh that they may be for one that is yet to come.
func (s *switchboard) Disconnect(ctx *actors.Context, who actors.Subscriber) error {
	if who.User == "" {
		return nil
	}
	err := registry{ctx.Storage()}.change(who.User, time.Now(), func(c *client) { c.Streams = max(c.Streams-1, 0) })
	if err != nil {
		return err
	}
	return s.setAlarm(ctx)
}

// Fetch implements actors.Fetcher for Service, which alone can reach the room.
func (s *switchboard) Fetch(ctx *actors.Context, w http.ResponseWriter, r *http.Request) error {
	var o order
	if err := json.NewDecoder(r.Body).Decode(&o); err != nil {
		return err
	}
	switch r.URL.Path {
	case pathSubscribe:
		return s.subscribe(ctx, w, o)
	case pathUnsubscribe:
		return registry{ctx.Storage()}.change(o.User, time.Now(), func(c *client) {
			c.Topics = without(c.Topics, sorted(o.Topics))
		})
	case pathSend:
		return answerJSON(w)(send(ctx, o))
	case pathStats:
		return answerJSON(w)(registry{ctx.Storage()}.stats())
	}
	return fmt.Errorf("there is no %s", r.URL.Path)
}

// subscribe adds topics to those of a user. A stream is open some moments before
// the room is told of it, so that a user without one is answered when it is.
func (s *switchboard) subscribe(ctx *actors.Context, w http.ResponseWriter, o order) error {
	now := time.Now()
	var after client
	err := registry{ctx.Storage()}.change(o.User, now, func(c *client) {
		c.Topics = sorted(append(c.Topics, o.Topics...))
		c.Until = now.Add(grace).UnixMilli()
		after = *c
	})
	switch {
	case err != nil:
		return err
	case len(after.Topics) > maxTopics:
		return actors.Refuse(http.StatusBadRequest, "too_many_topics", fmt.Sprintf("A user has at most %d topics", maxTopics))
	case after.connected():
		return nil
	}
	s.held.hold(ctx, w, o.User, now)
	return s.setAlarm(ctx)
}

// Alarm implements actors.Alarmer: it answers who has waited long enough for a
// stream, and forgets subscriptions that have.
func (s *switchboard) Alarm(ctx *actors.Context, _ actors.AlarmInfo) error {
	now := time.Now()
	s.held.releaseBefore(ctx, now.Add(-patience))
	r := registry{ctx.Storage()}
	late, err := r.late(now)
	if err != nil {
		return err
	}
	for _, user := range late {
		if err := r.change(user, now, func(*client) {}); err != nil {
			return err
		}
	}
	return s.setAlarm(ctx)
}

// setAlarm has the room called when something is due next, if anything is. What
// comes later does not put off what is due.
func (s *switchboard) setAlarm(ctx *actors.Context) error {
	due, held := s.held.due()
	if !held {
		waiting, err := ctx.Storage().List(actors.ListOptions{Prefix: waitingKey, Limit: 1})
		if err != nil || len(waiting) == 0 {
			return err
		}
		due = time.Now().Add(grace)
	}
	if at, set := ctx.Storage().GetAlarm(); set && !at.After(due) {
		return nil
	}
	return ctx.Storage().SetAlarm(due)
}

// sorted returns the topics in order, each once.
func sorted(topics []string) []string {
	topics = slices.Clone(topics)
	slices.Sort(topics)
	return slices.Compact(topics)
}

// answerJSON returns a function that answers with a value, unless there is an
// error.
func answerJSON(w http.ResponseWriter) func(v any, err error) error {
	return func(v any, err error) error {
		if err != nil {
			return err
		}
		return json.NewEncoder(w).Encode(v)
	}
}
