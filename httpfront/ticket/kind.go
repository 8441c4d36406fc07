package ticket

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/httpfront"
)

const (
	// kindName is the kind of the rooms that keep tickets. Those that package actors
	// brings along have a dot in the place of the colon.
	kindName = "parlor:ticket"
	// maxTickets bounds the tickets of one room that are neither redeemed nor late.
	maxTickets = 10_000
)

// Targets of calls.
const (
	targetIssue  = "/issue"
	targetRedeem = "/redeem"
)

// Kind returns the kind of the rooms that keep tickets. Every node of a cluster
// has to have it.
func Kind() actors.Kind { return kindOf(httpfront.TicketLife, maxTickets) }

// kindOf returns the kind with tickets that last so long, so many in a room.
func kindOf(life time.Duration, limit int) actors.Kind {
	return actors.Kind{
		Name: kindName, Private: true,
		New: func() any { return &room{life: life, limit: limit} },
	}
}

// room is the behaviour of a room that keeps tickets.
type room struct {
	// Static after New.
	life  time.Duration
	limit int

	shelf shelf
}

// Start implements actors.Starter.
func (r *room) Start(ctx *actors.Context) error { return r.shelf.count(ctx.Storage()) }

// Fetch implements actors.Fetcher.
func (r *room) Fetch(ctx *actors.Context, w http.ResponseWriter, q *http.Request) error {
	var ask request
	if err := json.NewDecoder(q.Body).Decode(&ask); err != nil || ask.Digest == "" {
		return actors.Refuse(http.StatusBadRequest, "bad_request", "This is not what tickets are asked.")
	}
	store, now := ctx.Storage(), time.Now()
	return r.shelf.turn(func() error {
		if q.URL.Path == targetIssue && ask.Claims != nil {
			return r.issue(store, now, w, ask)
		}
		return r.redeem(store, now, w, ask.Digest)
	})
}

// issue keeps a new ticket. The answer of a full room is no error, since that
// would bring back the late tickets that made way.
func (r *room) issue(store *actors.Storage, now time.Time, w http.ResponseWriter, ask request) error {
	if err := r.shelf.sweep(store, now, sweepNow); err != nil {
		return err
	}
	if r.shelf.tickets >= r.limit {
		w.WriteHeader(http.StatusServiceUnavailable)
		return nil
	}
	deadline := now.Add(r.life).UnixMilli()
	if err := r.shelf.put(store, ask.Digest, stored{Deadline: deadline, Claims: ask.Claims}); err != nil {
		return full(w, err)
	}
	w.WriteHeader(http.StatusNoContent)
	if _, set := store.GetAlarm(); set {
		return nil
	}
	return store.SetAlarm(time.UnixMilli(deadline))
}

// redeem answers with what a ticket stands for, and forgets it.
func (r *room) redeem(store *actors.Storage, now time.Time, w http.ResponseWriter, digest string) error {
	kept, ok, err := r.shelf.take(store, digest)
	if err != nil {
		return err
	}
	if !ok || now.UnixMilli() >= kept.Deadline {
		w.WriteHeader(http.StatusNotFound)
		return nil
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(kept.Claims); err != nil {
		return fmt.Errorf("answer with the claims: %w", err)
	}
	return nil
}

// Alarm implements actors.Alarmer: it forgets tickets that are late, also if
// nobody asks for one any more.
func (r *room) Alarm(ctx *actors.Context, _ actors.AlarmInfo) error {
	store := ctx.Storage()
	return r.shelf.turn(func() error {
		if err := r.shelf.sweep(store, time.Now(), sweepAlarm); err != nil {
			return err
		}
		next, ok, err := first(store)
		if err != nil || !ok {
			return err
		}
		return store.SetAlarm(next)
	})
}
