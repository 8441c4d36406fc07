package httpfront

import (
	"slices"

	"github.com/parlor-sse/parlor/persistence"
)

// reserve makes room for a stream of whoever makes the request: on this node, for
// its address, and for its token. The release has to be called once, when the
// stream has ended.
func (s *Server) reserve(rq *request) (release func(), err error) {
	release, err = s.limits.reserve(s.client(rq))
	if err != nil || rq.claims == nil {
		return release, err
	}
	token := rq.claims.Token
	if !s.perToken.take(token) {
		release()
		return nil, errStreamsToken
	}
	return before(func() { s.perToken.give(token) }, release), nil
}

// reserveIn makes room for a stream that has its place in rooms as well. On an
// error release has not been called.
func (s *Server) reserveIn(rooms []persistence.RoomKey, release func()) (func(), error) {
	if s.perRoom.limit == 0 {
		return release, nil
	}
	rooms = slices.Clone(rooms) // the stream may do what it likes with its own
	if !s.perRoom.take(rooms...) {
		return release, errStreamsRoom
	}
	return before(func() { s.perRoom.give(rooms...) }, release), nil
}

// before returns a function that calls first and then last, which may be nil.
func before(first, last func()) func() {
	if last == nil {
		return first
	}
	return func() {
		first()
		last()
	}
}
