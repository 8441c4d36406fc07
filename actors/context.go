package actors

import (
	"context"
	"log/slog"

	"github.com/parlor-sse/parlor/persistence"
)

// Context is what a behaviour's method is given to act with. It is good for that
// one call, on that goroutine: what it is asked later is ErrTurnOver or nothing.
// As a context.Context it lasts as long as the activation, so it ends when the
// room sleeps, moves or fails, and when the call takes too long.
type Context struct {
	context.Context
	turn *turn
}

// Name returns the room's name; for a room that was made without one, its id.
func (c *Context) Name() string { return c.turn.run.key.Name }

// Kind returns the name of the room's kind.
func (c *Context) Kind() string { return c.turn.run.key.Kind }

// ID returns the room's object id, 64 hexadecimal digits.
func (c *Context) ID() string { return c.turn.run.id }

// Logger returns a logger that names the room. It may be kept and used by any
// goroutine.
func (c *Context) Logger() *slog.Logger { return c.turn.run.log }

// Storage returns what the room has stored, with what this call has changed of
// it.
func (c *Context) Storage() *Storage { return &Storage{c.turn} }

// Broadcast adds a message to the room's order: it is committed with what the
// call stores, then sent to all who listen, and kept in the history. An empty
// event stands for DefaultEvent. Data is marshalled to JSON, of which there may
// be MaxBroadcast bytes; a json.RawMessage is checked and taken as it is. Errors
// are ErrBadEvent, ErrBadData and ErrTurnSize, for more than MaxBroadcasts.
func (c *Context) Broadcast(event string, data any) error {
	if event == "" {
		event = DefaultEvent
	}
	out, err := c.outgoing(event, data)
	if err != nil {
		return err
	}
	if len(c.turn.out.messages) == MaxBroadcasts {
		return ErrTurnSize
	}
	c.turn.out.messages = append(c.turn.out.messages, out)
	return nil
}

// Send sends an event to all who listen now. It has no id, is not kept, and is
// missed by streams that are away. An empty event is one without a name, for
// EventSource's onmessage. Otherwise it is as Broadcast.
func (c *Context) Send(event string, data any) error { return c.SendTo("", event, data) }

// SendTo is Send for the streams of one client id only; an empty one stands for
// all. It keeps no order with what is sent to all: it may come first.
func (c *Context) SendTo(client, event string, data any) error {
	return c.sendTo(target{client: client}, event, data)
}

// SendToUser is Send for all streams of one user only, as their tokens say.
// Without one, or of an impossible name, it is ErrBadUser.
func (c *Context) SendToUser(user, event string, data any) error {
	if user == "" || len(user) > MaxUserLen {
		return ErrBadUser
	}
	return c.sendTo(target{user: user}, event, data)
}

func (c *Context) sendTo(to target, event string, data any) error {
	out, err := c.outgoing(event, data)
	if err != nil {
		return err
	}
	if len(c.turn.out.sends) == MaxBroadcasts {
		return ErrTurnSize
	}
	out.to = to
	c.turn.out.sends = append(c.turn.out.sends, out)
	return nil
}

// outgoing checks and marshals what is to be sent.
func (c *Context) outgoing(event string, data any) (outgoing, error) {
	switch {
	case c.turn.over.Load():
		return outgoing{}, ErrTurnOver
	case event != "" && !publishable(event):
		return outgoing{}, ErrBadEvent
	}
	b, err := marshal(data, MaxBroadcast)
	return outgoing{event: event, data: b}, err
}

// Kick ends the streams of a client id. They are told nothing; an EventSource
// comes back.
func (c *Context) Kick(client string) error { return c.kick(target{client: client}) }

// KickUser ends all streams of a user, as Kick does those of a client id.
func (c *Context) KickUser(user string) error { return c.kick(target{user: user}) }

func (c *Context) kick(to target) error {
	switch {
	case c.turn.over.Load():
		return ErrTurnOver
	case to.everybody():
		return nil
	case len(c.turn.out.kicks) == MaxBroadcasts:
		return ErrTurnSize
	}
	c.turn.out.kicks = append(c.turn.out.kicks, to)
	return nil
}

// Listeners returns how many streams are on the room now, at all nodes.
func (c *Context) Listeners() int { return int(c.turn.run.act.listeners.Load()) }

// Subscribers returns who listens, in no particular order. For a behaviour that
// is told of Connect or Disconnect it is those of whom it was told, this call's
// included or no more included; for any other, those on the room now.
func (c *Context) Subscribers() []Subscriber {
	if c.turn.over.Load() {
		return nil
	}
	if c.turn.run.hooks.announces() {
		return c.turn.told()
	}
	return c.turn.run.present()
}

// Room returns a stub of another room, or of this one. Nothing is done before it
// is called, and a room that is only ever called need not have been made.
func (c *Context) Room(kind, name string) *Stub {
	return &Stub{turn: c.turn, room: persistence.RoomKey{Kind: kind, Name: name}}
}
