package actors

import "github.com/parlor-sse/parlor/actors/wire"

// target is whose streams something is for. The zero value is everybody's.
type target struct {
	client string // those of one client id
	user   string // those of one user
}

func (p *Publication) to() target { return target{client: p.Client, user: p.User} }

func (t target) everybody() bool { return t == target{} }

// is reports whether the stream is among those of one client, or of one user.
func (t target) is(l *listener) bool {
	if t.user != "" {
		return l.User == t.user
	}
	return l.Client == t.client
}

// validUser reports as ErrBadUser what cannot be whose something is.
func (t target) validUser() error {
	if len(t.user) > MaxUserLen || t.user != "" && t.client != "" {
		return ErrBadUser
	}
	return nil
}

// streamsAt returns how many of somebody's streams are at a front.
func (r *room) streamsAt(front string, to target) int {
	n := 0
	for _, l := range r.subscribers[front] {
		if to.is(l) {
			n++
		}
	}
	return n
}

// streamsOf returns how many of somebody's streams are on the room.
func (r *room) streamsOf(to target) int {
	n := 0
	for front := range r.fronts {
		n += r.streamsAt(front, to)
	}
	return n
}

// kick has somebody's streams ended, and returns how many there are. All fronts
// are asked: they know of streams that the room is yet to be told of.
func (r *room) kick(to target) int {
	m := wire.Kick{Room: r.key, Client: to.client, User: to.user}
	if to.client == "" {
		m.Client = noClient
	}
	for front, link := range r.fronts {
		r.node.toFront(front, link, m)
	}
	return r.streamsOf(to)
}

// noClient is a client id that no stream has. Fronts of an older program, which
// know of no users, must not end the streams that have no client id.
const noClient = "\x00"
