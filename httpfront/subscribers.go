package httpfront

import (
	"context"
	"strconv"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/persistence"
)

// maxListed bounds the subscribers that one answer lists.
const maxListed = 1000

// subscribers answers with who listens to a room.
func (s *Server) subscribers(rq *request) error {
	room, err := rq.pathRoom()
	if err != nil {
		return err
	}
	return s.visit(rq, room, func(ctx context.Context, room persistence.RoomKey) error {
		list, total, err := s.rooms.Subscribers(ctx, room)
		if err != nil {
			return err
		}
		rq.answerJSON(appendSubscribers(nil, room, list[:min(len(list), maxListed)], total))
		return nil
	}, toWatch)
}

func appendSubscribers(dst []byte, room persistence.RoomKey, list []actors.Subscriber, total int) []byte {
	dst = appendString(append(dst, `{"room":`...), room.Name)
	dst = appendString(append(dst, `,"kind":`...), room.Kind)
	dst = strconv.AppendInt(append(dst, `,"count":`...), int64(total), 10)
	dst = append(dst, `,"subscribers":[`...)
	for i, sub := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(append(dst, `{"id":`...), sub.ID)
		dst = appendString(append(dst, `,"client":`...), sub.Client)
		dst = appendString(append(dst, `,"user":`...), sub.User)
		dst = appendString(append(dst, `,"node":`...), sub.Node)
		dst = append(appendTime(append(dst, `,"since":`...), sub.Since), '}')
	}
	dst = strconv.AppendBool(append(dst, `],"truncated":`...), len(list) < total)
	return append(dst, '}')
}

// disconnect ends a client's streams of a room, and says how many there were.
func (s *Server) disconnect(rq *request) error {
	room, err := rq.pathRoom()
	if err != nil {
		return err
	}
	client, ok := unescape(string(rq.value("client")), false)
	if !ok || !validName(client) {
		return errClient
	}
	return s.visit(rq, room, func(ctx context.Context, room persistence.RoomKey) error {
		n, err := s.rooms.Disconnect(ctx, room, client)
		if err != nil {
			return err
		}
		body := appendString([]byte(`{"success":true,"room":`), room.Name)
		body = appendString(append(body, `,"kind":`...), room.Kind)
		body = appendString(append(body, `,"client":`...), client)
		body = strconv.AppendInt(append(body, `,"disconnected":`...), int64(n), 10)
		rq.answerJSON(append(body, '}'))
		return nil
	}, toWatch, toPublish)
}
