package actors

import (
	"cmp"
	"context"
	"slices"

	"github.com/parlor-sse/parlor/actors/wire"
	"github.com/parlor-sse/parlor/persistence"
)

// MaxSubscribers bounds what Subscribers returns.
const MaxSubscribers = wire.MaxMustered

// maxMusterText bounds the texts of what Subscribers returns, in bytes.
const maxMusterText = 1 << 20

// Subscribers returns who listens to a room, at all nodes, the oldest stream
// first, and how many streams there are: more than are returned, if they are more
// than MaxSubscribers or what is to be said of them is more than about a
// mebibyte. It wakes the room if it sleeps. Errors are ErrBadRoom, ErrNoKind,
// ErrOverloaded, ErrNotStarted and ErrUnavailable.
func (s *System) Subscribers(ctx context.Context, key persistence.RoomKey) (list []Subscriber, total int, err error) {
	answer, err := s.ask(ctx, question{key: key, local: muster{}, wire: wire.Muster{Room: key}})
	if err != nil {
		return nil, 0, unavailable(err)
	}
	m := answer.(mustered)
	list = make([]Subscriber, len(m.people))
	for i := range m.people {
		list[i] = subscriberOf(m.people[i].Node, &m.people[i].Subscriber)
	}
	return list, m.total, nil
}

// Disconnect ends a client's streams on a room, at all nodes, and returns how
// many they are. They end a moment later and are told nothing; an EventSource
// comes back. Errors are those of Subscribers.
func (s *System) Disconnect(ctx context.Context, key persistence.RoomKey, client string) (int, error) {
	if len(client) > persistence.MaxNameBytes {
		return 0, nil // nobody's
	}
	answer, err := s.ask(ctx, question{key: key, local: cut{client: client}, wire: wire.Cut{Room: key, Client: client}})
	if err != nil {
		return 0, unavailable(err)
	}
	return answer.(cutOff).streams, nil
}

// Reachable reports whether clients may reach rooms of that kind: there are
// some, and they are not private. It never blocks.
func (s *System) Reachable(kind string) bool {
	k := s.node.kinds[kind]
	return k != nil && !k.Private
}

// muster returns who listens.
func (r *room) muster() mustered {
	people, _ := somePeople(r.subscribers, MaxSubscribers, maxMusterText)
	return mustered{people: people, total: r.listeners()}
}

// cut ends the streams of a client.
func (r *room) cut(client string) cutOff {
	if client == "" {
		return cutOff{}
	}
	return cutOff{streams: r.kick(target{client: client})}
}

// comparePeople orders streams by their age, the oldest first. The order is the
// same at all nodes, as no two streams of a front have the same id.
func comparePeople(a, b wire.Person) int {
	return cmp.Or(cmp.Compare(a.Since, b.Since), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Node, b.Node))
}

// somePeople returns at most limit streams, with at most about text bytes of
// texts, in the order of their age, and whether these are all. If there are more,
// it returns any of them.
func somePeople(fronts map[string]map[uint64]*listener, limit, text int) (people []wire.Person, all bool) {
	all = true
	for front, at := range fronts {
		for _, l := range at {
			size := len(front) + len(l.Client) + len(l.User)
			if len(people) == limit || size > text {
				all = false
				break
			}
			text -= size
			people = append(people, wire.Person{Subscriber: *l, Node: front})
		}
	}
	slices.SortFunc(people, comparePeople)
	return people, all
}
