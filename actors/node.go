package actors

import (
	"context"
	"log/slog"

	"github.com/asynkron/protoactor-go/actor"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/parlor-sse/parlor/actors/replica"
	"github.com/parlor-sse/parlor/actors/wire"
	"github.com/parlor-sse/parlor/persistence"
)

// node is what rooms and outlets of one System share. It is constant once the
// system is open.
type node struct {
	cfg       Config
	log       *slog.Logger
	root      *actor.RootContext
	place     *placement
	router    *router
	rooms     *actor.PID // the process "rooms" here
	front     *actor.PID // the process "outlets" here
	store     persistence.Store
	committer *persistence.Committer
	ledger    ledger
	window    int          // messages that a room keeps in memory
	replicas  *replica.Set // nil on a node of its own
	outlets   *outlets
	links     *links    // nil on a node of its own
	peers     *peers    // nil on a node of its own
	handover  *handover // nil on a node of its own
	metrics   *metrics
	kinds     kinds
	sinks     sinks
	call      func(context.Context, Call) (Reply, error) // a room, here or elsewhere
}

// clustered reports whether there may be other nodes.
func (n *node) clustered() bool { return n.peers != nil }

// toFront sends what a room has to say to a front, here or elsewhere, if the
// link that the front attached by still stands.
func (n *node) toFront(front string, link uint64, m wire.Body) {
	if front == n.cfg.Node {
		n.root.Send(n.front, m)
		return
	}
	if n.links != nil {
		n.links.toFront(front, link, m)
	}
}

// toOwner sends what a front here has to say to a room's owner, here or
// elsewhere.
func (n *node) toOwner(owner string, key persistence.RoomKey, m any) {
	if owner == n.cfg.Node {
		n.root.Send(n.rooms, toRoom{key: key, message: m})
		return
	}
	if n.links != nil {
		n.links.toOwner(owner, linkBody(key, m))
	}
}

// linkBody returns the form in which a front's message goes to another node.
func linkBody(key persistence.RoomKey, m any) wire.Body {
	switch m := m.(type) {
	case attach:
		return wire.Attach{Room: key, Have: m.have, Known: m.known}
	case detach:
		return wire.Detach{Room: key}
	case roster:
		joins := make([]wire.Subscriber, len(m.joins))
		for i, s := range m.joins {
			joins[i] = *s
		}
		return wire.Roster{Room: key, Joins: joins, Leaves: m.leaves, All: m.all, Watch: m.watch, List: m.list}
	}
	panic("actors: no front sends " + typeName(m))
}

// frontMessage returns what a front of another node wants of a room.
func frontMessage(front string, link uint64, b wire.Body) (toRoom, bool) {
	switch b := b.(type) {
	case wire.Attach:
		return toRoom{b.Room, attach{front: front, link: link, have: b.Have, known: b.Known}}, true
	case wire.Detach:
		return toRoom{b.Room, detach{front: front, link: link}}, true
	case wire.Roster:
		joins := make([]*listener, len(b.Joins))
		for i := range b.Joins {
			joins[i] = &b.Joins[i]
		}
		return toRoom{b.Room, roster{
			front: front, link: link, joins: joins, leaves: b.Leaves, all: b.All, watch: b.Watch, list: b.List,
		}}, true
	}
	return toRoom{}, false
}

// respond answers a request in the form that whoever asked understands.
func (n *node) respond(to *actor.PID, m any) {
	switch {
	case to == nil:
	case n.peers == nil || to.Address == n.rooms.Address:
		n.root.Send(to, m)
	default:
		if answer := answerOf(m); answer != nil {
			n.root.Send(to, &wrapperspb.BytesValue{Value: wire.Append(nil, answer)})
		}
	}
}

// requested returns what another node asks of a room here. What it asks of the
// node is answered at once.
func (n *node) requested(b []byte, sender *actor.PID) (toRoom, bool) {
	m, err := wire.Decode(b)
	if err != nil {
		n.metrics.undecoded.Inc()
		n.log.Warn("request of another node not understood", "err", err)
		return toRoom{}, false
	}
	switch m := m.(type) {
	case wire.Publish:
		return toRoom{m.Room, publish{publication: Publication{
			Room: m.Room, Event: m.Event, Body: m.Body, Stamped: m.Stamped, Key: m.Key, Client: m.Client, User: m.User,
			Source: m.Source, Offset: m.Offset, retry: m.Retry,
		}}}, true
	case wire.Call:
		return toRoom{m.Room, fetch{call: callFrom(m)}}, true
	case wire.Create:
		return toRoom{m.Room, create{}}, true
	case wire.Describe:
		return toRoom{m.Room, describe{}}, true
	case wire.Recall:
		return toRoom{m.Room, recall{}}, true
	case wire.Muster:
		return toRoom{m.Room, muster{}}, true
	case wire.Cut:
		return toRoom{m.Room, cut{client: m.Client}}, true
	case wire.Find:
		n.respond(sender, n.find(m.Kind, m.ID))
		return toRoom{}, false
	}
	n.metrics.undecoded.Inc()
	n.log.Warn("request of another node is none for a room", "type", typeName(m))
	return toRoom{}, false
}
