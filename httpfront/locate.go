package httpfront

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/persistence"
)

// idDigits is the length of an object id.
const idDigits = 64

// looksLikeID reports whether a room's name can only be meant as an object id,
// be it one that there can't be.
func looksLikeID(name string) bool {
	if len(name) != idDigits {
		return false
	}
	for i := range len(name) {
		if _, ok := fromHex(name[i]); !ok {
			return false
		}
	}
	return true
}

// checkID refuses what can be told from an object id alone.
func checkID(kind, id string) error {
	switch err := persistence.CheckObjectID(kind, id); {
	case err == nil:
		return nil
	case errors.Is(err, persistence.ErrIDForged):
		return errIDForged
	}
	return errIDForm
}

// pathRoom returns the room that the path names.
func (rq *request) pathRoom() (persistence.RoomKey, error) {
	kind, err := rq.query.kind()
	if err != nil {
		return persistence.RoomKey{}, err
	}
	name, ok := unescape(string(rq.value("room")), false)
	if !ok || name == "" {
		return persistence.RoomKey{}, errRoom
	}
	return roomKey(kind, name)
}

// locate returns the room that is meant by one whose kind and name are well
// formed: with the name that it was made with if it is given by its object id.
// Errors are those of Rooms.Find, and errKind.
func (s *Server) locate(ctx context.Context, room persistence.RoomKey) (persistence.RoomKey, error) {
	if !s.rooms.HasKind(room.Kind) {
		return room, errKind
	}
	if persistence.CheckObjectID(room.Kind, room.Name) != nil {
		return room, nil
	}
	found, err := s.rooms.Find(ctx, room.Kind, room.Name)
	if err != nil && outOfTime(err) {
		// Whatever the room was wanted for has not begun.
		err = fmt.Errorf("find %s: %w: %w", room, actors.ErrUnavailable, err)
	}
	return found, err
}

// visit asks something of a room, or has something done there, for a client who
// may do all that is wanted. Do gets the room that is meant, and has as long as
// any request has for its room.
func (s *Server) visit(
	rq *request, room persistence.RoomKey, do func(context.Context, persistence.RoomKey) error, wants ...access,
) error {
	for _, want := range wants {
		if err := s.admit(rq, want, room); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(s.ctx, s.cfg.Patience)
	defer cancel()
	room, err := s.locate(ctx, room)
	if err != nil {
		return err
	}
	return do(ctx, room)
}

// locateAll is locate for the rooms of a stream, in place. It refuses a room that
// is there twice, however it is given.
func (s *Server) locateAll(ctx context.Context, rooms []persistence.RoomKey) error {
	for i, room := range rooms {
		room, err := s.locate(ctx, room)
		if err != nil {
			return err
		}
		if slices.Contains(rooms[:i], room) {
			return errSameRoom
		}
		rooms[i] = room
	}
	return nil
}
