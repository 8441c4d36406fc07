package httpfront

import (
	"fmt"
	"slices"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/persistence"
)

// EventStream answers with an event stream, just as /connect does: within the same
// limits, and with 200 and a time to come back where a refusal would pass. What
// open returns is subscribed to; a room without a kind is one of the default
// kind, several rooms are always Tagged, and a Closed of the program's is called
// with the server's own. Of a request with a token the stream ends when the token
// does, and is its subject's unless open names another user. Errors of open are answered: an *actors.Refusal and
// one of Status as they say, those of package actors as Rooms.Subscribe's are, and
// any other as a fault.
func EventStream(open func(*Request) (actors.SubscribeRequest, error)) Handler {
	if open == nil {
		return handling{}
	}
	return handling{answers: typeStream, foreign: true, serve: func(s *Server, rq *request) error {
		r, err := newRequest(rq)
		if err != nil {
			return err
		}
		return s.stream(rq, typeStream, func() (actors.SubscribeRequest, error) {
			req, err := open(r)
			if err != nil {
				return req, err
			}
			return checkSubscription(req)
		})
	}}
}

// Fetch answers with what a room says to the call that call returns. Of that,
// a room without a kind is one of the default kind, and what is left empty, or
// nil, is taken from the request: its method, path and query, header, body of at
// most actors.MaxBody bytes, and Idempotency-Key. The query's token and ticket
// never are, nor, with Config.Auth, the headers that tokens come in: Parlor-User is
// their subject. Errors of call are answered: an *actors.Refusal and one of Status as
// they say, those of package actors by what they mean, and any other as a fault.
func Fetch(call func(*Request) (actors.Call, error)) Handler {
	if call == nil {
		return handling{}
	}
	return handling{answers: typeAny, foreign: true, maxBody: actors.MaxBody, serve: func(s *Server, rq *request) error {
		r, err := newRequest(rq)
		if err != nil {
			return err
		}
		c, err := call(r)
		if err != nil {
			return err
		}
		if c.Room, err = checkRoom(c.Room); err != nil {
			return err
		}
		if c.Target == "" {
			if c.Target, err = callTarget(rq.target.path, rq.target.query, isSecret); err != nil {
				return err
			}
		}
		if err := rq.complete(&c); err != nil {
			return err
		}
		return s.call(rq, c, nil)
	}}
}

// checkSubscription completes what a program wants to subscribe to, and refuses
// what no room may be asked.
func checkSubscription(req actors.SubscribeRequest) (actors.SubscribeRequest, error) {
	if n := len(req.Rooms); n == 0 || n > maxRooms {
		return req, fmt.Errorf("a stream of %d rooms", n)
	}
	req.Rooms = slices.Clone(req.Rooms) // the program's own stays as it is
	for i, room := range req.Rooms {
		room, err := checkRoom(room)
		if err != nil {
			return req, err
		}
		req.Rooms[i] = room
	}
	if len(req.Rooms) > 1 {
		req.Framing = actors.Tagged
	}
	if req.Client != "" && !validName(req.Client) {
		return req, errClient
	}
	return req, nil
}

// checkRoom refuses a room that there can't be, and returns the others with
// their kind. Names that only look like object ids are names.
func checkRoom(room persistence.RoomKey) (persistence.RoomKey, error) {
	if room.Kind == "" {
		room.Kind = actors.DefaultKind
	}
	if err := actors.ParseKind(room.Kind); err != nil {
		return room, err
	}
	_, err := actors.ParseRoom(room.Name)
	return room, err
}
