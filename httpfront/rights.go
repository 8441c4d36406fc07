package httpfront

import (
	"github.com/parlor-sse/parlor/httpfront/auth"
	"github.com/parlor-sse/parlor/persistence"
)

// Right says for whom a Route is. Without Config.Auth, and with AnonymousAll,
// every route is for everybody.
type Right uint8

const (
	// Open routes are for everybody. A token that comes along has to be a good one
	// all the same.
	Open Right = iota
	// Authenticated routes need a token, whatever it grants.
	Authenticated
	// Everything is for tokens that grant what auth's Claims.All asks for.
	Everything
)

// entitled refuses a request that its route is not for.
func (s *Server) entitled(rq *request) error {
	switch {
	case rq.needs == Open, rq.claims == nil && s.cfg.Anonymous == AnonymousAll:
		return nil
	case rq.claims == nil:
		return errTokenMissing
	case rq.needs == Everything && !rq.claims.All():
		return errForbidden
	}
	return nil
}

// access is what a client wants of a room.
type access uint8

const (
	toListen  access = iota // hear and ask what is going on there
	toPublish               // have a say
	toWatch                 // see who listens
)

// everyRoom is no room's name. Only those may publish to it that may to all.
const everyRoom = "*"

// admit refuses what a client may not do in a room, and then rooms that clients
// don't reach. Neither looks at the room itself, so that nobody learns what there
// is without the right to know. A room that is given by its object id is judged by
// that, and not by the name that it was made with.
func (s *Server) admit(rq *request, want access, rooms ...persistence.RoomKey) error {
	if s.cfg.Auth != nil {
		for _, room := range rooms {
			if !s.grants(rq.claims, want, room) {
				return lacking(rq.claims)
			}
		}
	}
	for _, room := range rooms {
		if !s.rooms.Reachable(room.Kind) {
			return errKind
		}
	}
	return nil
}

// grants reports whether the claims, or nobody's having any, allow it.
func (s *Server) grants(c *auth.Claims, want access, room persistence.RoomKey) bool {
	switch {
	case c == nil:
		return s.cfg.Anonymous == AnonymousAll || s.cfg.Anonymous == AnonymousSubscribe && want == toListen
	case want == toPublish:
		return c.MayPublish(room.Kind, room.Name)
	case want == toWatch:
		return c.MaySeeSubscribers(room.Kind, room.Name)
	}
	return c.MaySubscribe(room.Kind, room.Name)
}

// lacking returns the refusal of somebody without a right: one who is nobody yet
// may come back with a token.
func lacking(c *auth.Claims) error {
	if c == nil {
		return errTokenMissing
	}
	return errForbidden
}
