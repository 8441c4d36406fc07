package actors

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/parlor-sse/parlor/actors/wire"
	"github.com/parlor-sse/parlor/persistence"
)

// userKind is the kind of rooms that see to it that a user has one stream. A
// front enters each stream that is to be its user's only one into the roster of
// the user's room, and is sent nothing of that room. The room's owner tells the
// fronts which of the streams are not the newest. It rests on what fronts say of
// themselves, and they say it anew to each owner; nothing is stored.
const userKind = builtIn + "user"

// userRoom returns the room of a user. Its name says nothing of who it is.
func userRoom(user string) persistence.RoomKey {
	sum := sha256.Sum256([]byte(user))
	return persistence.RoomKey{Kind: userKind, Name: hex.EncodeToString(sum[:16])}
}

// replaceOlder has all streams of a user ended but the newest. Which one that is
// is the same for whoever looks, and a stream that is older than another never
// becomes the newest of both: so an owner that knows only part of the roster, or
// is none any more, ends no stream that is to stay.
func (r *room) replaceOlder() {
	if r.key.Kind != userKind {
		return
	}
	newest := newestOf(r.subscribers)
	for front, older := range olderThan(newest, r.subscribers) {
		if link, attached := r.fronts[front]; attached {
			r.node.toFront(front, link, wire.Kick{
				Room: r.key, Streams: older, By: subscriberOf(newest.Node, &newest.Subscriber).ID,
			})
		}
	}
}

// newestOf returns the stream that began last.
func newestOf(all map[string]map[uint64]*listener) (newest wire.Person) {
	for front, at := range all {
		for _, l := range at {
			if p := (wire.Person{Subscriber: *l, Node: front}); newest.Node == "" || comparePeople(newest, p) < 0 {
				newest = p
			}
		}
	}
	return newest
}

// olderThan returns the ids of all streams but one, by front.
func olderThan(newest wire.Person, all map[string]map[uint64]*listener) map[string][]uint64 {
	older := make(map[string][]uint64)
	for front, at := range all {
		for id := range at {
			if front != newest.Node || id != newest.ID {
				older[front] = append(older[front], id)
			}
		}
	}
	return older
}
