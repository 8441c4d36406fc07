package main

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/cmd/serve"
	"github.com/parlor-sse/parlor/httpfront"
	"github.com/parlor-sse/parlor/persistence"
)

// routes returns what the program serves besides Parlor's own routes.
func routes(n *serve.Node) ([]httpfront.Route, error) {
	pages, err := pageRoutes()
	if err != nil {
		return nil, err
	}
	return append(pages, httpfront.Route{
		Method: http.MethodGet, Pattern: "/sse/{id}", About: "Random numbers, the same to all who listen to one id",
		Handler: httpfront.EventStream(opener{n.Rooms(), n.Logger()}.open),
	}), nil
}

// opener opens streams.
type opener struct {
	rooms *actors.System
	log   *slog.Logger
}

// tellTime bounds how long a client waits because a room has to be told its id.
const tellTime = 5 * time.Second

func (o opener) open(r *httpfront.Request) (actors.SubscribeRequest, error) {
	id := r.Path("id")
	if strings.TrimSpace(id) == "" || len(id) > maxID {
		return actors.SubscribeRequest{}, httpfront.Status(http.StatusBadRequest,
			"application/json; charset=utf-8", []byte(`{"error":"Invalid stream ID"}`))
	}
	ctx, cancel := context.WithTimeout(context.Background(), tellTime)
	defer cancel()
	if err := introduce(ctx, o.rooms, id); err != nil {
		return actors.SubscribeRequest{}, err
	}
	o.log.Info("client connects", "stream", id)
	return actors.SubscribeRequest{
		Rooms:    []persistence.RoomKey{roomOf(id)},
		Framing:  actors.Plain,
		Greeting: greeting(id, time.Now()),
		Live:     true, // numbers are not kept
	}, nil
}
