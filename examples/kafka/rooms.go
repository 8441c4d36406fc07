package main

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/persistence"
)

// rooms are the rooms of the cluster, for a room that publishes to another one.
// Rooms wake before the program is told of them, so that who publishes waits.
type rooms struct {
	system *actors.System // set once, before opened is closed
	opened chan struct{}
}

func newRooms() *rooms { return &rooms{opened: make(chan struct{})} }

// open makes the rooms known. It is called once.
func (r *rooms) open(system *actors.System) {
	r.system = system
	close(r.opened)
}

func (r *rooms) publish(ctx context.Context, p actors.Publication) error {
	select {
	case <-r.opened:
	case <-ctx.Done():
		return ctx.Err()
	}
	_, err := r.system.Publish(ctx, p)
	return err
}

// lookEvery is how often a node sees to it that somebody counts.
const lookEvery = time.Second

// keepCounting has the counter's room count, until ctx ends. Whichever node it
// lives on it needs no call once it counts; the first one has to come from
// somewhere, and so every node makes it.
func keepCounting(ctx context.Context, system *actors.System, log *slog.Logger) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		_, err := system.Call(ctx, actors.Call{
			Room:   persistence.RoomKey{Kind: counterKind, Name: counterRoom},
			Method: http.MethodPost, Target: "/start",
		})
		if err == nil {
			return
		}
		log.Debug("the counter can't be reached yet", "err", err)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
