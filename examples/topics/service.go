package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/actors/sse"
	"github.com/parlor-sse/parlor/persistence"
)

// Service sends events to clients: to all, to those of a topic, or to one. A
// client is a user who has a stream, at any node of the cluster; clients come and
// go with their streams. Events are for those who are there: nothing is kept.
//
// It is the same service at every node. Its methods may be called from any
// goroutine, and wait for the room behind it until ctx ends. Their errors are
// those of actors.System.Call.
type Service struct{ rooms *actors.System }

// AddClient returns the request for the stream of a user, whose older stream ends
// with the event "replaced", wherever it is. The first event is "connected".
func (s Service) AddClient(u user, now time.Time) (actors.SubscribeRequest, error) {
	data, err := marshal(struct {
		UserID    string `json:"userId"`
		Timestamp string `json:"timestamp"`
		Message   string `json:"message"`
	}{u.id, actors.Timestamp(now), "Connected to SSE stream"})
	return actors.SubscribeRequest{
		Rooms:    []persistence.RoomKey{switchboardRoom()},
		User:     u.id,
		Only:     true,
		Expires:  u.expires,
		Live:     true, // nothing is kept
		Greeting: sse.AppendEvent(nil, sse.Event{Name: "connected", Data: data}),
	}, err
}

// Subscribe adds topics to those of a user. They last as long as the user has a
// stream; without one, they wait for it for 30 s. The user's stream gets what is
// sent to these topics once Subscribe has returned.
func (s Service) Subscribe(ctx context.Context, user string, topics []string) error {
	for {
		err := s.call(ctx, pathSubscribe, order{User: user, Topics: topics}, nil)
		// An answer that was held back is lost with its node. To ask anew does no harm.
		if !errors.Is(err, actors.ErrUnknownOutcome) || ctx.Err() != nil {
			return err
		}
	}
}

// Unsubscribe removes topics from those of a user.
func (s Service) Unsubscribe(ctx context.Context, user string, topics []string) error {
	return s.call(ctx, pathUnsubscribe, order{User: user, Topics: topics}, nil)
}

// Broadcast sends an event to all clients, and returns how many there are. Data
// is marshalled to JSON. Names of events are those that publishers may use.
func (s Service) Broadcast(ctx context.Context, event string, data any) (clients int, err error) {
	return s.send(ctx, order{Event: event}, data)
}

// BroadcastToTopic is Broadcast to the clients who have subscribed to a topic.
func (s Service) BroadcastToTopic(ctx context.Context, topic, event string, data any) (clients int, err error) {
	return s.send(ctx, order{Topic: topic, Event: event}, data)
}

// SendToUser is Broadcast to one client.
func (s Service) SendToUser(ctx context.Context, user, event string, data any) (clients int, err error) {
	return s.send(ctx, order{User: user, Event: event}, data)
}

// GetStats says who is there.
func (s Service) GetStats(ctx context.Context) (stats Stats, err error) {
	err = s.call(ctx, pathStats, order{}, &stats)
	return stats, err
}

// send has the room send as much at a time as it can. When it fails midway, some
// clients may have got the event.
func (s Service) send(ctx context.Context, o order, data any) (clients int, err error) {
	if o.Data, err = marshal(data); err != nil {
		return 0, err
	}
	for {
		var part sent
		if err := s.call(ctx, pathSend, o, &part); err != nil {
			return clients, err
		}
		clients += part.Clients
		if o.After = part.Next; o.After == "" {
			return clients, nil
		}
	}
}

// call asks the room and decodes its answer, unless answer is nil.
func (s Service) call(ctx context.Context, path string, o order, answer any) error {
	body, err := marshal(o)
	if err != nil {
		return err
	}
	reply, err := s.rooms.Call(ctx, actors.Call{
		Room: switchboardRoom(), Method: http.MethodPost, Target: path, Body: body,
	})
	if err != nil || answer == nil {
		return err
	}
	return json.Unmarshal(reply.Body, answer)
}
