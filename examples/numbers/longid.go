package main

import (
	"context"
	"io"
	"net/http"

	"github.com/parlor-sse/parlor/actors"
)

// idKey is where a room stores the id that its name does not tell.
const idKey = "id"

// idOf returns what clients call the stream whose room a call is for.
func idOf(ctx *actors.Context) (id string, ok bool) {
	if !isHashed(ctx.Name()) {
		return decode(ctx.Name())
	}
	stored, ok := ctx.Storage().Get(idKey)
	return string(stored), ok
}

// Fetch implements actors.Fetcher: PUT / tells the room the id of its stream,
// which it stores if the name is that id's, but does not tell it.
func (stream) Fetch(ctx *actors.Context, w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodPut || r.URL.Path != "/" {
		return actors.Refuse(http.StatusNotFound, "not_found", "A stream of numbers takes nothing but PUT / with its id.")
	}
	id, err := io.ReadAll(io.LimitReader(r.Body, maxID+1))
	if err != nil {
		return err
	}
	if len(id) > maxID || !isHashed(ctx.Name()) || nameOf(string(id)) != ctx.Name() {
		return actors.Refuse(http.StatusUnprocessableEntity, "not_its_id", "The room has another name than the stream of that id.")
	}
	w.WriteHeader(http.StatusNoContent)
	if _, ok := ctx.Storage().Get(idKey); ok { // no other id has this name
		return nil
	}
	return ctx.Storage().Put(idKey, id)
}

// introduce tells the stream's room the id, unless its name does.
func introduce(ctx context.Context, rooms *actors.System, id string) error {
	room := roomOf(id)
	if !isHashed(room.Name) {
		return nil
	}
	_, err := rooms.Call(ctx, actors.Call{Room: room, Method: http.MethodPut, Target: "/", Body: []byte(id)})
	return err
}
